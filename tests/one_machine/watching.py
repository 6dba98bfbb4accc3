"""What tests ask about processes that they did not start themselves."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from deploy.one_machine.ports import Ports, free_port, is_free

ROOT = Path(__file__).parents[2]


def script(text: str, *arguments: str) -> subprocess.Popen[str]:
    """Run this Python in a process of its own, as an operator would from the checkout."""
    argv = [sys.executable, "-c", textwrap.dedent(text), *arguments]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def said(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "it ended without a word"
    return line


def alive(pid: int) -> bool:
    """Whether it runs; one that ended and waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return sys.platform != "linux"
    return state not in {"Z", "X"}


def comes_true(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether it holds within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def children_of(pid: int) -> dict[str, int]:
    """The processes that it started and that run, by what the process list shows them as."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            title = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        if parent == pid and title:
            found[title] = int(entry.name)
    return found


def five_free_ports() -> int:
    """The first of five ports in a row that nobody listens on."""
    while True:
        base = free_port()
        if base < 65531 and all(is_free(port) for port in Ports.starting_at(base)):
            return base
