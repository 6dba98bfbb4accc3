"""What an operator's command has: the owner's database, and the keys where it needs them."""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

from service.clock import SystemClock
from service.crypto.keyservice import key_service
from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.settings import OperatorSettings, load
from service.staff.principal import Staff, Subject
from service.staff.roles import Role

Result = TypeVar("Result")

CLOCK = SystemClock()


def actor() -> str:
    """Who is recorded: the operating system's user, or whom `KEPT_OPERATOR` names."""
    try:
        name = os.environ.get("KEPT_OPERATOR") or getpass.getuser()
    except (KeyError, OSError):
        name = f"uid-{os.getuid()}"
    return f"operator:{name}"


def operator() -> Staff:
    """The operator as somebody with a role, for acts that staff do on pages, too."""
    return Staff(subject=Subject(actor()), roles=frozenset({Role.OPERATOR}), auth_time=CLOCK.now())


def key_store(settings: OperatorSettings) -> KeyStore:
    """The key store that the settings name. Raises `Misconfigured`."""
    return KeyStore(settings.key_store, key_service(settings.key_service))


@asynccontextmanager
async def owner() -> AsyncIterator[tuple[OperatorSettings, Transactions]]:
    """The operator's settings, and transactions as the owner."""
    settings = load(OperatorSettings)
    transactions = Transactions(settings.database_url, role="owner", pool_size=1)
    try:
        yield settings, transactions
    finally:
        await transactions.close()


def run(work: Coroutine[None, None, Result]) -> Result:
    return asyncio.run(work)
