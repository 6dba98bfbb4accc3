"""The processes of a measurement: the target, and what they cost by Linux's own count."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.benchmarks.target import Stats

START_SECONDS: Final = 30.0
TICKS: Final = os.sysconf("SC_CLK_TCK")


class NotMeasured(Exception):
    """What could not be measured, and why."""


@dataclass
class RunningTarget:
    """The target, and what it counted."""

    url: str
    http: httpx.Client

    def reset(self, rate: int | None = None) -> None:
        self.http.get("/reset" if rate is None else f"/reset/{rate}").raise_for_status()

    def stats(self) -> Stats:
        return Stats(**self.http.get("/stats").json())

    def wait_for(self, count: int, *, seconds: float) -> Stats:
        """What was counted once `count` messages have come. Raises `NotMeasured` when they do not."""
        until = time.monotonic() + seconds
        while (stats := self.stats()).taken < count:
            if time.monotonic() > until:
                raise NotMeasured(f"{stats.taken} of {count} messages came in {seconds:.0f} s")
            time.sleep(0.1)
        return stats


@contextmanager
def running_target() -> Iterator[RunningTarget]:
    """A target on a free port, ended with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.target"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            with httpx.Client(base_url=url, trust_env=False) as http:
                yield RunningTarget(url, http)
        finally:
            process.kill()


@contextmanager
def answering(command: list[str], told: dict[str, str], health: str) -> Iterator[int]:
    """A process of the web that answers at `health`; its id. Raises `NotMeasured` where it does not start."""
    with subprocess.Popen(command, env=told, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + START_SECONDS
            while not _answers(health):
                if process.poll() is not None or time.monotonic() > until:
                    raise NotMeasured(f"{' '.join(command[2:5])} did not start")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def result_of(command: list[str], *, seconds: float) -> float:
    """Run a sender to its end; the CPU seconds that it says it used. Raises `NotMeasured`."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise NotMeasured(f"{command[2]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return float(json.loads(done.stdout.splitlines()[-1])["cpu"])


def cpu_seconds(pid: int) -> float:
    """User and system time of one process, its threads included, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_memory_mib(pid: int) -> float:
    """The most memory that a process has had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise NotMeasured(f"/proc/{pid}/status has no VmHWM")
