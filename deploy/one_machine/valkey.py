"""A real Valkey of our own: the doorbell. It keeps nothing, and the web processes may only ring and count."""

import hashlib
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import redis

from deploy.one_machine import tied
from deploy.one_machine.logs import Log
from deploy.one_machine.passwords import kept
from deploy.one_machine.ports import LOOPBACK, free_port
from deploy.one_machine.programs import redis_program
from deploy.one_machine.unprivileged import server_user
from service.errors import KeptError, Misconfigured

User = Literal["kept_owner", "kept_worker", "kept_web"]

RULES: Final[dict[User, str]] = {
    # For repairs, and for tests that look behind the rules. The service never has it.
    "kept_owner": "~* &* +@all",
    # Everything that is about keys, and what arq tells of the server when it starts; no power over the
    # server itself.
    "kept_worker": "~* &* +@all -@admin -@dangerous +info +keys",
    # What arq's `enqueue_job` sends, and the counters at the door. It can put a job where the workers
    # find it and can read none: `%W` gives writing alone, on the queues and the counters.
    "kept_web": (
        "resetchannels -@all"
        " (%W~arq:queue* %W~arq:job:* +psetex +zadd)"
        " (~arq:job:* ~arq:result:* +watch +exists)"
        " (~kept:count:* +incr +incrby +expire)"
        " +ping +hello +client|setinfo +client|setname +select +multi +exec +discard +unwatch"
    ),
}

USERS: Final[tuple[User, ...]] = ("kept_worker", "kept_web")
"""Those that processes of the service sign in as."""

_START_SECONDS: Final = 15.0


class ValkeyDidNotStart(KeptError):
    """Valkey did not start."""

    code = "valkey-did-not-start"


class EmbeddedValkey:
    """Valkey on loopback, with a user and a password for each kind of process.

    Use it from a thread that lives as long as the server should (see `tied`).
    """

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._log = Log(self._data_dir / "logs", "valkey")
        self._given_port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or 0

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return "Valkey"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, user: User) -> str:
        """The URL that signs in as `user`."""
        return f"redis://{user}:{self._password(user)}@{LOOPBACK}:{self.port}/0"

    @property
    def log(self) -> Path:
        """Valkey's own log."""
        return self._log.path

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server's process, once started."""
        return self._process

    def start(self) -> None:
        """Start and return when it answers. Called again after it died, it comes back on the same port.

        Raises `ValkeyDidNotStart` with the log.
        """
        self._data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Whoever knows where we are keeps that address when we come back.
        may_move = self.port == 0
        for _ in range(3):
            self.port = self.port or free_port()
            self._process = self._run()
            if self._answers(self._process):
                return
            # A port that was free a moment ago may be somebody's by now: take another one.
            if not may_move or "in use" not in self._log.last_words():
                break
            self.port = 0
        raise ValkeyDidNotStart(f"Valkey did not start; {self._log.ends_with()}")

    def stop(self) -> None:
        """End it; twice does no harm."""
        if self._process is not None:
            tied.end(self._process, (signal.SIGTERM, 1.0))
            self._process = None
        self.port = self._given_port or 0

    def _run(self) -> subprocess.Popen[bytes]:
        user = server_user()
        program = redis_program(for_nobody=user is not None)
        with self._log.open() as log:
            process = tied.start(
                # "-": the configuration comes down a pipe, so that no password lies in a file or in argv.
                [str(program), "-"],
                env={"PATH": "/usr/bin:/bin", "TZ": "UTC"},
                run_as=user,
                on_our_death=signal.SIGTERM,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        assert process.stdin is not None
        with process.stdin as pipe:
            pipe.write(self._configuration().encode())
        return process

    def _configuration(self) -> str:
        users = [f"user {user} on {_hashed(self._password(user))} {rules}" for user, rules in RULES.items()]
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            'save ""',
            "appendonly no",
            "dir /",
            "loglevel warning",
        ]
        return "\n".join([*lines, "user default off resetpass -@all", *users, ""])

    def _password(self, user: User) -> str:
        return kept(self._data_dir, f"redis-{user}")

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with redis.Redis.from_url(self.url("kept_worker")) as client:
                    client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return True
        tied.end(process)
        return False


def make_users(owner_url: str, passwords: Mapping[User, str]) -> None:
    """Make the users of the service in a Valkey or Redis (7 or newer) that is not ours.

    Raises `Misconfigured` where that cannot be done with this URL.
    """
    try:
        with redis.Redis.from_url(owner_url, socket_connect_timeout=10) as owner:
            for user, password in passwords.items():
                owner.execute_command("ACL", "SETUSER", user, "reset", "on", _hashed(password), *_rules(user))
    except (ValueError, redis.ConnectionError, redis.TimeoutError):
        raise Misconfigured("KEPT_REDIS_URL: nothing answers there, or not to this user") from None
    except redis.ResponseError:
        raise Misconfigured(
            "KEPT_REDIS_URL: its user may not make users, or the server is older than Redis 7"
        ) from None


def _rules(user: User) -> list[str]:
    """As separate arguments: a selector in brackets is one."""
    return re.findall(r"\([^)]*\)|\S+", RULES[user])


def _hashed(password: str) -> str:
    return "#" + hashlib.sha256(password.encode()).hexdigest()
