"""What is shown while it goes on: a bar on a terminal, plain lines in a pipe; and how long each step took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

A_LINE_EVERY_SECONDS: Final = 10.0


class Step(Protocol):
    """Told how many are done."""

    def __call__(self, done: int, *, of: int | None = None) -> None: ...


class Steps:
    """The steps of one job, shown on `stream`."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self.seconds: dict[str, float] = {}

    def say(self, text: str) -> None:
        """One line, as it is."""
        self._console.print(text, markup=False)

    @contextmanager
    def step(self, name: str, title: str, total: int | None = None) -> Iterator[Step]:
        began = time.monotonic()
        show = self._bar if self._console.is_terminal else self._lines
        with show(title, total) as at:
            yield at
        self.seconds[name] = round(time.monotonic() - began, 2)

    def finish(self) -> None:
        """Note how long everything took."""
        self.seconds["total"] = round(time.monotonic() - self._began, 2)

    @contextmanager
    def _bar(self, title: str, total: int | None) -> Iterator[Step]:
        columns = (
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(title, total=total)

            def at(done: int, *, of: int | None = None) -> None:
                progress.update(task, completed=done, total=total if of is None else of)

            yield at
            if total is None and progress.tasks[0].total is None:
                progress.update(task, completed=1, total=1)

    @contextmanager
    def _lines(self, title: str, total: int | None) -> Iterator[Step]:
        began = said_at = time.monotonic()
        counted = said = ""

        def at(done: int, *, of: int | None = None) -> None:
            nonlocal said_at, counted, said
            most = total if of is None else of
            counted = f"{done} of {most}" if most is not None else str(done)
            if counted != said and time.monotonic() - said_at > A_LINE_EVERY_SECONDS:
                said_at, said = time.monotonic(), counted
                self.say(f"{title}: {counted} so far")

        yield at
        parts = [counted, f"{time.monotonic() - began:.1f} s"]
        self.say(f"{title}: {', '.join(part for part in parts if part)}")
