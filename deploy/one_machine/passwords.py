"""Passwords that are made once and kept beside the data that they protect."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept(data_dir: Path, name: str, make: Callable[[], str] = secrets.token_urlsafe) -> str:
    """The password called `name`: made at the first call, the same ever after. Safe within a URL."""
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    if not path.exists():
        write_private(path, make())
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write `path`, for its owner alone."""
    # Whole under another name first: a start that was killed leaves no half password.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
