"""Alembic's environment: one connection, as the owner, with short locks."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from migrations.metadata import METADATA

LOCK_TIMEOUT = "5s"
"""A migration that cannot have its lock gives up, rather than hold everyone behind it."""


def run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=METADATA, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
