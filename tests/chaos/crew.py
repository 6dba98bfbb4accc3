"""The processes of the service, started as `kept up` starts them, and what can befall them."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import httpx

from deploy.one_machine import tied

Kind = Literal["urgent", "bulk", "care", "callbacks"]

KINDS: Final[tuple[Kind, ...]] = ("urgent", "bulk", "care", "callbacks")
READY_SECONDS: Final = 60.0
AWAKE_SECONDS: Final = 3.0


class Crew:
    """One process of each kind, under the names of their kinds; `second bulk` may join them."""

    def __init__(self, environments: Mapping[Kind, Mapping[str, str]], port: int, folder: Path) -> None:
        self._environments = environments
        self._port = port
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._paused: dict[str, float] = {}
        self._killed: set[int] = set()
        self._woke_at = 0.0
        self.ended_by_themselves: list[str] = []

    def start(self, *names: str) -> None:
        """Start these and wait until they work."""
        for name in names:
            self._running[name] = self._start(name)
        for name in names:
            self.wait_until_ready(name)

    def wait_until_ready(self, name: str) -> None:
        process = self._running[name]
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, f"{name} ended with {process.returncode}: {self.words(name)}"
            if self._ready(name):
                return
            time.sleep(0.05)
        raise AssertionError(f"{name} did not become ready: {self.words(name)}")

    def dismiss(self) -> None:
        """Whoever joined later leaves."""
        self.stop(*(name for name in list(self._running) if name not in KINDS))

    def kill(self, kind: Kind) -> None:
        """SIGKILL to every process of a kind; they are dead when this returns."""
        for name in self._names(kind):
            process = self._running[name]
            self._killed.add(process.pid)
            process.kill()
            process.wait()
            self._paused.pop(name, None)

    def pause(self, name: str, seconds: float) -> None:
        """SIGSTOP: it neither runs nor knows it. `tick` lets it go on."""
        self._running[name].send_signal(signal.SIGSTOP)
        self._paused[name] = time.monotonic() + seconds

    def is_awake(self) -> bool:
        """Whether everybody runs, and has had time to do what they were stopped in."""
        return not self._paused and time.monotonic() - self._woke_at > AWAKE_SECONDS

    def dead(self) -> list[str]:
        """Those that ended."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def tick(self) -> None:
        """What happens by itself: pauses end, and a supervisor starts again whatever ended."""
        for name, until in list(self._paused.items()):
            if time.monotonic() >= until:
                self._running[name].send_signal(signal.SIGCONT)
                del self._paused[name]
                self._woke_at = time.monotonic()
        for name in self.dead():
            process = self._running[name]
            if process.pid not in self._killed:
                self.ended_by_themselves.append(f"{name}: {process.returncode}")
            self._running[name] = self._start(name)

    def stop(self, *names: str) -> None:
        """End these in order."""
        for name in names:
            process = self._running.pop(name)
            self._paused.pop(name, None)
            process.send_signal(signal.SIGCONT)
            tied.end(process, (signal.SIGTERM, 5.0))

    def close(self) -> None:
        """End everybody."""
        self.stop(*list(self._running))

    def words(self, name: str) -> str:
        """The end of what it logged."""
        return self._log(name).read_text(errors="replace")[-2000:]

    def _names(self, kind: Kind) -> list[str]:
        return [name for name in self._running if name.endswith(kind)]

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        kind = next(kind for kind in KINDS if name.endswith(kind))
        command = ["-m", "workers", kind]
        if kind == "callbacks":
            command = ["-m", "service.cli", "web", "callbacks", "--port", str(self._port)]
        # Its first word, `ready`, is looked for in a file: a pipe that nobody reads could fill.
        said = self._said(name)
        said.write_bytes(b"")
        with said.open("wb") as out, self._log(name).open("ab") as log:
            return tied.start(
                [sys.executable, *command], env=self._environments[kind], stdout=out, stderr=log
            )

    def _ready(self, name: str) -> bool:
        if not name.endswith("callbacks"):
            return b"ready" in self._said(name).read_bytes()
        try:
            url = f"http://127.0.0.1:{self._port}/health/ready"
            return httpx.get(url, timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def _said(self, name: str) -> Path:
        return self._folder / f"{name}.said"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"
