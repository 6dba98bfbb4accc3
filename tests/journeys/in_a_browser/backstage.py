"""What happens behind the pages of a journey: the workers' jobs, and the messages that they send."""

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import SecretStr

from service.crypto.keyservice import create_key_file, key_service
from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.doorbell import Lane
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from service.schemes.reading import SchemeView, find_scheme
from service.settings import WorkerSettings
from tests.conftest import SCHEME
from tests.harness.people import Service, now, somebody
from tests.harness.servers import (
    EMAIL_TEMPLATE,
    LETTER_TEMPLATE,
    RATE,
    SMS_TEMPLATE,
    Database,
    StandIn,
)
from tests.registrations.living import manage_link, take_in
from workers import intake
from workers.context import make_context

Result = TypeVar("Result")

PATH = re.compile(r"http://127\.0\.0\.1:\d+(/(?:confirm|manage)/[\w-]{43})")
NUMBERS = count()
"""Each is one home's."""


class Backstage:
    """The workers' part, a turn at a time, in a thread of its own: the browser's loop has the test's."""

    def __init__(
        self, database: Database, redis_url: str, notify: StandIn, public_url: str, folder: Path
    ) -> None:
        self.database = database
        self.notify = notify
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.Runner()
        create_key_file(folder / "root.key")
        settings = WorkerSettings(
            database_url=SecretStr(database.url("kept_worker")),
            redis_url=SecretStr(redis_url),
            key_service=f"file:{folder / 'root.key'}",
            key_store=folder / "key-store",
            public_url=public_url,
            staff_url=public_url,
            notify_api_key=SecretStr(notify.api_key),
            notify_base_url=notify.url,
            notify_email_template_id=EMAIL_TEMPLATE,
            notify_sms_template_id=SMS_TEMPLATE,
            notify_letter_template_id=LETTER_TEMPLATE,
            notify_rate_per_minute=RATE,
            witness=folder / "witness",
        )
        self._service = self._runs(self._open(settings))

    @property
    def scheme(self) -> SchemeView:
        return self._service.scheme

    def works(self) -> None:
        """All that the urgent worker has to do."""
        self._runs(self._work())

    def somebody(self, **form: Any) -> tuple[str, UUID]:
        """The email address of somebody who has registered and confirmed, and their registration."""
        email = self._runs(self._service.person(**form))
        return email, self.registration()

    def waiting(self, **form: Any) -> str:
        """The email address of somebody who has registered, and has been asked to confirm."""
        email = form.pop("email", None) or somebody()
        self._runs(self._service.register(email, **form))
        return email

    def manage_path(self, email: str) -> str:
        """The page of a link that the holder of `email` was sent when they asked for one."""
        return f"/manage/{self._runs(manage_link(self._service, email))}"

    def leaving_path(self, registration: UUID) -> str:
        """The page of the link below everything that is sent to `registration`."""
        return f"/unsubscribe/{self._service.worker.keys.tokens.unsubscribe_token(registration, 0)}"

    def message(self, inbox: str) -> dict[str, Any]:
        """The newest message to an email address, a number, or the lines of a postal address."""
        postal = inbox.replace("\n", ", ")
        return self.notify.inbox(postal if "@" in inbox else re.sub(r"^0(?=7)", "+44", postal))[-1]

    def path(self, inbox: str) -> str:
        """The page of the link in the newest message."""
        found = PATH.search(self.message(inbox)["body"])
        assert found is not None, "the message has no link"
        return found[1]

    def registration(self) -> UUID:
        """The newest one."""
        return UUID(str(self.value("SELECT id FROM registrations ORDER BY id DESC LIMIT 1")))

    def value(self, query: str, *values: object) -> Any:
        """The one value that a question to the database gives."""
        with self.database.connect() as owner:
            row = owner.execute(query.encode(), values).fetchone()
        assert row is not None
        return row[0]

    def close(self) -> None:
        self._runs(self._close())
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()

    def _runs(self, what: Coroutine[Any, Any, Result]) -> Result:
        return self._thread.submit(self._loop.run, what).result()

    async def _work(self) -> None:
        await take_in(self._service)
        await intake.apply_changes(self._service.worker)
        await self._service.send_confirmations()

    async def _open(self, settings: WorkerSettings) -> Service:
        keys = KeyStore(settings.key_store, key_service(settings.key_service))
        owner = Transactions(SecretStr(self.database.url()), role="kept_owner")
        async with owner.begin() as tx:
            await apply(tx, read_scheme_file(SCHEME), keys, actor="operator:test", now=now())
            scheme = await find_scheme(tx, "windrush")
        await owner.close()
        worker = make_context(settings, Lane.URGENT)
        await worker.stop.read()
        public, staff = (
            Transactions(SecretStr(self.database.url(role)), role=role)
            for role in ("kept_public", "kept_staff")
        )
        return Service(public, staff, worker, keys, self.notify, scheme)

    async def _close(self) -> None:
        await self._service.worker.close()
        await self._service.public.close()
        await self._service.staff.close()


def home() -> str:
    """A postal address that no other journey of this process has."""
    return f"Flat {next(NUMBERS)}\nExample Street\nSW1A 1AA"
