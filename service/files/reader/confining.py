"""What the reader does to itself before it looks at a byte: from then on it can read, write and end.

A system-call filter of the kernel's (seccomp), made here without a compiler: whatever is not on the list
fails with EPERM, so that a socket or a file cannot be opened and no program started. Below it are resource
limits, and where it was started as root, another user. Each level is tried out and not believed.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

MEMORY_BYTES: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 300
NOBODY: Final = 65534

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE_WITH_EPERM, KILL = 0x7FFF0000, 0x00050001, 0x80000000
NUMBER_AT, ARCHITECTURE_AT = 0, 4

# The machine, its name for audit, and the numbers of: read, write, readv, writev, close, fstat, lseek, mmap,
# mprotect, munmap, mremap, madvise, brk, rt_sigaction, rt_sigprocmask, rt_sigreturn, sigaltstack, futex,
# sched_yield, sched_getaffinity, getpid, gettid, tgkill, clock_gettime, clock_nanosleep, nanosleep,
# gettimeofday, getrandom, getrusage, ppoll, rseq, restart_syscall, exit, exit_group (Linux's own tables).
MACHINES: Final = {
    "x86_64": (
        0xC000003E,
        "0 1 19 20 3 5 8 9 10 11 25 28 12 13 14 15 131 202 24 204 39 186 234 228 230 35 96 318 98 271 334 219"
        " 60 231",
    ),
    "aarch64": (
        0xC00000B7,
        "63 64 65 66 57 80 62 222 226 215 216 233 214 134 135 139 132 98 124 123 172 178 131 113 115 101 169"
        " 278 165 73 293 128 93 94",
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def confine() -> list[str]:
    """Give everything up; the levels that hold, of `user`, `limits` and `filter`. Never to be undone."""
    levels = []
    if _other_user():
        levels.append("user")
    _limits()
    # Everything that is needed is loaded and open: nothing more can be.
    if _error(_open) == errno.EMFILE:
        levels.append("limits")
    if sys.platform == "linux" and _filter() and _error(_open) == _error(_network) == errno.EPERM:
        levels.append("filter")
    return levels


def tried() -> dict[str, bool]:
    """Of everything that a program that was taken over would try: whether it was refused."""
    acts: dict[str, Callable[[], object]] = {
        "reach the network": _network,
        "reach another process": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "read a file": _open,
        "write a file": lambda: os.open("/tmp/kept-reader", os.O_WRONLY | os.O_CREAT),  # noqa: S108
        "start a process": os.fork,
        "become another program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "raise its limits": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)),
        "signal another process": lambda: os.kill(os.getppid(), 0),
    }
    refused = {name: _error(act) == errno.EPERM for name, act in acts.items()}
    # Python sets LC_CTYPE itself where there is no environment.
    return refused | {"see the environment": not os.environ.keys() - {"LC_CTYPE"}}


def _open() -> None:
    os.close(os.open(os.devnull, os.O_RDONLY))


def _network() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _error(act: Callable[[], object]) -> int | None:
    """The number of the error with which it failed; None where it did not."""
    try:
        act()
    except OSError as error:
        return error.errno
    except ValueError:
        return errno.EPERM
    return None


def _other_user() -> bool:
    if os.getuid() != 0:
        return False
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False  # A container without the right to.
    return True


def _limits() -> None:
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        # Standard input, output and error: no other descriptor can be had.
        (resource.RLIMIT_NOFILE, 3),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except (OSError, ValueError):
            continue  # macOS knows no limit of addresses.


def _filter() -> bool:
    machine = MACHINES.get(platform.machine())
    if machine is None or sys.byteorder != "little":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # A core, or a debugger, would show what it holds; nor does it outlive whoever started it.
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    code = _instructions(*machine)
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _instructions(architecture: int, numbers: str) -> bytes:
    """Of another architecture: killed. On the list: allowed. Anything else: EPERM."""

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, value)

    allowed = [int(number) for number in numbers.split()]
    steps = [
        step(LOAD, ARCHITECTURE_AT),
        step(JUMP_IF_EQUAL, architecture, if_true=1),
        step(RETURN, KILL),
        step(LOAD, NUMBER_AT),
    ]
    steps += [
        step(JUMP_IF_EQUAL, number, if_true=len(allowed) - position)
        for position, number in enumerate(allowed)
    ]
    steps += [step(RETURN, REFUSE_WITH_EPERM), step(RETURN, ALLOW)]
    return b"".join(steps)
