"""A list in its two layers: both keys open it, with any age there is, and neither alone does."""

import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyrage
import pytest

from workers.age_layers import write_nested

GUIDE: Final = (Path(__file__).parents[2] / "docs" / "opening-a-list.md").read_text()
COMMANDS: Final = re.findall(r"^    (age --decrypt .*)$", GUIDE, re.MULTILINE)
"""The guide's: for the release key, for the list in a pipe, and for the list in two steps."""
LINES: Final = [b'"number","export"\r\n', *(f'"A{number:06}","x"\r\n'.encode() for number in range(20_000))]

needs_age = pytest.mark.skipif(
    shutil.which("age") is None, reason="age is not installed: nothing opens the list"
)


class Keys:
    """The caseworker's key and the list's release key."""

    def __init__(self) -> None:
        self.theirs = pyrage.x25519.Identity.generate()
        self.release = pyrage.x25519.Identity.generate()

    @property
    def recipients(self) -> dict[str, str]:
        return {"inner": str(self.release.to_public()), "outer": str(self.theirs.to_public())}


@pytest.fixture
def keys() -> Keys:
    return Keys()


@needs_age
def test_24_the_standard_age_opens_a_list_with_both_keys_and_with_neither_alone(
    keys: Keys, tmp_path: Path
) -> None:
    put: list[bytes] = []
    digest, length = write_nested(iter(LINES), **keys.recipients, put=put.append)
    written = b"".join(put)
    assert (digest, length) == (sha256(written).hexdigest(), len(written))

    once = with_age(keys.theirs, written, tmp_path)
    assert once.returncode == 0
    assert with_age(keys.release, once.stdout, tmp_path).stdout == b"".join(LINES)

    assert b"A000001" not in written + once.stdout
    for alone in (keys.theirs, keys.release):
        outside, inside = with_age(alone, written, tmp_path), with_age(alone, once.stdout, tmp_path)
        assert outside.returncode != 0 or inside.returncode != 0
    assert with_age(keys.release, written, tmp_path).returncode != 0
    assert with_age(keys.theirs, once.stdout, tmp_path).returncode != 0


@needs_age
def test_24_the_commands_of_the_guide_open_a_list(keys: Keys, tmp_path: Path) -> None:
    """On Linux and macOS in a pipe, and in PowerShell, which has none for what is not text, in two steps."""
    put: list[bytes] = []
    write_nested(iter(LINES), **keys.recipients, put=put.append)
    released = pyrage.encrypt(f"{keys.release}\n".encode(), [keys.theirs.to_public()], armored=True)
    for name, data in (
        ("list.csv.age.age", b"".join(put)),
        ("my-list-key.txt", f"{keys.theirs}\n".encode()),
        ("release.age", released),
    ):
        (tmp_path / name).write_bytes(data)

    release_key, in_a_pipe, outside, inside = COMMANDS
    for commands in ([release_key, in_a_pipe], [outside, inside]):
        assert with_the_guide(tmp_path, *commands) == b"".join(LINES)


def test_a_long_list_takes_no_more_memory_than_a_short_one(keys: Keys) -> None:
    def rows(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield f'"{number:0998}"\r\n'.encode()

    def most_at_once(count: int) -> int:
        length = 0

        def put(piece: bytes) -> None:
            nonlocal length
            length += len(piece)

        tracemalloc.start()
        write_nested(rows(count), **keys.recipients, put=put)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert length > count * 1000
        return most

    assert most_at_once(50_000) < most_at_once(500) + 500_000


def test_what_goes_wrong_on_either_side_ends_both_and_is_what_is_raised(keys: Keys) -> None:
    def rows() -> Iterator[bytes]:
        yield LINES[0] * 20_000
        raise LookupError("the rows")

    def put(piece: bytes) -> None:
        raise LookupError("the file")

    with pytest.raises(LookupError, match="the rows"):
        write_nested(rows(), **keys.recipients, put=len)
    with pytest.raises(LookupError, match="the file"):
        write_nested(iter(LINES * 20), **keys.recipients, put=put)


def test_a_wrong_recipient_is_refused_before_a_row_is_read(keys: Keys) -> None:
    def rows() -> Iterator[bytes]:
        raise AssertionError("a row was read")
        yield

    with pytest.raises(pyrage.RecipientError):
        write_nested(rows(), inner=keys.recipients["inner"], outer="age1nobody", put=len)


def with_age(key: pyrage.x25519.Identity, file: bytes, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """What Debian's `age` says to a file and a key."""
    (folder / "key.txt").write_text(f"{key}\n")
    return subprocess.run(
        ["age", "--decrypt", "--identity", str(folder / "key.txt")],
        input=file,
        capture_output=True,
        timeout=60,
    )


def with_the_guide(folder: Path, *commands: str) -> bytes:
    """What comes of the guide's commands in a folder with its files: those in a pipe where none are named."""
    (folder / "list.csv").unlink(missing_ok=True)
    for command in commands or COMMANDS[:2]:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, timeout=60)
    return (folder / "list.csv").read_bytes()
