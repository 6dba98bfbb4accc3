"""The public process for real: under its own role of PostgreSQL and user of Valkey, behind uvicorn."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.settings import PublicSettings
from service.web.public.app import create_app
from tests.harness.servers import Database


@dataclass(frozen=True)
class Serving:
    """Where it answers, and the way behind its grants."""

    settings: PublicSettings
    superuser_url: str
    redis_owner_url: str

    @property
    def url(self) -> str:
        return self.settings.public_url


@contextmanager
def public_process(database: Database, valkey: EmbeddedValkey, **changes: object) -> Iterator[Serving]:
    """The public process on a loopback port, for as long as the block. No client is limited unless asked."""
    port = free_port()
    settings = PublicSettings.model_validate(
        {
            "database_url": database.url("kept_public"),
            "redis_url": valkey.url("kept_web"),
            "public_url": f"http://127.0.0.1:{port}",
            "client_limit_per_minute": 0,
            "quickest_form_seconds": 0,
            **changes,
        }
    )
    with answering(create_app(settings), port):
        yield Serving(settings, database.url("postgres"), valkey.url("kept_owner"))


@contextmanager
def answering(app: ASGIApp, port: int) -> Iterator[None]:
    """`app`, under uvicorn, in a thread."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", server_header=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the public process ended as it started"
        assert time.monotonic() < deadline, "the public process did not start"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
