"""A command that runs once, to its end, such as the migrations."""

import signal
import subprocess
from collections.abc import Mapping, Sequence

from deploy.one_machine import tied
from deploy.one_machine.keeping import WRONG_SETTINGS, DidNotStart
from deploy.one_machine.logs import Log
from service.errors import Misconfigured


class Once:
    """Starts at once and waits for what it is told: its imports take their time while servers start."""

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str], log: Log) -> None:
        self._name = name
        self._log = log
        with log.open() as file:
            self._child = tied.start(argv, env=environment, stdin=subprocess.PIPE, stdout=file, stderr=file)

    def finish(self, told: str = "") -> None:
        """Tell it, and return when it is done.

        Raises `Misconfigured` with its words where it refused its settings, else `DidNotStart`.
        """
        self._child.communicate(told.encode())
        if self._child.returncode == WRONG_SETTINGS:
            raise Misconfigured(f"{self._name} refused:\n{self._log.last_words()}")
        if self._child.returncode != 0:
            raise DidNotStart(f"{self._name} failed; {self._log.ends_with()}")

    def end(self) -> None:
        """End it wherever it is; twice does no harm."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        tied.end(self._child, (signal.SIGTERM, 1.0))
