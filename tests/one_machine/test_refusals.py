"""`kept up` that cannot start says why in a sentence, exits 2, and leaves nothing running."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.one_machine.locking import DirectoryLock
from deploy.one_machine.ports import Ports, free_port
from tests.one_machine.watching import ROOT


def up(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.one_machine", "--data-dir", str(data_dir), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(data_dir.parent), **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def listening() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize(("offset", "name"), list(enumerate(Ports._fields)))
def test_a_port_in_use_is_named(data_dir: Path, offset: int, name: str) -> None:
    with listening() as port:
        refused = up(data_dir, "--port-base", str(port - offset))

    assert refused.returncode == 2
    assert f"{port} ({name})" in refused.stderr
    assert refused.stdout == ""


def test_a_data_directory_is_used_by_one_at_a_time(data_dir: Path) -> None:
    data_dir.mkdir()
    lock = DirectoryLock(data_dir / "lock")
    lock.take()
    try:
        refused = up(data_dir, "--port-base", str(free_port() // 2))
    finally:
        lock.drop()

    assert refused.returncode == 2
    assert refused.stderr.strip() == f"kept up: {data_dir} is in use by process {os.getpid()}"


def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(data_dir: Path) -> None:
    refused = up(data_dir, KEPT_NOTIFY_API_KEY="live-secret")

    assert refused.returncode == 2
    assert "KEPT_NOTIFY_API_KEY" in refused.stderr
    assert "live-secret" not in refused.stderr
    assert not data_dir.exists()


@pytest.mark.parametrize("base", ["0", "65532", "-1", "eight", "80 00"])
def test_a_wrong_port_base_is_wrong_usage(data_dir: Path, base: str) -> None:
    refused = up(data_dir, f"--port-base={base}")

    assert refused.returncode == 2
    assert "--port-base" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    refused = up(tmp_path / "file" / "kept")

    assert refused.returncode == 2
    assert str(tmp_path / "file") in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_redis_that_does_not_answer_is_named_and_nothing_is_left_running(data_dir: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"redis://kept_owner:word@127.0.0.1:{nobody.getsockname()[1]}/0"
        refused = up(
            data_dir,
            KEPT_REDIS_URL=url,
            KEPT_DATABASE_URL="postgresql://127.0.0.1:1/kept",
            KEPT_OIDC_ISSUER="https://sign-in.example",
            KEPT_NOTIFY_BASE_URL="https://notify.example",
            KEPT_NOTIFY_API_KEY="live-secret",
        )

    assert refused.returncode == 2
    assert refused.stderr.startswith("kept up: KEPT_REDIS_URL: ")
    assert "word" not in refused.stderr
