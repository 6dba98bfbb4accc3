"""Each process gets what it may know, and can start with it; nothing else reaches it."""

import os
from pathlib import Path

import pytest

from deploy.one_machine.passwords import write_private
from deploy.one_machine.ports import Ports
from deploy.one_machine.processes import (
    PROCESSES,
    ROLES,
    Process,
    Servers,
    as_env_file,
    environment_for,
    operator_environment,
    operator_settings,
    url_as,
)
from deploy.one_machine.settings import completed
from deploy.one_machine.valkey import USERS
from service.settings import OperatorSettings, load

PORTS = Ports.starting_at(8000)
OWNER = "postgresql://kept_owner:owner-word@127.0.0.1:5432/kept"
SERVERS = Servers(
    owner_database_url=OWNER,
    database_urls={role: url_as(OWNER, role, f"{role}-word") for role in ROLES},
    redis_urls={user: f"redis://{user}:{user}-word@127.0.0.1:6379/0" for user in USERS},
)
MACHINE = {
    "PATH": "/usr/bin",
    "HOME": "/home/operator",
    "HTTPS_PROXY": "http://operator:proxy-word@proxy",
    "AWS_SECRET_ACCESS_KEY": "aws-word",
    "KEPT_DATABASE_URL": OWNER,
}
OPENS = {"KEPT_KEY_SERVICE", "KEPT_KEY_STORE", "KEPT_NOTIFY_API_KEY", "KEPT_NOTIFY_API_KEY__OTHER"}

by_name = pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return completed({"KEPT_NOTIFY_API_KEY__OTHER": "other-key"}, tmp_path, PORTS)


@by_name
def test_a_process_can_start_with_what_it_gets(
    process: Process, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = environment_for(process, settings, SERVERS, MACHINE)
    for name in (*settings, "KEPT_DATABASE_URL", "KEPT_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    load(process.settings)


@by_name
def test_a_process_gets_its_own_role_and_user_alone(process: Process, settings: dict[str, str]) -> None:
    values = environment_for(process, settings, SERVERS, MACHINE).values()

    known = {word for word in (*ROLES, *USERS, "owner") if any(f"{word}-word" in value for value in values)}

    assert known == {process.role, process.redis_user}


@by_name
def test_only_workers_can_open_and_send(process: Process, settings: dict[str, str]) -> None:
    known = environment_for(process, settings, SERVERS, MACHINE).keys()

    assert OPENS & known == (OPENS if process.command[0] == "worker" else set())


@by_name
def test_signing_in_and_receipts_have_one_process_each(process: Process, settings: dict[str, str]) -> None:
    known = environment_for(process, settings, SERVERS, MACHINE).keys()

    assert ("KEPT_OIDC_CLIENT_SECRET" in known) == (process.name == "web staff")
    assert ("KEPT_NOTIFY_CALLBACK_TOKEN" in known) == (process.name == "web callbacks")


@by_name
def test_of_the_machine_a_process_gets_the_basics(process: Process, settings: dict[str, str]) -> None:
    environment = environment_for(process, settings, SERVERS, MACHINE)

    others = {name for name in environment if not name.startswith("KEPT_")}
    assert others == {"PATH", "HOME", "PYTHONUNBUFFERED"}


def test_the_web_processes_listen_on_their_ports() -> None:
    listening = [process.argv(PORTS)[-3:] for process in PROCESSES if process.listens]

    assert listening == [
        ["public", "--port", "8000"],
        ["staff", "--port", "8001"],
        ["callbacks", "--port", "8002"],
    ]


def test_no_secret_is_on_a_command_line(settings: dict[str, str]) -> None:
    said = " ".join(part for process in PROCESSES for part in process.argv(PORTS))

    assert "word" not in said
    assert settings["KEPT_NOTIFY_CALLBACK_TOKEN"] not in said


def test_the_operator_acts_as_the_owner_and_sends_nothing(settings: dict[str, str]) -> None:
    environment = operator_environment(settings, SERVERS, MACHINE)

    assert environment["KEPT_DATABASE_URL"] == OWNER
    assert environment["KEPT_KEY_STORE"] == settings["KEPT_KEY_STORE"]
    assert "KEPT_NOTIFY_API_KEY" not in environment
    assert "KEPT_OIDC_CLIENT_SECRET" not in environment


@pytest.mark.parametrize(
    ("url", "changed"),
    [
        (
            "postgresql://a:b@db:5432/kept?sslmode=require",
            "postgresql://me:p%2Fw@db:5432/kept?sslmode=require",
        ),
        ("rediss://redis:6380/2", "rediss://me:p%2Fw@redis:6380/2"),
        ("postgresql://a:b@[::1]/kept", "postgresql://me:p%2Fw@[::1]/kept"),
    ],
)
def test_a_url_changes_its_user_and_nothing_else(url: str, changed: str) -> None:
    assert url_as(url, "me", "p/w") == changed


def test_an_operators_command_can_start_with_the_file_that_is_written_for_it(
    settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "operator.env"
    write_private(file, as_env_file(operator_settings(settings, SERVERS)))
    for name in list(os.environ):
        if name.startswith("KEPT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KEPT_ENV_FILE", str(file))

    loaded = load(OperatorSettings)

    assert loaded.database_url.get_secret_value() == SERVERS.owner_database_url
    assert loaded.key_service == settings["KEPT_KEY_SERVICE"]
    assert file.stat().st_mode & 0o077 == 0
