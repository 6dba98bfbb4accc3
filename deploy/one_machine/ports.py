"""Ports on loopback."""

import random
import socket
from typing import Final, NamedTuple, Self

LOOPBACK: Final = "127.0.0.1"
NOT_EPHEMERAL: Final = (30_000, 32_700)
"""Below those that Linux gives to outgoing connections (from 32768 on): a port that was free a moment ago
would else be somebody's by now."""


class Ports(NamedTuple):
    """Where each web process listens: five in a row (contract.md, Commands)."""

    public: int
    staff: int
    callbacks: int
    notify: int
    issuer: int

    @classmethod
    def starting_at(cls, base: int) -> Self:
        return cls(*range(base, base + len(cls._fields)))


def url_of(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def free_port() -> int:
    """A port that nobody listened on a moment ago, and that no connection is given by the system.

    Raises `OSError` where there is none.
    """
    for _ in range(100):
        port = random.randrange(*NOT_EPHEMERAL)  # noqa: S311
        if is_free(port):
            return port
    raise OSError("no free port was found on loopback")


def is_free(port: int) -> bool:
    """Whether a server could listen on it."""
    with socket.socket() as probe:
        # As servers do: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
