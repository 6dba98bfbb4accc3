"""The processes of the service on one machine, and what each of them may know.

What a process may know is what its settings class has a field for, so there is one list and not two.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.one_machine.ports import Ports
from deploy.one_machine.valkey import User as RedisUser
from service.settings import (
    SECRETS,
    CallbacksSettings,
    OperatorSettings,
    PublicSettings,
    Settings,
    StaffSettings,
    WorkerSettings,
)

Role = Literal["kept_public", "kept_staff", "kept_callbacks", "kept_worker"]

ROLES: Final[tuple[Role, ...]] = ("kept_public", "kept_staff", "kept_callbacks", "kept_worker")

BASICS: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the operator's environment, what every process gets. No proxies: their URLs may hold passwords."""


@dataclass(frozen=True)
class Process:
    """A kind of process: `kept` followed by `command`."""

    command: tuple[str, ...]
    settings: type[Settings]
    role: Role
    redis_user: RedisUser
    listens: Literal["public", "staff", "callbacks"] | None = None

    @property
    def name(self) -> str:
        return " ".join(self.command)

    def argv(self, ports: Ports) -> list[str]:
        """The command line."""
        if self.listens is None:
            # What `kept worker` becomes anyhow, without loading the whole command first.
            return module_command("workers", *self.command[1:])
        return kept_command(*self.command, "--port", str(ports._asdict()[self.listens]))


PROCESSES: Final = (
    Process(("web", "public"), PublicSettings, "kept_public", "kept_web", "public"),
    Process(("web", "staff"), StaffSettings, "kept_staff", "kept_web", "staff"),
    Process(("web", "callbacks"), CallbacksSettings, "kept_callbacks", "kept_web", "callbacks"),
    Process(("worker", "urgent"), WorkerSettings, "kept_worker", "kept_worker"),
    Process(("worker", "bulk"), WorkerSettings, "kept_worker", "kept_worker"),
    Process(("worker", "care"), WorkerSettings, "kept_worker", "kept_worker"),
)


@dataclass(frozen=True)
class Servers:
    """Where the servers are: the database by role, the doorbell by user."""

    owner_database_url: str
    database_urls: Mapping[Role, str]
    redis_urls: Mapping[RedisUser, str]


def module_command(module: str, *arguments: str) -> list[str]:
    """Run `module` through the interpreter that runs us."""
    return [sys.executable, "-m", module, *arguments]


def kept_command(*arguments: str) -> list[str]:
    return module_command("service.cli", *arguments)


def environment_for(
    process: Process, settings: Mapping[str, str], servers: Servers, machine: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of `process`: what it may know, its own two URLs, and the basics."""
    return (
        basics(machine)
        | _known_to(process.settings, settings)
        | {
            "KEPT_DATABASE_URL": servers.database_urls[process.role],
            "KEPT_REDIS_URL": servers.redis_urls[process.redis_user],
        }
    )


def operator_environment(
    settings: Mapping[str, str], servers: Servers, machine: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a command that acts as the operator, with the owner's database URL."""
    return basics(machine) | operator_settings(settings, servers)


def operator_settings(settings: Mapping[str, str], servers: Servers) -> dict[str, str]:
    """What the operator's commands have to know."""
    return _known_to(OperatorSettings, settings) | {"KEPT_DATABASE_URL": servers.owner_database_url}


def as_env_file(settings: Mapping[str, str]) -> str:
    """`settings` as a file that `KEPT_ENV_FILE` may name."""
    return "".join(f"{name}='{value}'\n" for name, value in sorted(settings.items()))


def basics(machine: Mapping[str, str]) -> dict[str, str]:
    # Unbuffered, so that a log holds what was said before a crash.
    return {name: machine[name] for name in BASICS if name in machine} | {"PYTHONUNBUFFERED": "1"}


def url_as(url: str, user: str, password: str) -> str:
    """`url` with another user."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{host}"))


def _known_to(kind: type[Settings], settings: Mapping[str, str]) -> dict[str, str]:
    fields = {f"KEPT_{name.upper()}" for name in kind.model_fields}
    # A second Notify service is named by profile: KEPT_NOTIFY_API_KEY__PROFILE.
    profiles = tuple(f"{name}__" for name in SECRETS if name in fields)
    return {name: value for name, value in settings.items() if name in fields or name.startswith(profiles)}
