"""The public process for real: PostgreSQL under its own role, Valkey, uvicorn on a loopback port."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from migrations.running import migrate, set_role_passwords
from service.settings import PublicSettings
from service.web.public.app import create_app

PASSWORD: Final = "only-for-tests"


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
def public_process(directory: Path) -> Iterator[Serving]:
    """The public process and its two servers, for as long as the block."""
    with (
        EmbeddedPostgres(directory / "postgres", fast_and_loose=True) as postgres,
        EmbeddedValkey(directory / "valkey") as valkey,
    ):
        migrate(postgres.owner_url)
        set_role_passwords(postgres.owner_url, {"kept_public": PASSWORD})
        port = _free_port()
        settings = PublicSettings.model_validate(
            {
                "database_url": f"postgresql://kept_public:{PASSWORD}@127.0.0.1:{postgres.port}/kept",
                "redis_url": valkey.url("kept_web"),
                "public_url": f"http://127.0.0.1:{port}",
            }
        )
        with answering(create_app(settings), port):
            yield Serving(settings, postgres.superuser_url, valkey.url("kept_owner"))


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


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
