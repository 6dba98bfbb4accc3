"""what people do with their links: see, change, pause, leave, come back, have a copy, be forgotten"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    _run("0007_living.sql")


def downgrade() -> None:
    _run("0007_living_down.sql")


def _run(name: str) -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    connection.exec_driver_sql((SQL / name).read_text())
