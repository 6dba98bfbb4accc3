"""what an author says to the findings, and what an approver sees of it"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column("update_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("jsonb_typeof(reasons) = 'object'", name="reasons_are_by_finding"),
        sa.ForeignKeyConstraint(
            ["update_id", "version"], ["update_versions.update_id", "update_versions.version"]
        ),
        sa.PrimaryKeyConstraint("update_id", "submitted_at"),
    )
    op.create_index("updates_of_a_scheme", "updates", ["scheme_id", "id"])
    _list_holds("email", "phone", "host", "postcode", "reference")
    _run("0009_submitting.sql")


def downgrade() -> None:
    _run("0009_submitting_down.sql")
    op.execute("DELETE FROM scheme_public_details WHERE kind NOT IN ('email', 'phone')")
    _list_holds("email", "phone")
    op.drop_index("updates_of_a_scheme", "updates")
    op.drop_table("submissions")


def _list_holds(*kinds: str) -> None:
    """The public list has these kinds of details."""
    op.drop_constraint("public_detail_kind", "scheme_public_details")
    op.create_check_constraint(
        "public_detail_kind",
        "scheme_public_details",
        sa.column("kind").in_(sa.literal(kind) for kind in kinds),
    )


def _run(name: str) -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / name).read_text())
