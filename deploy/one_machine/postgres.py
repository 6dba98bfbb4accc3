"""A real PostgreSQL of our own, with a password on every connection.

A password per role is the point: every grant of the service would be theatre under `trust`, where
whoever reaches the port is whoever they say they are.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg
from psycopg import sql

from deploy.one_machine import tied
from deploy.one_machine.locking import DirectoryLock
from deploy.one_machine.logs import Log
from deploy.one_machine.orphans import end_postgres_on
from deploy.one_machine.passwords import kept
from deploy.one_machine.ports import LOOPBACK, free_port
from deploy.one_machine.postgres_files import files
from deploy.one_machine.programs import postgres_programs
from deploy.one_machine.unprivileged import passable, server_user, staged_home
from service.errors import KeptError

SUPERUSER: Final = "postgres"
OWNER: Final = "kept_owner"
DATABASE: Final = "kept"

_ENV: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_START_SECONDS: Final = 30.0


class PostgresDidNotStart(KeptError):
    """PostgreSQL did not start."""

    code = "postgres-did-not-start"


class EmbeddedPostgres:
    """PostgreSQL on a directory, on loopback.

    `fast_and_loose` gives up surviving a power cut for speed: for tests, whose data nobody misses.
    Use it from a thread that lives as long as the server should (see `tied`).
    """

    def __init__(self, data_dir: Path, *, port: int | None = None, fast_and_loose: bool = False) -> None:
        self._data_dir = data_dir.absolute()
        self._log = Log(self._data_dir / "logs", "postgres")
        self._given_port = port
        self._fast_and_loose = fast_and_loose
        self._user = server_user()
        self._lock: DirectoryLock | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or 0

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return "PostgreSQL"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def owner_url(self) -> str:
        """The URL of the owner of the database: may make roles and tables, is no superuser."""
        return self._url(OWNER, DATABASE)

    @property
    def superuser_url(self) -> str:
        """For repairs and for tests that look behind the grants. The service never has it."""
        return self._url(SUPERUSER, DATABASE)

    @property
    def log(self) -> Path:
        """PostgreSQL's own log."""
        return self._log.path

    @property
    def home(self) -> Path:
        """Where configuration and cluster lie, links resolved."""
        return (self._data_dir / "postgres").resolve()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server's process, once started."""
        return self._process

    def start(self) -> None:
        """Start, making the cluster if there is none, and return when it takes connections.

        Called again after the server died, it comes back on the same port.
        Raises `InUse` where another process holds the directory, `PostgresDidNotStart` with the log.
        """
        self._end_process()
        self._prepare()
        cluster = self.home / "cluster"
        end_postgres_on(cluster)
        if not cluster.exists():
            self._initialise(cluster)
        programs = self._programs((cluster / "PG_VERSION").read_text().strip())
        # Whoever knows where we are keeps that address when we come back.
        may_move = self.port == 0
        for _ in range(3):
            self.port = self.port or free_port()
            self._configure(cluster)
            with self._log.open() as log:
                self._process = tied.start(
                    [str(programs / "postgres"), "-D", str(self.home)],
                    env=_ENV,
                    run_as=self._user,
                    on_our_death=signal.SIGINT,  # fast shutdown: disconnect everybody, write, end
                    stderr=log,
                    stdout=log,
                )
            if self._becomes_ready(cluster, self._process):
                try:
                    self._create_owner()
                except BaseException:
                    self._end_process()
                    raise
                return
            # A port that was free a moment ago may be somebody's by now: take another one.
            if not may_move or "could not bind" not in self._log.last_words():
                break
            self.port = 0
        raise PostgresDidNotStart(f"PostgreSQL did not start; {self._log.ends_with()}")

    def stop(self) -> None:
        """End it in order, within seconds; twice does no harm."""
        self._end_process()
        if self._lock is not None:
            self._lock.drop()
            self._lock = None
        self.port = self._given_port or 0

    def discard(self) -> None:
        """Stop, and remove the cluster wherever it lies. For tests."""
        self.stop()
        link = self._data_dir / "postgres"
        shutil.rmtree(self.home, ignore_errors=True)
        if link.is_symlink():
            link.unlink()

    def _url(self, role: str, database: str) -> str:
        password = kept(self._data_dir, f"postgres-{role}")
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _prepare(self) -> None:
        # Others may pass through to what is theirs, such as the cluster, and see nothing on the way.
        self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        home = self._data_dir / "postgres"
        if home.is_symlink() and not home.exists():
            raise PostgresDidNotStart(f"{home} points to {home.readlink()}, which is gone")
        if not home.exists():
            if self._user is None or passable(home):
                home.mkdir()
                home.chmod(0o711)
            else:
                home.symlink_to(staged_home(self._data_dir, "postgres", disposable=self._fast_and_loose))
        if self._lock is None:
            lock = DirectoryLock(self.home / "lock")
            lock.take()
            self._lock = lock

    def _end_process(self) -> None:
        if self._process is not None:
            tied.end(self._process, (signal.SIGINT, 2.5), (signal.SIGQUIT, 0.5))
            self._process = None

    def _programs(self, major: str | None) -> Path:
        return postgres_programs(major, for_nobody=self._user is not None)

    def _initialise(self, cluster: Path) -> None:
        draft = cluster.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._hand_over(draft)
        password = self.home / "password"
        try:
            with open(os.open(password, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                file.write(kept(self._data_dir, f"postgres-{SUPERUSER}"))
            self._hand_over(password)
            # Not every system has C.UTF-8; C sorts the same.
            made = any(self._initdb(draft, password, locale) for locale in ("C.UTF-8", "C"))
        finally:
            password.unlink(missing_ok=True)
        if not made:
            raise PostgresDidNotStart(f"initdb failed; {self._log.ends_with()}")
        draft.rename(cluster)

    def _initdb(self, draft: Path, password: Path, locale: str) -> bool:
        with self._log.open() as log:
            child = tied.start(
                [
                    str(self._programs(None) / "initdb"),
                    f"--pgdata={draft}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    f"--locale={locale}",
                    *(["--no-sync"] if self._fast_and_loose else []),
                ],
                env=_ENV,
                run_as=self._user,
                stdout=log,
                stderr=log,
            )
        return child.wait() == 0

    def _hand_over(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, *self._user)

    def _configure(self, cluster: Path) -> None:
        # Ours lie beside the cluster, not in it: as root we write nothing where the server's user may.
        for name, text in files(self.home, cluster, self.port, self._fast_and_loose).items():
            (self.home / name).write_text(text)
            (self.home / name).chmod(0o644)

    def _becomes_ready(self, cluster: Path, process: subprocess.Popen[bytes]) -> bool:
        # PostgreSQL writes its state to this file: asking by connecting would fill its log.
        state = cluster / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                lines = state.read_text().splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        tied.end(process)
        return False

    def _create_owner(self) -> None:
        """As managed services have it: the owner may make roles and databases and is no superuser."""
        role, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
        try:
            connection = psycopg.connect(self._url(SUPERUSER, "postgres"), autocommit=True)
        except psycopg.OperationalError:
            raise PostgresDidNotStart(
                f"The password in {self._data_dir / 'secrets'} does not open the cluster in {self.home}"
            ) from None
        with connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB").format(role))
            # Its verifier, so that not even a log could hold the password.
            password = kept(self._data_dir, f"postgres-{OWNER}").encode()
            verifier = connection.pgconn.encrypt_password(password, OWNER.encode(), b"scram-sha-256")
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(verifier.decode()))
            )
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
