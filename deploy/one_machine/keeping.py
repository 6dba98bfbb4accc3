"""Children that are kept alive: one that ends is started again, however often."""

import http.client
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from deploy.one_machine import tied
from deploy.one_machine.logs import Log
from deploy.one_machine.ports import LOOPBACK
from service.errors import KeptError, Misconfigured

WRONG_SETTINGS: Final = 2
"""The exit code of a process that cannot start as it is told to. Starting it again changes nothing."""

_QUICK: Final = 1.0
_PAUSE: Final = 0.2
_TRIES: Final = 3
_POLL: Final = 0.05

Say = Callable[[str], None]


class DidNotStart(KeptError):
    """A process did not start."""

    code = "did-not-start"


class Kept(Protocol):
    """What is kept alive: a server of ours, or a process of the service."""

    @property
    def name(self) -> str: ...

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def start(self) -> None: ...


@dataclass(frozen=True)
class Answers:
    """Ready when it answers 200 there."""

    port: int
    path: str

    def __call__(self, log: Log) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def says_ready(log: Log) -> bool:
    """Ready when it has said so, on a line of its own."""
    return any(line.startswith("ready") for line in log.lines())


class Program:
    """A process of the service, or a stand-in."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        log: Log,
        is_ready: Callable[[Log], bool],
    ) -> None:
        self.name = name
        self.log = log
        self._argv = argv
        self._environment = environment
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        return self._process

    def start(self) -> None:
        with self.log.open() as log:
            self._process = tied.start(self._argv, env=self._environment, stdout=log, stderr=log)

    def is_ready(self) -> bool:
        return self._process is not None and self._process.poll() is None and self._is_ready(self.log)


class Keeper:
    """Starts what it is given and keeps it alive until told to stop.

    `say` gets a line whenever something ended that should not have.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._started_at: dict[Kept, float] = {}
        self._due: dict[Kept, float] = {}

    def keep(self, kept: Kept) -> None:
        """Start it now; from now on it is looked after."""
        self._started_at[kept] = time.monotonic()
        kept.start()

    def wait_until_ready(self, programs: Iterable[Program], *, seconds: float) -> None:
        """Return when all are ready.

        Raises `Misconfigured` with the words of a process that refused its settings, and `DidNotStart`
        for one that keeps ending, or is not ready in time.
        """
        waiting = list(programs)
        ends = dict.fromkeys(waiting, 0)
        deadline = time.monotonic() + seconds
        while waiting := [program for program in waiting if not program.is_ready()]:
            for program in waiting:
                code = None if program.process is None else program.process.poll()
                if code == WRONG_SETTINGS:
                    raise Misconfigured(f"{program.name} refused to start:\n{program.log.last_words()}")
                if code is not None and program not in self._due:
                    ends[program] += 1
                if ends[program] == _TRIES:
                    raise DidNotStart(
                        f"{program.name} ended {_TRIES} times while it started; {program.log.ends_with()}"
                    )
            if time.monotonic() > deadline:
                late = waiting[0]
                raise DidNotStart(
                    f"{late.name} was not ready after {seconds:.0f} seconds; {late.log.ends_with()}"
                )
            self.look()
            time.sleep(_POLL)

    def keep_going(self) -> NoReturn:
        """Look after them for ever: only an exception, such as the one of a signal, ends this."""
        while True:
            self.look()
            time.sleep(_POLL)

    def look(self) -> None:
        """Start again whatever has ended."""
        now = time.monotonic()
        for kept in self._started_at:
            if kept.process is None or kept.process.poll() is None:
                continue
            if kept not in self._due:
                quick = now - self._started_at[kept] < _QUICK
                # One that ends as soon as it starts must not take a processor for itself.
                self._due[kept] = now + (_PAUSE if quick else 0)
                self._say(f"{kept.name} ended ({_how(kept.process.returncode)}); starting it again")
            if now >= self._due[kept]:
                self._again(kept)

    def _again(self, kept: Kept) -> None:
        del self._due[kept]
        self._started_at[kept] = time.monotonic()
        try:
            kept.start()
        except (KeptError, OSError) as error:
            self._due[kept] = time.monotonic() + _PAUSE
            self._say(f"{kept.name} could not be started again: {error}")


def end_all(programs: Sequence[Program], *, seconds: float) -> None:
    """SIGTERM to all at once, and SIGKILL to those that are still there after so many seconds."""
    running = [process for program in programs if (process := program.process) is not None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
