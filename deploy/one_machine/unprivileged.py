"""Servers do not run as root, and what they need must be where their user can reach it.

PostgreSQL refuses to run as root, and rightly. Started by root, our servers run as `nobody`, who can
reach neither a checkout nor a data directory under a home that only root may enter. What they need
is then staged under `PLACES`: programs as copies that root owns, data as a directory of their own.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.one_machine.tied import User
from service.errors import KeptError

PLACES: Final = (Path("/var/lib/kept-informed"), Path("/var/tmp/kept-informed"))  # noqa: S108 - ownership is checked

_DISPOSABLE: Final = "disposable-with"


class NowhereToStage(KeptError):
    """There is no directory that both root and `nobody` can use."""

    code = "nowhere-to-stage"


def server_user() -> User | None:
    """Whom servers run as: `nobody` where we are root, else ourselves (None)."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return User(65534, 65534)
    return User(entry.pw_uid, entry.pw_gid)


def passable(path: Path) -> bool:
    """Whether somebody who owns nothing on the way can enter each directory above `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def reachable(path: Path) -> bool:
    """Whether such a person can also read it."""
    wanted = stat.S_IROTH | (0 if path.is_file() else stat.S_IXOTH)
    return passable(path) and path.stat().st_mode & wanted == wanted


def staged_programs(root: Path, folders: Sequence[str]) -> Path:
    """A copy of `folders` of `root` that `nobody` can run and only root can write."""
    source = f"{root.resolve()}|{[(root / folder).stat().st_mtime_ns for folder in folders]}"
    target = _place() / f"programs-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=".programs-"))
        draft.chmod(0o755)
        for folder in folders:
            shutil.copytree(root / folder, draft / folder, symlinks=True)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        _publish(draft, target)
        print(
            f"kept: the programs of the servers are copied to {target}, where they can be run",
            file=sys.stderr,
        )
    return target


def staged_home(data_dir: Path, name: str, *, disposable: bool = False) -> Path:
    """A new directory for the data of the server `name`, outside `data_dir`.

    A disposable one goes when its data directory has gone: a test run that was killed cleans up nothing.
    Any other is left for a person to remove.
    """
    key = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    place = _place()
    _remove_disposable(place)
    earlier = sorted(place.glob(f"{name}-{key}-*"))
    home = Path(tempfile.mkdtemp(dir=place, prefix=f"{name}-{key}-"))
    home.chmod(0o711)
    if disposable:
        (home / _DISPOSABLE).write_text(str(data_dir))
    print(f"kept: the user nobody cannot reach {data_dir}: {name} lies in {home}", file=sys.stderr)
    for path in earlier:
        print(
            f"kept: {path} belonged to an earlier {data_dir}; remove it if nobody wants it", file=sys.stderr
        )
    return home


def _remove_disposable(place: Path) -> None:
    for note in place.glob(f"*/{_DISPOSABLE}"):
        with contextlib.suppress(OSError):  # another test run may be at it too
            if not Path(note.read_text()).exists():
                shutil.rmtree(note.parent)


def _publish(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another start was quicker, with the same content.
        shutil.rmtree(draft)
        if not target.is_dir():
            raise


def _place() -> Path:
    for place in PLACES:
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        facts = place.lstat()
        # In a directory where anybody may write, anybody may have planted this one.
        ours = stat.S_ISDIR(facts.st_mode) and facts.st_uid == 0 and not facts.st_mode & 0o022
        if ours and reachable(place):
            return place
    raise NowhereToStage(f"nobody can reach none of {', '.join(map(str, PLACES))}")
