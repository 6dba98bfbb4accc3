"""What people do while the processes run: register, write, approve, resume, ask for a certificate.

Each is one short life of its own, as one request to a web process would be: nothing is kept between two
of them that a restart of PostgreSQL could break.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import SecretStr

from service.database import Transaction, Transactions
from service.deliveries import certificate
from service.holds import holding
from service.holds.holding import HoldId
from service.registrations import links
from service.registrations.form import RegistrationForm
from service.registrations.letterbox import drop
from service.schemes.reading import find_scheme
from service.updates import approval, drafting, halting
from service.updates.approval import Decision
from service.updates.body import UpdateBody
from service.updates.reading import get_update
from tests.harness.people import BODY, COMMS, SENIOR, now, sign_everybody_in
from tests.harness.servers import Database

SCHEME = "windrush"
TOPIC = "eligibility"

Result = TypeVar("Result")


class Office:
    """Staff, and the people whom they write to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, addresses: Sequence[str], *, topic: str = TOPIC) -> None:
        """Everybody drops a form into the letterbox."""

        async def act(tx: Transaction) -> None:
            scheme = await find_scheme(tx, SCHEME)
            for address in addresses:
                await drop(tx, scheme, _form(address, topic), now=now())

        self._as("kept_public", act)

    def confirm(self, bodies: Sequence[str]) -> None:
        """Everybody presses the button behind the link in the message that they got."""
        tokens = [found.group(1) for body in bodies if (found := re.search(r"/confirm/([\w-]+)", body))]
        assert len(tokens) == len(bodies)

        async def act(tx: Transaction) -> None:
            for token in tokens:
                await links.use(tx, token)

        self._as("kept_public", act)

    def submit(self, subject: str) -> UUID:
        """Comms write an update and submit it."""
        body = {
            **BODY,
            "email": {language: {**BODY["email"][language], "subject": subject} for language in ("en", "cy")},
        }

        async def act(tx: Transaction) -> UUID:
            scheme = await find_scheme(tx, SCHEME)
            update = await drafting.draft(tx, COMMS, scheme, UpdateBody.model_validate(body), now=now())
            await drafting.submit(tx, COMMS, update.id, now=now())
            return update.id

        return self._as("kept_staff", act)

    def approve(self, update: UUID) -> None:
        """A senior approves these words and these people."""

        async def act(tx: Transaction) -> None:
            found = await get_update(tx, update)
            version = await drafting.current_version(tx, found)
            await approval.decide(
                tx,
                SENIOR,
                update,
                Decision.APPROVE,
                content_sha256=version.content_sha256,
                audience_sha256=found.audience_sha256 or "",
                comment=None,
                hold_window=timedelta(0),
                now=now(),
            )

        self._as("kept_staff", act)

    def resume(self, update: UUID) -> None:
        """A senior resumes what the service halted."""

        async def act(tx: Transaction) -> None:
            await halting.resume(tx, SENIOR, update, now=now())

        self._as("kept_staff", act)

    def lift(self, hold: UUID) -> None:
        """A senior lifts a hold."""

        async def act(tx: Transaction) -> None:
            await holding.lift_hold(tx, SENIOR, HoldId(hold), now=now())

        self._as("kept_staff", act)

    def ask_for_certificate(self, update: UUID) -> None:
        async def act(tx: Transaction) -> None:
            await certificate.ask(tx, SENIOR, update, now=now())

        self._as("kept_staff", act)

    def as_owner(self, act: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """What an operator does, with the owner's right."""
        return self._as("kept_owner", act)

    def _as(self, role: str, act: Callable[[Transaction], Awaitable[Result]]) -> Result:
        sign_everybody_in()

        async def live() -> Result:
            transactions = Transactions(SecretStr(self._database.url(role)), role=role)
            async with AsyncExitStack() as stack:
                stack.push_async_callback(transactions.close)
                async with transactions.begin() as tx:
                    return await act(tx)

        return asyncio.run(live())


def _form(address: str, topic: str) -> RegistrationForm:
    return RegistrationForm.model_validate(
        {
            "kind": "individual",
            "email": address,
            "language": "en",
            "topics": [topic],
            "contact_by": ["email"],
            "consent": True,
        }
    )
