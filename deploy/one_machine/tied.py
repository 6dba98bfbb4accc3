"""Children that cannot outlive us.

A child is started through this same file, run as a script: it takes on the user asked for, asks the
kernel for a signal on our death, and becomes the program. `preexec_fn` would do the same, but it runs
Python between fork and exec, which may deadlock where the parent has threads (a test run has).
The user changes first, because the kernel forgets the wish when it does.

The kernel watches the *thread* that started the child: start children from one that lives as long as
they should. Only Linux has this. Elsewhere a SIGKILL of the parent leaves its children, and the next
start on the same directory ends the servers among them.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Final, NamedTuple

PR_SET_PDEATHSIG: Final = 1


class User(NamedTuple):
    """Whom a child runs as."""

    uid: int
    gid: int


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    on_our_death: signal.Signals = signal.SIGKILL,
    run_as: User | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` (an absolute path first) with exactly `env`, as `run_as` or as ourselves.

    It gets a session of its own: a Ctrl-C in the terminal is ours alone to answer, in order.
    """
    user = "-" if run_as is None else f"{run_as.uid}:{run_as.gid}"
    launcher = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(on_our_death)), user]
    return subprocess.Popen(
        [*launcher, *argv],
        env=dict(env),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        # The launcher still runs as us; the program itself must not hold a directory it cannot read.
        cwd="/" if run_as is not None else None,
        start_new_session=True,
    )


def end(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait so many seconds for it to do; SIGKILL comes last of all."""
    for number, seconds in steps:
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    if child.poll() is None:
        child.kill()
        child.wait()


def _become(parent: int, death_signal: int, user: str, argv: list[str]) -> None:
    if user != "-":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, death_signal) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    # The parent may have died before the wish was made; nothing would tell us then.
    if os.getppid() != parent:
        sys.exit(1)
    os.umask(0o077)  # what a child writes is for its own user
    os.execv(argv[0], argv)  # noqa: S606 - there is no shell on purpose


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
