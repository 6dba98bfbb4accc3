"""everyone once: the ramp, the witness's holds, incidents, comparisons with Notify"""

from pathlib import Path

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("updates", sa.Column("resumed_at", MOMENT, nullable=True))
    op.add_column("updates", sa.Column("ramp_percent", sa.Integer(), server_default="0", nullable=False))
    op.add_column("updates", sa.Column("ramp_since", MOMENT, nullable=True))
    op.create_check_constraint("the_ramp_is_a_percentage", "updates", "ramp_percent BETWEEN 0 AND 100")
    op.add_column("attempts", sa.Column("notify_erred", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("attempts", sa.Column("seen_at", MOMENT, nullable=True))
    op.add_column("holds", sa.Column("ends_at", MOMENT, nullable=True))
    op.add_column(
        "holds", sa.Column("awaits_comparison", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("holds", sa.Column("compared_at", MOMENT, nullable=True))
    op.add_column("holds", sa.Column("about", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_check_constraint(
        "compared_with_notify_before_it_is_lifted",
        "holds",
        "lifted_at IS NULL OR compared_at IS NOT NULL OR NOT awaits_comparison",
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "duplicate",
                "unowned-message",
                "missing-message",
                "guard",
                name="incident_kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject", name="an_incident_is_opened_once"),
    )
    op.create_table(
        "comparisons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("adopted", sa.Integer(), nullable=False),
        sa.Column("unowned", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("comparisons_in_order", "comparisons", ["until"], unique=False)
    op.create_table(
        "ended_confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("worker", sa.Uuid(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("worker"),
    )
    _run("0002_ledger.sql")


def downgrade() -> None:
    _run("0002_ledger_down.sql")
    op.execute("DROP TRIGGER confirmations_leave_their_ids ON confirmations")
    op.execute("DROP FUNCTION remember_ended_confirmations()")
    for table in ("heartbeats", "ended_confirmations", "comparisons", "incidents"):
        op.drop_table(table)
    op.drop_constraint("compared_with_notify_before_it_is_lifted", "holds")
    for column in ("about", "compared_at", "awaits_comparison", "ends_at"):
        op.drop_column("holds", column)
    op.drop_column("attempts", "seen_at")
    op.drop_column("attempts", "notify_erred")
    op.drop_constraint("the_ramp_is_a_percentage", "updates")
    for column in ("ramp_since", "ramp_percent", "resumed_at"):
        op.drop_column("updates", column)


def _run(name: str) -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / name).read_text())
