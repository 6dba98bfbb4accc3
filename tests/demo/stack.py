"""`kept run`, `make demo`: as an operator starts them, in an environment without anybody's settings."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def environment(**settings: str) -> dict[str, str]:
    # On a busy machine an answer is late at times, and the default waits four minutes to be sure of one.
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "KEPT_UNCERTAIN_AFTER_SECONDS": "2",
        **settings,
    }


def kept_run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """To its end, with what it said."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.demo.run", *arguments],
        env=environment(**settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def the_document(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON document on standard output."""
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def starts(module: str, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """One that goes on until it is told to end."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment(**settings),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
