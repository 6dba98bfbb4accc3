"""PostgreSQL: engines that are one role and no other, and transactions that the edge opens.

Rule 1 of ARCHITECTURE.md: a route, a job or a command writes `async with transactions.begin() as tx`, or
`begin_for_one_statement`; everything below takes what that gives, and never commits.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum

from pydantic import SecretStr
from sqlalchemy import DateTime, LargeBinary, text
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as SqlAlchemySession
from sqlmodel.ext.asyncio.session import AsyncSession

from service.errors import Misconfigured, Unavailable


class Transaction(AsyncSession):
    """An open transaction. Whoever is handed one adds to it; only the edge ends it.

    `exec` is SQLModel's, and gives models; `execute` is SQLAlchemy's own, for everything that is not a
    select of models (SQLModel calls it deprecated, and has nothing for plain SQL in its place).
    """

    execute = SqlAlchemySession.execute


IDLE_AT_MOST = "-c idle_in_transaction_session_timeout=60s"
"""A process that stands still in the middle of a transaction lets go of its rows, so that others go on."""

MOMENT = DateTime(timezone=True)
BYTES = LargeBinary()


def words(kind: type[StrEnum], name: str) -> SqlEnum:
    """A column type for a closed set of words: text with a named CHECK (SQLModel does not validate)."""
    return SqlEnum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=30,
        values_callable=lambda members: [member.value for member in members],
    )


def driver_url(url: str) -> str:
    """`url` for the one driver that the application, Alembic and the checks share."""
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url[len(scheme) :]
    raise Misconfigured("KEPT_DATABASE_URL: it has to start with postgresql://")


class Transactions:
    """Opens transactions as one database role."""

    def __init__(self, url: SecretStr, *, role: str, pool_size: int = 5) -> None:
        self.role = role
        self._engine = create_async_engine(
            driver_url(url.get_secret_value()),
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,
            connect_args={"application_name": role, "connect_timeout": 5, "options": IDLE_AT_MOST},
        )

        # The same connections, without BEGIN and COMMIT.
        self._committing = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises `Unavailable` where PostgreSQL cannot be reached.
        """
        async with Transaction(self._engine, expire_on_commit=False) as session:
            with _unavailable_if_not_reached():
                async with session.begin():
                    yield session

    @asynccontextmanager
    async def begin_for_one_statement(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of one statement, which PostgreSQL commits by itself: one round trip, not three.

        A second statement would be a transaction of its own. Raises `Unavailable`, as `begin` does.
        """
        with _unavailable_if_not_reached():
            async with self._committing.connect() as connection:
                yield connection

    async def refuse_other_roles(self) -> None:
        """Stop a process that finds itself to be another role, or one that no grant can hold.

        Raises `Misconfigured`.
        """
        try:
            async with self._engine.connect() as connection:
                found = (
                    await connection.execute(
                        text("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
                    )
                ).one()
        except OperationalError:
            raise Misconfigured(
                f"KEPT_DATABASE_URL: cannot log in to PostgreSQL as {self.role}; "
                "check the address, the password, and that `kept migrate` has run"
            ) from None
        if found.current_user != self.role:
            raise Misconfigured(
                f"KEPT_DATABASE_URL: it logs in as {found.current_user}; this process may only be {self.role}"
            )
        if found.rolsuper:
            raise Misconfigured(f"KEPT_DATABASE_URL: {self.role} is a superuser, which no grant holds")

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()


@contextmanager
def _unavailable_if_not_reached() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if error.connection_invalidated or not _reached(error):
            raise Unavailable from None
        raise


def _reached(error: OperationalError) -> bool:
    """Whether the server itself answered (it then gave an SQLSTATE)."""
    return getattr(error.orig, "sqlstate", None) is not None
