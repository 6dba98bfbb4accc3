"""A `kept up` of our own: started, watched, ended."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from deploy.one_machine import tied
from deploy.one_machine.ports import Ports, is_free
from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.processes import module_command
from deploy.one_machine.settings import asked_for, uses_demo_issuer, uses_stand_in
from service.errors import KeptError, Misconfigured

READY_SECONDS: Final = 120.0
"""Longer than `kept up` gives itself: then it says itself what is wrong."""

_END_SECONDS: Final = 9.0
_WRONG: Final = 2
# Below the ports that systems hand out by themselves, to which any connection may be bound.
_LOWEST, _HIGHEST = 10_000, 30_000


class StackEnded(KeptError):
    """`kept up` did not start, or ended by itself."""

    code = "stack-ended"


class Stack:
    """Everything on this machine, on `data_dir`. One who starts it has to `end` it."""

    def __init__(self, data_dir: Path, ports: Ports, environment: Mapping[str, str]) -> None:
        self.data_dir = data_dir.absolute()
        self.ports = ports
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def logs(self) -> Path:
        """Where each process's log lies."""
        return self.data_dir / "logs"

    async def start(self) -> str:
        """Start it; the line in which it says that it is ready.

        Raises `Misconfigured` where its settings are wrong, `StackEnded`. `kept up` has then said why.
        """
        arguments = ("--data-dir", str(self.data_dir), "--port-base", str(self.ports.public))
        self._process = tied.start(
            module_command("deploy.one_machine", *arguments),
            env=self._environment,
            # Whatever becomes of us, it ends its own processes in order.
            on_our_death=signal.SIGTERM,
            stdout=subprocess.PIPE,
        )
        said = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(said), self._process.stdout
        )
        try:
            line = (await asyncio.wait_for(said.readline(), READY_SECONDS)).decode().strip()
        except TimeoutError:
            raise StackEnded(f"kept up was not ready in time; its logs are in {self.logs}") from None
        finally:
            transport.close()
        if line.startswith("ready"):
            return line
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(_END_SECONDS) == _WRONG:
                raise Misconfigured("kept up could not start like this, as it says above")
        raise StackEnded(f"kept up did not start, as it says above; its logs are in {self.logs}")

    async def ended(self) -> NoReturn:
        """Raises `StackEnded` once it has ended by itself."""
        while self._process is not None and self._process.poll() is None:  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.2)
        raise StackEnded(f"kept up ended by itself; its logs are in {self.logs}")

    def end(self) -> None:
        """End it, in less than ten seconds; twice does no harm."""
        if self._process is not None:
            tied.end(self._process, (signal.SIGTERM, _END_SECONDS))
            self._process = None


def check_settings(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The operator's settings. Raises `Misconfigured` where the main job cannot be done with them."""
    asked = asked_for(environment)
    if not uses_stand_in(asked):
        raise Misconfigured(
            "KEPT_NOTIFY_BASE_URL: it is set, and this job counts the inboxes of the stand-in: "
            "it sends through no other Notify. Take it away"
        )
    if not uses_demo_issuer(asked):
        raise Misconfigured(
            "KEPT_OIDC_ISSUER: it is set, and this job acts for the staff of the demo issuer. Take it away"
        )
    return asked


def free_ports() -> Ports:
    """Five in a row that nobody listens on. Another process of ours begins to look elsewhere."""
    width = len(Ports._fields)
    places = (_HIGHEST - _LOWEST) // width
    for step in range(places):
        found = Ports.starting_at(_LOWEST + (os.getpid() + step) % places * width)
        if all(is_free(port) for port in found):
            return found
    raise Misconfigured(f"there are no five free ports in a row from {_LOWEST} to {_HIGHEST} on this machine")


def temporary_data_dir() -> Path:
    """A new directory. PostgreSQL's user may pass through it, and sees nothing on the way."""
    path = Path(tempfile.mkdtemp(prefix="kept-run-"))
    path.chmod(0o711)
    return path


def remove(data_dir: Path, *, keep_logs: bool) -> None:
    """Remove the data directory of a stack that has ended, and what lies outside of it."""
    EmbeddedPostgres(data_dir).discard()
    if not keep_logs:
        shutil.rmtree(data_dir, ignore_errors=True)
        return
    for path in data_dir.iterdir():
        if path.name == "logs":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
