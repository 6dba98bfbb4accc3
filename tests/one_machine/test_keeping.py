"""What ends is started again, however often; what was told wrongly is not."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.one_machine.keeping import DidNotStart, Keeper, Program, end_all, says_ready
from deploy.one_machine.logs import Log
from service.errors import Misconfigured
from tests.one_machine.watching import alive

STAYS = "import time; print('ready', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STAYS

Make = Callable[[str, str], Program]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Make]:
    made = []

    def make(name: str, python: str) -> Program:
        one = Program(name, [sys.executable, "-c", python], {}, Log(tmp_path, name), says_ready)
        made.append(one)
        return one

    yield make
    end_all(made, seconds=0)


def pid_of(program: Program) -> int:
    assert program.process is not None
    return program.process.pid


def kill(program: Program) -> None:
    assert program.process is not None
    program.process.kill()
    program.process.wait()


def test_one_that_ends_is_started_again_however_often(program: Make) -> None:
    messages: list[str] = []
    keeper = Keeper(messages.append)
    worker = program("worker bulk", STAYS)
    keeper.keep(worker)
    keeper.wait_until_ready([worker], seconds=10)
    seen = {pid_of(worker)}

    for _ in range(4):
        kill(worker)
        keeper.wait_until_ready([worker], seconds=10)
        seen.add(pid_of(worker))

    assert len(seen) == 5
    assert messages == ["worker bulk ended (signal 9); starting it again"] * 4


def test_the_others_go_on_meanwhile(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    first, second = program("first", STAYS), program("second", STAYS)
    for one in (first, second):
        keeper.keep(one)
    keeper.wait_until_ready([first, second], seconds=10)
    untouched = pid_of(second)

    kill(first)
    keeper.wait_until_ready([first, second], seconds=10)

    assert pid_of(second) == untouched
    assert alive(untouched)


def test_one_that_ends_as_soon_as_it_starts_does_not_spin(program: Make) -> None:
    messages: list[str] = []
    keeper = Keeper(messages.append)
    keeper.keep(program("hopeless", "raise SystemExit(1)"))

    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        keeper.look()
        time.sleep(0.01)

    assert 2 <= len(messages) <= 8


def test_one_that_refuses_its_settings_is_not_started_again_and_is_heard(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    refuses = "import sys; print('KEPT_OIDC_ISSUER: it is not set', file=sys.stderr); sys.exit(2)"
    picky = program("web staff", refuses)
    keeper.keep(picky)

    with pytest.raises(Misconfigured, match="web staff") as refused:
        keeper.wait_until_ready([picky], seconds=10)

    assert "KEPT_OIDC_ISSUER: it is not set" in refused.value.message


def test_one_that_keeps_ending_while_it_starts_is_given_up_and_its_log_is_named(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    broken = program("worker care", "raise SystemExit('no such table')")
    keeper.keep(broken)

    with pytest.raises(DidNotStart, match="no such table") as given_up:
        keeper.wait_until_ready([broken], seconds=10)

    assert str(broken.log.path) in given_up.value.message


def test_one_that_is_never_ready_is_not_waited_for_for_ever(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    silent = program("silent", "import time; time.sleep(60)")
    keeper.keep(silent)

    with pytest.raises(DidNotStart, match="silent was not ready"):
        keeper.wait_until_ready([silent], seconds=0.2)


def test_only_what_the_present_run_said_counts(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    silent = program("silent", "import time; time.sleep(60)")
    silent.log.path.write_text("ready\n")
    keeper.keep(silent)

    with pytest.raises(DidNotStart, match="it said nothing"):
        keeper.wait_until_ready([silent], seconds=0.3)


def test_all_are_asked_to_end_at_once_and_who_does_not_is_killed(program: Make) -> None:
    keeper = Keeper(lambda message: None)
    programs = [program("stays", STAYS), program("deaf", DEAF), program("deaf too", DEAF)]
    for one in programs:
        keeper.keep(one)
    keeper.wait_until_ready(programs, seconds=10)

    began = time.monotonic()
    end_all(programs, seconds=0.5)

    assert time.monotonic() - began < 2
    assert [one.process.returncode for one in programs if one.process] == [-15, -9, -9]
