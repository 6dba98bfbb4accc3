from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.settings import CallbacksSettings
from service.web.callbacks.app import create_app
from tests.harness.servers import Database
from tests.web_public.serving import answering

TOKEN = "a-token-for-tests-only"


@dataclass
class Notify:
    """Notify, as far as it calls us."""

    http: httpx.Client

    def receipt(self, reference: str | None, status: str = "delivered", **changes: Any) -> httpx.Response:
        """What Notify posts about one message, as its documentation has it."""
        sent = {
            "id": str(uuid4()),
            "reference": reference,
            "to": "mary.jones@example.com",
            "status": status,
            "created_at": "2026-05-01T12:00:00.000000Z",
            "completed_at": "2026-05-01T12:00:01.000000Z",
            "sent_at": "2026-05-01T12:00:00.500000Z",
            "notification_type": "email",
            "template_id": str(uuid4()),
            "template_version": 1,
            **changes,
        }
        return self.http.post("/receipts", json=sent)


@pytest.fixture
def notify_calls(database: Database, valkey_server: EmbeddedValkey) -> Iterator[Notify]:
    """The callbacks process on a loopback port, and Notify, which knows its token."""
    port = free_port()
    settings = CallbacksSettings(
        database_url=SecretStr(database.url("kept_callbacks")),
        redis_url=SecretStr(valkey_server.url("kept_web")),
        notify_callback_token=SecretStr(TOKEN),
    )
    with (
        answering(create_app(settings), port),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        ) as http,
    ):
        yield Notify(http)


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with database.connect() as connection:
        yield connection
