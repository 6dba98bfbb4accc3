"""`kept up`: every process of the service on one machine, started in order, kept alive, ended in order."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from deploy.one_machine.keeping import Answers, Keeper, Program, Say, end_all, says_ready
from deploy.one_machine.locking import DirectoryLock
from deploy.one_machine.logs import Log
from deploy.one_machine.once import Once
from deploy.one_machine.passwords import kept, write_private
from deploy.one_machine.ports import Ports, is_free, url_of
from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.processes import (
    PROCESSES,
    ROLES,
    Process,
    Servers,
    as_env_file,
    basics,
    environment_for,
    kept_command,
    module_command,
    operator_environment,
    operator_settings,
    url_as,
)
from deploy.one_machine.settings import completed, uses_demo_issuer, uses_stand_in
from deploy.one_machine.stand_ins import issuer_argv, notify_argv
from deploy.one_machine.valkey import USERS, EmbeddedValkey, make_users
from service.errors import Misconfigured

DEMO_SCHEME: Final = Path(__file__).parents[1] / "demo" / "windrush.toml"

OPERATOR_ENV: Final = "operator.env"
"""For an operator's own commands: `KEPT_ENV_FILE=DATA_DIR/operator.env kept hold show`."""

READY_SECONDS: Final = 120.0

# Together with the servers' own, less than the ten seconds that stopping may take.
_SERVICE_SECONDS: Final = 4.0
_STAND_IN_SECONDS: Final = 1.0


