"""A child that is tied to us gets exactly what it is given, and does not outlive us."""

import os
import signal
import subprocess
import sys

import pytest

from deploy.one_machine import tied
from tests.one_machine.watching import alive, comes_true, said, script


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = script(
        """
        import sys, time
        from deploy.one_machine import tied
        sleeper = "import time; print('up', flush=True); time.sleep(60)"
        child = tied.start([sys.executable, "-c", sleeper], env={})
        print(child.pid, flush=True)
        time.sleep(60)
        """
    )
    child = int(said(parent))
    assert said(parent) == "up"
    assert alive(child)

    parent.kill()
    parent.communicate()

    assert comes_true(lambda: not alive(child))


def test_a_child_has_the_environment_that_it_is_given_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOT_FOR_CHILDREN", "secret")
    child = tied.start(["/usr/bin/env"], env={"ONLY": "this"}, stdout=subprocess.PIPE)

    output, _ = child.communicate()

    # Python itself adds LC_CTYPE where no locale is set (PEP 538), to the launcher's as to any other's.
    assert set(output.decode().split()) - {"LC_CTYPE=C.UTF-8"} == {"ONLY=this"}


def test_a_ctrl_c_in_the_terminal_is_not_the_childs_to_answer() -> None:
    child = tied.start([sys.executable, "-c", "import time; time.sleep(60)"], env={})
    try:
        assert comes_true(lambda: os.getpgid(child.pid) != os.getpgid(0))
    finally:
        tied.end(child)


def test_one_that_does_not_listen_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    says_so = f"{deaf}; print('up', flush=True); time.sleep(60)"
    child = tied.start([sys.executable, "-c", says_so], env={}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as stdout:
        assert stdout.readline() == b"up\n"

    tied.end(child, (signal.SIGTERM, 0.1))

    assert child.returncode == -signal.SIGKILL
