"""the archive of published updates, and what a scheme says of itself"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    op.add_column("schemes", sa.Column("about", postgresql.JSONB(), server_default="{}", nullable=False))
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / "0006_archive.sql").read_text())


def downgrade() -> None:
    op.execute("DROP VIEW published_updates")
    op.drop_column("schemes", "about")