class OneMachine:
    """All that `kept up` starts on `data_dir`, as the operator's `asked` has it.

    `machine` is the environment that we run in: children get its basics and none of the rest.
    """

    def __init__(
        self, data_dir: Path, ports: Ports, asked: Mapping[str, str], machine: Mapping[str, str], say: Say
    ) -> None:
        self._data_dir = data_dir
        self._ports = ports
        self._asked = asked
        self._machine = machine
        self._keeper = Keeper(say)
        self._lock = DirectoryLock(data_dir / "lock")
        self._service: list[Program] = []
        self._stand_ins: list[Program] = []
        self._commands: list[Once] = []
        self._postgres: EmbeddedPostgres | None = None
        self._valkey: EmbeddedValkey | None = None

    def start(self) -> str:
        """Start everything; the line that says where it is, once all of it answers.

        Raises `InUse` where it runs already, `Misconfigured` naming the setting or port, `DidNotStart`.
        """
        try:
            self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock.take()
        except OSError as error:
            raise Misconfigured(f"--data-dir: {self._data_dir}: {error.strerror}") from None
        self._check_ports()
        settings = completed(self._asked, self._data_dir, self._ports)
        _make_folders(settings)
        # What needs no database to begin with begins while it starts.
        prepare = module_command("deploy.one_machine.preparing")
        preparing = self._begin("migrations", prepare, basics(self._machine))
        self._start_stand_ins(settings)
        servers = self._start_servers()
        preparing.finish(self._told(settings, servers))
        write_private(self._data_dir / OPERATOR_ENV, as_env_file(operator_settings(settings, servers)))
        self._apply_demo_scheme(settings, servers)
        self._service = [self._program(process, settings, servers) for process in PROCESSES]
        for program in self._service:
            self._keeper.keep(program)
        self._keeper.wait_until_ready([*self._stand_ins, *self._service], seconds=READY_SECONDS)
        return "ready " + " ".join(f"{name}={url_of(port)}" for name, port in self._used_ports().items())

    def keep_going(self) -> NoReturn:
        """Start again whatever ends, until an exception, such as a signal's, ends this."""
        self._keeper.keep_going()

    def stop(self) -> None:
        """End everything in order, in less than ten seconds: those who use a thing before the thing."""
        for command in self._commands:
            command.end()
        end_all(self._service, seconds=_SERVICE_SECONDS)
        end_all(self._stand_ins, seconds=_STAND_IN_SECONDS)
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._lock.drop()

    def _used_ports(self) -> dict[str, int]:
        used = self._ports._asdict()
        if not uses_stand_in(self._asked):
            del used["notify"]
        if not uses_demo_issuer(self._asked):
            del used["issuer"]
        return used

    def _check_ports(self) -> None:
        taken = [f"{port} ({name})" for name, port in self._used_ports().items() if not is_free(port)]
        if taken:
            raise Misconfigured(f"--port-base: in use by another program: {', '.join(taken)}")

    def _start_stand_ins(self, settings: Mapping[str, str]) -> None:
        data_dir, ports = self._data_dir, self._ports
        if uses_stand_in(self._asked):
            self._start_stand_in("notify stand-in", notify_argv(data_dir, ports, settings), ports.notify)
        if uses_demo_issuer(self._asked):
            self._start_stand_in("demo issuer", issuer_argv(data_dir, ports, settings), ports.issuer)

    def _start_stand_in(self, name: str, argv: Sequence[str], port: int) -> None:
        program = Program(name, argv, basics(self._machine), self._log(name), Answers(port, "/health/live"))
        self._stand_ins.append(program)
        self._keeper.keep(program)

    def _start_servers(self) -> Servers:
        if (database_url := self._asked.get("KEPT_DATABASE_URL")) is None:
            self._postgres = EmbeddedPostgres(self._data_dir)
            self._keeper.keep(self._postgres)
            database_url = self._postgres.owner_url
        redis_passwords = {user: kept(self._data_dir, f"redis-{user}") for user in USERS}
        if (redis_url := self._asked.get("KEPT_REDIS_URL")) is None:
            self._valkey = EmbeddedValkey(self._data_dir)
            self._keeper.keep(self._valkey)
            redis_url = self._valkey.url("kept_owner")
        else:
            make_users(redis_url, redis_passwords)
        return Servers(
            owner_database_url=database_url,
            database_urls={role: url_as(database_url, role, self._role_password(role)) for role in ROLES},
            redis_urls={user: url_as(redis_url, user, word) for user, word in redis_passwords.items()},
        )

    def _role_password(self, role: str) -> str:
        return kept(self._data_dir, f"postgres-{role}")

    def _told(self, settings: Mapping[str, str], servers: Servers) -> str:
        """What the migrations have to know. Not in an environment, nor in arguments: see `preparing`."""
        own_key_file = "KEPT_KEY_SERVICE" not in self._asked
        told = {
            "owner_url": servers.owner_database_url,
            "passwords": {role: self._role_password(role) for role in ROLES},
            "key_file": settings["KEPT_KEY_SERVICE"].removeprefix("file:") if own_key_file else None,
            "key_store": settings["KEPT_KEY_STORE"],
        }
        return json.dumps(told)

    def _apply_demo_scheme(self, settings: Mapping[str, str], servers: Servers) -> None:
        # Once a data directory: what the operator makes of the scheme afterwards is theirs.
        applied = self._data_dir / "demo-scheme-applied"
        if not applied.exists():
            environment = operator_environment(settings, servers, self._machine)
            self._begin(
                "scheme apply", kept_command("scheme", "apply", str(DEMO_SCHEME)), environment
            ).finish()
            applied.touch()

    def _begin(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Once:
        once = Once(name, argv, environment, self._log(name))
        self._commands.append(once)
        return once

    def _program(self, process: Process, settings: Mapping[str, str], servers: Servers) -> Program:
        if process.listens is None:
            is_ready = says_ready
        else:
            is_ready = Answers(self._ports._asdict()[process.listens], "/health/ready")
        environment = environment_for(process, settings, servers, self._machine)
        return Program(
            process.name, process.argv(self._ports), environment, self._log(process.name), is_ready
        )

    def _log(self, name: str) -> Log:
        return Log(self._data_dir / "logs", name)


def _make_folders(settings: Mapping[str, str]) -> None:
    """The directories that are ours to make, for their owner alone. Other places (S3) are made elsewhere."""
    for name in ("KEPT_KEY_STORE", "KEPT_WITNESS"):
        if "://" not in settings[name]:
            Path(settings[name]).mkdir(mode=0o700, parents=True, exist_ok=True)
