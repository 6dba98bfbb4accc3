"""`kept up`, whole: what is started, what each of it knows, and how it ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.postgres import EmbeddedPostgres
from tests.one_machine.watching import ROOT, alive, children_of, comes_true, five_free_ports

pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

TITLES = (
    "kept web public",
    "kept web staff",
    "kept web callbacks",
    "kept worker urgent",
    "kept worker bulk",
    "kept worker care",
)


class Up:
    """A `kept up` that was started on a directory, and what it said."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.ports = Ports.starting_at(five_free_ports())
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "service.cli", "up"),
                *("--data-dir", str(data_dir), "--port-base", str(self.ports.public)),
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(data_dir)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline()
        self.pid = self._process.pid

    def children(self) -> dict[str, int]:
        return children_of(self.pid)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{url_of(self.ports.public)}/health/ready", timeout=5):
                return True
        except OSError:
            return False

    def end(self, number: signal.Signals) -> tuple[int, float]:
        """The exit code, and how long it took."""
        began = time.monotonic()
        self._process.send_signal(number)
        self._process.communicate(timeout=30)
        return self._process.returncode, time.monotonic() - began


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up"))
    try:
        yield running
    finally:
        code, _ = running.end(signal.SIGTERM)
        EmbeddedPostgres(running.data_dir).discard()
    assert code == 0


def test_one_line_says_that_it_is_ready_and_where(up: Up) -> None:
    where = [f"{name}={url_of(port)}" for name, port in up.ports._asdict().items()]

    assert up.said.split() == ["ready", *where]
    assert up.answers()


def test_each_kind_of_process_is_one_of_its_own_and_named(up: Up) -> None:
    assert set(TITLES) <= up.children().keys()


@pytest.mark.parametrize("title", ["kept worker bulk", "kept web public"])
def test_a_process_that_is_killed_comes_back(up: Up, title: str) -> None:
    before = up.children()[title]

    os.kill(before, signal.SIGKILL)

    assert comes_true(lambda: up.children().get(title, before) != before, seconds=30)
    assert comes_true(up.answers, seconds=30)


def test_the_database_that_is_killed_comes_back_where_it_was(up: Up) -> None:
    (before,) = [pid for title, pid in up.children().items() if "/postgres -D" in title]

    os.kill(before, signal.SIGKILL)

    assert comes_true(lambda: not alive(before) and up.answers(), seconds=30)


def test_a_start_after_a_sigkill_goes_on_where_it_was_and_ends_within_ten_seconds_and_leaves_nothing(
    data_dir: Path,
) -> None:
    first = Up(data_dir)
    children = first.children().values()
    first.end(signal.SIGKILL)
    assert comes_true(lambda: not [pid for pid in children if alive(pid)])
    with EmbeddedPostgres(data_dir) as postgres, psycopg.connect(postgres.owner_url) as connection:
        schemes = connection.execute("SELECT slug FROM schemes").fetchall()

    second = Up(data_dir)
    children = second.children().values()
    code, seconds = second.end(signal.SIGINT)

    assert schemes == [("windrush",)]
    assert second.said.startswith("ready ")
    assert (code, seconds < 10) == (0, True)
    assert len(children) >= len(TITLES)
    assert not [pid for pid in children if alive(pid)]
    EmbeddedPostgres(data_dir).discard()
