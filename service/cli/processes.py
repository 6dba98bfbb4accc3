"""`kept web …`, `kept worker …`, `kept migrate`: the processes of ARCHITECTURE.md, one each."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer
from setproctitle import setproctitle

from service.doorbell import Lane
from service.errors import Misconfigured
from service.observability import configure_logging
from service.settings import (
    CallbacksSettings,
    OperatorSettings,
    PublicSettings,
    Settings,
    StaffSettings,
    load,
)


class Site(StrEnum):
    """The three web processes, each on a host name of its own."""

    PUBLIC = "public"
    STAFF = "staff"
    CALLBACKS = "callbacks"


Port = Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def add_to(app: typer.Typer) -> None:
    app.command()(web)
    app.command()(worker)
    app.command()(migrate)


def web(site: Site, port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run one of the web processes: public, staff or callbacks."""
    setproctitle(f"kept web {site.value}")
    match site:
        case Site.PUBLIC:
            from service.web.public.app import create_app as public_app

            public = load(PublicSettings)
            _serve(public_app(public), public, host, port)
        case Site.STAFF:
            from service.web.staff.app import create_app as staff_app

            staff = load(StaffSettings)
            _serve(staff_app(staff), staff, host, port)
        case Site.CALLBACKS:
            from service.web.callbacks.app import create_app as callbacks_app

            callbacks = load(CallbacksSettings)
            _serve(callbacks_app(callbacks), callbacks, host, port)


def worker(lane: Lane) -> None:
    """Run one of the worker processes: urgent, bulk or care."""
    # A process of its own image: the workers open contacts, and nothing of `service` may import them.
    os.execv(sys.executable, [sys.executable, "-m", "workers", lane.value])  # noqa: S606


def migrate() -> None:
    """Bring the database to this version: roles, tables, grants. Safe to run again."""
    from migrations.running import migrate as run_migrations

    run_migrations(load(OperatorSettings).database_url.get_secret_value())
    print("the database is up to date")


def _serve(application: object, settings: Settings, host: str, port: int) -> None:
    import socket

    import uvicorn

    configure_logging(settings.log_format)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(f"port {port} on {host} cannot be used: {error.strerror}") from None
    uvicorn.run(
        application,  # type: ignore[arg-type]
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
        proxy_headers=False,
    )
