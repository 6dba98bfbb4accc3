"""the main job"""

from pathlib import Path

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


SQL = Path(__file__).parent.parent / "sql"
FUNCTIONS = (
    "audit_append(text)",
    "refuse_change()",
    "guard_update()",
    "guard_approval()",
    "frozen_people_come_and_go_while_preparing()",
    "deliveries_move_as_they_may()",
    "record_receipt(uuid, text, uuid, text)",
    "look_at_link(bytea)",
    "use_link(bytea, text)",
    "language_of_registration(bytea)",
    "leave(bytea)",
    "journey_put(bytea, bytea)",
    "journey_get(bytea)",
    "journey_end(bytea)",
)


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "everything", "bulk", name="hold_scope", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("set_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(lifted_by IS NULL) = (lifted_at IS NULL)", name="lifted_by_somebody"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "holds_in_force", "holds", ["scope"], unique=False, postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_table(
        "journey_answers",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index(op.f("ix_journey_answers_expires_at"), "journey_answers", ["expires_at"], unique=False)
    op.create_table(
        "notify_templates",
        sa.Column(
            "channel",
            sa.Enum(
                "email",
                "sms",
                "letter",
                "phone",
                name="template_channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("notify_id", sa.Uuid(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_receipts_reference"), "receipts", ["reference"], unique=False)
    op.create_index(
        "receipts_to_apply",
        "receipts",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_table(
        "schemes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_cy", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("privacy_notice", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("privacy_notice_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lawful_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reply_to_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,39}$'", name="slug_is_a_word_of_a_url"),
        sa.CheckConstraint("open = (closed_on IS NULL)", name="closed_schemes_have_a_date"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "staff_members",
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "email",
                "sms",
                "letter",
                "phone",
                name="contact_channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("blind_index", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suppressed_why", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("octet_length(blind_index) = 32", name="an_index_is_a_mac"),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "channel", name="contacts_by_id_and_channel"),
        sa.UniqueConstraint("scheme_id", "channel", "blind_index", name="one_contact_an_address"),
    )
    op.create_table(
        "intake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "intake_in_order",
        "intake",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("set_aside_at IS NULL"),
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "individual",
                "organisation",
                "representative",
                name="registration_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "relationship",
            sa.Enum(
                "family",
                "estate",
                "legal",
                "helper",
                name="registration_relationship",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column(
            "language",
            sa.Enum(
                "en", "cy", name="registration_language", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column("contact_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("formats", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "confirmed",
                "left",
                name="registration_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("sealed_profile", sa.LargeBinary(), nullable=False),
        sa.Column("unsubscribe_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unsubscribe_generation", sa.Integer(), nullable=False),
        sa.Column("lawful_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("privacy_notice_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'representative') = (relationship IS NOT NULL)",
            name="representatives_have_a_relationship",
        ),
        sa.CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name="left_when_they_left"),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_when_it_was_confirmed"
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("unsubscribe_hash"),
    )
    op.create_index("registrations_of_a_scheme", "registrations", ["scheme_id", "state"], unique=False)
    op.create_table(
        "scheme_public_details",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "email",
                "phone",
                name="public_detail_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("scheme_id", "kind", "value"),
    )
    op.create_table(
        "scheme_topics",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cy", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("scheme_id", "code"),
    )
    op.create_table(
        "sealing_keys",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(public_key) = 32", name="x25519_keys_have_32_bytes"),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_index(
        "one_current_key_a_scheme",
        "sealing_keys",
        ["scheme_id"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "updates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "preparing",
                "awaiting_approval",
                "approved",
                "sending",
                "halted",
                "sent",
                name="update_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audience_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("halted_why", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("sent_back_why", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("(state = 'halted') = (halted_why IS NOT NULL)", name="a_halt_says_why"),
        sa.CheckConstraint(
            "state IN ('draft', 'preparing') OR audience_sha256 IS NOT NULL", name="frozen_after_preparing"
        ),
        sa.CheckConstraint("planned >= 0", name="planned_is_a_count"),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_updates_state"), "updates", ["state"], unique=False)
    op.create_table(
        "audience_members",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "email",
                "sms",
                "letter",
                "phone",
                name="audience_channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "language",
            sa.Enum(
                "en", "cy", name="audience_language", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["updates.id"],
        ),
        sa.PrimaryKeyConstraint("update_id", "registration_id"),
    )
    op.create_index("audience_at_a_contact", "audience_members", ["update_id", "contact_id"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["updates.id"],
        ),
        sa.PrimaryKeyConstraint("update_id"),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_change", sa.LargeBinary(), nullable=True),
        sa.Column(
            "language",
            sa.Enum(
                "en", "cy", name="confirmation_language", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "claimed",
                "sent",
                "uncertain",
                "refused",
                "set_aside",
                name="confirmation_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("notify_id", sa.Uuid(), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "choice",
            sa.Enum(
                "mine",
                "another",
                "not-me",
                name="confirmation_choice",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sent') <= (expires_at IS NOT NULL)", name="links_end"),
        sa.CheckConstraint("(registration_id IS NULL) <> (sealed_change IS NULL)", name="new_or_a_change"),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
        ),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["scheme_id"],
            ["schemes.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(
        "changes_to_apply",
        "confirmations",
        ["used_at"],
        unique=False,
        postgresql_where=sa.text("choice IS NOT NULL AND applied_at IS NULL"),
    )
    op.create_index("confirmations_of_a_contact", "confirmations", ["contact_id", "created_at"], unique=False)
    op.create_index(
        "confirmations_to_do",
        "confirmations",
        ["try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('due', 'claimed', 'uncertain')"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "email",
                "sms",
                "letter",
                "phone",
                name="delivery_channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "claimed",
                "accepted",
                "delivered",
                "bounced",
                "failed",
                "refused",
                "withdrawn",
                "suppressed",
                "uncertain",
                "set_aside",
                name="delivery_state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'claimed') = (lease_until IS NOT NULL)", name="a_claim_has_a_lease"),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["updates.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("update_id", "contact_id", name="an_update_reaches_a_contact_once"),
    )
    op.create_index("deliveries_by_outcome", "deliveries", ["update_id", "state"], unique=False)
    op.create_index(
        "deliveries_in_flight",
        "deliveries",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('claimed', 'uncertain', 'accepted')"),
    )
    op.create_index(
        "deliveries_to_claim",
        "deliveries",
        ["update_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "registration_contacts",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "email",
                "sms",
                "letter",
                "phone",
                name="registration_contact_channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id", "channel"],
            ["contacts.id", "contacts.channel"],
        ),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("registration_id", "contact_id"),
        sa.UniqueConstraint("registration_id", "channel", name="one_contact_a_channel"),
    )
    op.create_index("registrations_at_a_contact", "registration_contacts", ["contact_id"], unique=False)
    op.create_table(
        "registration_topics",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["registration_id"], ["registrations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("registration_id", "code"),
    )
    op.create_table(
        "update_versions",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("edited_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("content_sha256 ~ '^[0-9a-f]{64}$'", name="a_content_hash_is_hex"),
        sa.ForeignKeyConstraint(
            ["update_id"],
            ["updates.id"],
        ),
        sa.PrimaryKeyConstraint("update_id", "version"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("audience_sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_as", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("comment", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decided_as = 'senior'", name="only_seniors_decide"),
        sa.CheckConstraint("decision IN ('approve', 'send_back')", name="approvals_decide"),
        sa.ForeignKeyConstraint(
            ["update_id", "version"],
            ["update_versions.update_id", "update_versions.version"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_approvals_update_id"), "approvals", ["update_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("notify_id", sa.Uuid(), nullable=True),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("delivery_id", "number", name="attempts_are_numbered"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("attempts_by_time", "attempts", ["started_at"], unique=False)
    op.create_index(
        "attempts_to_ask_about",
        "attempts",
        ["ask_at"],
        unique=False,
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.create_table(
        "duplicates",
        sa.Column("notify_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
        ),
        sa.PrimaryKeyConstraint("notify_id"),
    )
    op.create_index(op.f("ix_duplicates_delivery_id"), "duplicates", ["delivery_id"], unique=False)
    # An update and its current version name each other, so this one comes last.
    op.create_foreign_key(
        "current_version_exists",
        "updates",
        "update_versions",
        ["id", "version"],
        ["update_id", "version"],
        deferrable=True,
        initially="DEFERRED",
    )
    connection = op.get_bind().execution_options(no_parameters=True)
    for name in ("audit", "updates", "deliveries", "links"):
        connection.exec_driver_sql((SQL / f"0001_{name}.sql").read_text())


def downgrade() -> None:
    op.drop_constraint("current_version_exists", "updates", type_="foreignkey")
    op.drop_index(op.f("ix_duplicates_delivery_id"), table_name="duplicates")
    op.drop_table("duplicates")
    op.drop_index(
        "attempts_to_ask_about", table_name="attempts", postgresql_where=sa.text("ask_at IS NOT NULL")
    )
    op.drop_index("attempts_by_time", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_approvals_update_id"), table_name="approvals")
    op.drop_table("approvals")
    op.drop_table("update_versions")
    op.drop_table("registration_topics")
    op.drop_index("registrations_at_a_contact", table_name="registration_contacts")
    op.drop_table("registration_contacts")
    op.drop_index(
        "deliveries_to_claim", table_name="deliveries", postgresql_where=sa.text("state = 'planned'")
    )
    op.drop_index(
        "deliveries_in_flight",
        table_name="deliveries",
        postgresql_where=sa.text("state IN ('claimed', 'uncertain', 'accepted')"),
    )
    op.drop_index("deliveries_by_outcome", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(
        "confirmations_to_do",
        table_name="confirmations",
        postgresql_where=sa.text("state IN ('due', 'claimed', 'uncertain')"),
    )
    op.drop_index("confirmations_of_a_contact", table_name="confirmations")
    op.drop_index(
        "changes_to_apply",
        table_name="confirmations",
        postgresql_where=sa.text("choice IS NOT NULL AND applied_at IS NULL"),
    )
    op.drop_table("confirmations")
    op.drop_table("certificates")
    op.drop_index("audience_at_a_contact", table_name="audience_members")
    op.drop_table("audience_members")
    op.drop_index(op.f("ix_updates_state"), table_name="updates")
    op.drop_table("updates")
    op.drop_index(
        "one_current_key_a_scheme", table_name="sealing_keys", postgresql_where=sa.text("retired_at IS NULL")
    )
    op.drop_table("sealing_keys")
    op.drop_table("scheme_topics")
    op.drop_table("scheme_public_details")
    op.drop_index("registrations_of_a_scheme", table_name="registrations")
    op.drop_table("registrations")
    op.drop_index("intake_in_order", table_name="intake", postgresql_where=sa.text("set_aside_at IS NULL"))
    op.drop_table("intake")
    op.drop_table("contacts")
    op.drop_table("staff_members")
    op.drop_table("schemes")
    op.drop_index("receipts_to_apply", table_name="receipts", postgresql_where=sa.text("applied_at IS NULL"))
    op.drop_index(op.f("ix_receipts_reference"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("notify_templates")
    op.drop_index(op.f("ix_journey_answers_expires_at"), table_name="journey_answers")
    op.drop_table("journey_answers")
    op.drop_index("holds_in_force", table_name="holds", postgresql_where=sa.text("lifted_at IS NULL"))
    op.drop_table("holds")
    op.drop_table("audit_events")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
