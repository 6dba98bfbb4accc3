"""whoever ever submitted an update"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    op.add_column(
        "updates", sa.Column("submitters", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    # Of earlier submissions only the last is in the row; the record has them all.
    op.execute(
        """UPDATE updates u SET submitters = said.by FROM (
            SELECT body::jsonb ->> 'update' AS id, array_agg(DISTINCT body::jsonb ->> 'actor') AS by
            FROM audit_events WHERE body::jsonb ->> 'act' = 'update-submitted' GROUP BY 1
        ) said WHERE u.id::text = said.id"""
    )
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / "0003_submitters.sql").read_text())


def downgrade() -> None:
    op.execute("DROP TRIGGER approvals_are_not_by_submitters ON approvals")
    op.execute("DROP TRIGGER updates_keep_their_submitters ON updates")
    op.execute("DROP FUNCTION guard_against_submitters()")
    op.execute("DROP FUNCTION keep_submitters()")
    op.drop_column("updates", "submitters")
