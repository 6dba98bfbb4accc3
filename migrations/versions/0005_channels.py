"""texts, letters and calls: the next channel, what Notify cannot do, texts that people send"""

from pathlib import Path

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_check_constraint(
        "what_leaves_a_draft_was_submitted", "updates", "state = 'draft' OR submitted_at IS NOT NULL"
    )
    op.add_column("deliveries", sa.Column("instead_of", sa.Uuid(), nullable=True))
    op.create_foreign_key("deliveries_instead_of_fkey", "deliveries", "deliveries", ["instead_of"], ["id"])
    # Without it every deletion of a draft's deliveries would look through all of them.
    op.create_index(
        "deliveries_instead",
        "deliveries",
        ["instead_of"],
        unique=False,
        postgresql_where=sa.text("instead_of IS NOT NULL"),
    )
    op.create_table(
        "passed_on",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("from_delivery", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel", _words("passed_on_channel", "email", "sms", "letter", "phone"), nullable=False),
        sa.Column("passed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"]),
        sa.ForeignKeyConstraint(["from_delivery"], ["deliveries.id"]),
        sa.PrimaryKeyConstraint("update_id", "registration_id", "from_delivery"),
    )
    op.create_index("passed_on_to_a_contact", "passed_on", ["update_id", "contact_id"], unique=False)
    op.create_index("passed_on_from_a_delivery", "passed_on", ["from_delivery"], unique=False)
    op.create_table(
        "fulfilments",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "need",
            _words("fulfilment_need", "phone", "large-print", "braille", "audio", "bsl", "easy-read"),
            nullable=False,
        ),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("done_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["update_id"], ["updates.id"]),
        sa.PrimaryKeyConstraint("update_id", "registration_id", "need"),
    )
    op.create_table(
        "received_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("scheme_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "received_texts_to_read",
        "received_texts",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    _run("0005_channels.sql")


def downgrade() -> None:
    _run("0005_channels_down.sql")
    op.drop_constraint("what_leaves_a_draft_was_submitted", "updates")
    for table in ("received_texts", "fulfilments", "passed_on"):
        op.drop_table(table)
    op.execute("DROP FUNCTION people_are_passed_on_as_they_may()")
    op.drop_index("deliveries_instead", "deliveries")
    op.drop_constraint("deliveries_instead_of_fkey", "deliveries")
    op.drop_column("deliveries", "instead_of")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=30)


def _run(name: str) -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / name).read_text())
