"""texts, letters and calls are confirmed, too: what a message is for, codes, places, further inboxes"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
STATES = ("due", "claimed", "sent", "uncertain", "refused", "set_aside")


def upgrade() -> None:
    op.add_column("registrations", sa.Column("belongs_to", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "registrations_belongs_to_fkey",
        "registrations",
        "registrations",
        ["belongs_to"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("registrations_that_belong_to_one", "registrations", ["belongs_to"])
    op.add_column("contacts", sa.Column("place_index", sa.LargeBinary(), nullable=True))
    # Of those that lie here from before only the whole is known: each is a place of its own.
    op.execute("UPDATE contacts SET place_index = blind_index WHERE channel = 'letter'")
    op.create_check_constraint(
        "letters_go_to_a_place", "contacts", "(channel = 'letter') = (place_index IS NOT NULL)"
    )
    op.create_index(
        "contacts_at_a_place",
        "contacts",
        ["place_index"],
        postgresql_where=sa.text("place_index IS NOT NULL"),
    )
    op.drop_constraint("one_contact_a_channel", "registration_contacts")
    op.create_index(
        "one_confirmed_contact_a_channel",
        "registration_contacts",
        ["registration_id", "channel"],
        unique=True,
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    _confirmations()
    _run("0004_contacts.sql")


def downgrade() -> None:
    _run("0004_contacts_down.sql")
    for index in ("confirmations_sent", "confirmations_by_code", "confirmations_to_remind_of"):
        op.drop_index(index, "confirmations")
    for check in (
        "changes_have_no_registration",
        "only_changes_are_sealed",
        "a_code_is_found_and_proved",
        "a_code_has_five_tries",
    ):
        op.drop_constraint(check, "confirmations")
    # What the schema before has no words for.
    op.execute("DELETE FROM confirmations WHERE purpose NOT IN ('confirm', 'change') OR state = 'to_ring'")
    _state_check(STATES)
    for column in ("tries", "prove_hash", "find_hash", "reminds", "reminded", "becomes", "purpose"):
        op.drop_column("confirmations", column)
    op.create_check_constraint(
        "new_or_a_change", "confirmations", "(registration_id IS NULL) <> (sealed_change IS NULL)"
    )
    op.drop_index("one_confirmed_contact_a_channel", "registration_contacts")
    op.execute("""
        DELETE FROM registration_contacts a USING registration_contacts b
        WHERE a.registration_id = b.registration_id AND a.channel = b.channel AND a.confirmed_at IS NULL
            AND (b.confirmed_at IS NOT NULL OR b.contact_id > a.contact_id)
    """)
    op.create_unique_constraint(
        "one_contact_a_channel", "registration_contacts", ["registration_id", "channel"]
    )
    op.drop_index("contacts_at_a_place", "contacts")
    op.drop_constraint("letters_go_to_a_place", "contacts")
    op.drop_column("contacts", "place_index")
    op.drop_column("registrations", "belongs_to")


def _confirmations() -> None:
    op.add_column("confirmations", sa.Column("purpose", sa.String(length=30), nullable=True))
    op.execute(
        "UPDATE confirmations SET purpose = "
        "CASE WHEN registration_id IS NULL THEN 'change' ELSE 'confirm' END"
    )
    op.alter_column("confirmations", "purpose", nullable=False)
    op.create_check_constraint(
        "confirmation_purpose", "confirmations", "purpose IN ('confirm', 'change', 'manage', 'copy', 'moved')"
    )
    op.add_column("confirmations", sa.Column("becomes", sa.String(length=30), nullable=True))
    op.create_check_constraint(
        "confirmation_becomes", "confirmations", "becomes IN ('family', 'estate', 'legal', 'helper')"
    )
    for flag in ("reminded", "reminds"):
        op.add_column("confirmations", sa.Column(flag, sa.Boolean(), nullable=False, server_default="false"))
        op.alter_column("confirmations", flag, server_default=None)
    op.add_column("confirmations", sa.Column("find_hash", sa.LargeBinary(), nullable=True))
    op.add_column("confirmations", sa.Column("prove_hash", sa.LargeBinary(), nullable=True))
    op.add_column("confirmations", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("confirmations", "tries", server_default=None)
    _state_check((*STATES, "to_ring"))
    op.drop_constraint("new_or_a_change", "confirmations")
    for name, rule in (
        ("changes_have_no_registration", "(purpose = 'change') = (registration_id IS NULL)"),
        ("only_changes_are_sealed", "(purpose = 'change') = (sealed_change IS NOT NULL)"),
        ("a_code_is_found_and_proved", "(find_hash IS NULL) = (prove_hash IS NULL)"),
        ("a_code_has_five_tries", "tries BETWEEN 0 AND 5"),
    ):
        op.create_check_constraint(name, "confirmations", rule)
    op.create_index(
        "confirmations_by_code",
        "confirmations",
        ["find_hash"],
        postgresql_where=sa.text("find_hash IS NOT NULL"),
    )
    op.create_index("confirmations_sent", "confirmations", ["sent_at"])
    op.create_index(
        "confirmations_to_remind_of",
        "confirmations",
        ["sent_at"],
        postgresql_where=sa.text("state = 'sent' AND NOT reminded"),
    )


def _state_check(states: tuple[str, ...]) -> None:
    op.drop_constraint("confirmation_state", "confirmations")
    words = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint("confirmation_state", "confirmations", f"state IN ({words})")


def _run(name: str) -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / name).read_text())
