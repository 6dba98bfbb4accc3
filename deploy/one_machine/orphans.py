"""Servers that an earlier run left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

_STEPS: Final = ((signal.SIGINT, 5.0), (signal.SIGKILL, 5.0))


def end_postgres_on(cluster: Path) -> None:
    """End every `postgres` that works in this very directory, and take away its stale lock.

    Call it only while holding the lock of the directory: then whatever runs in there is an orphan.
    Process ids that are merely written down are not believed, because they get reused; for the same
    reason the lock file goes, or PostgreSQL would refuse to start over an unrelated process.
    """
    pids = _postgres_in(cluster)
    for step, seconds in _STEPS:
        if not pids:
            break
        print(f"kept: ending a PostgreSQL that an earlier run left in {cluster}", file=sys.stderr)
        for pid in pids:
            _signal(pid, step)
        deadline = time.monotonic() + seconds
        while pids and time.monotonic() < deadline:
            time.sleep(0.02)
            pids = _postgres_in(cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _postgres_in(cluster: Path) -> list[int]:
    if sys.platform == "linux":
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_postgres_in(entry, cluster)]
    return _recorded(cluster)


def _is_postgres_in(process: Path, cluster: Path) -> bool:
    try:
        program = (process / "exe").readlink().name.removesuffix(" (deleted)")
        return program == "postgres" and (process / "cwd").samefile(cluster)
    except OSError:
        # Gone meanwhile, or somebody else's: not ours in either case.
        return False


def _recorded(cluster: Path) -> list[int]:
    """Without /proc: the process that the lock file names, if it is a postgres that names the cluster."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    ps = ["ps", "-o", "command=", "-p", str(pid)]
    command = subprocess.run(ps, capture_output=True, text=True, check=False).stdout
    return [pid] if "postgres" in command and str(cluster.parent) in command else []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
