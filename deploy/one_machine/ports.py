"""Ports on loopback."""

import socket
from typing import Final, NamedTuple, Self

LOOPBACK: Final = "127.0.0.1"


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
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


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
