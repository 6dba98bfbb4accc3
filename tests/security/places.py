"""Everywhere that a person's details could have stayed, as bytes to look into."""

import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.programs import postgres_programs

EVERY_TABLE = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema'
        AND (n.nspname !~ '^pg_' OR c.relname = 'pg_statistic')
"""
SYSTEM = {"1", "4", "5"}
"""Databases that are there before us: template1, template0, postgres."""
ZEROS = re.compile(rb"\0{64,}")


def dumped(superuser_url: str) -> Iterator[tuple[str, bytes]]:
    """Every table, all columns, as text (bytea in hex) and in binary (bytea as it is)."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        for schema, table in connection.execute(EVERY_TABLE).fetchall():
            # What the planner knows of columns is of types that have no binary form.
            for form in ("text",) if table == "pg_statistic" else ("text", "binary"):
                command = sql.SQL("COPY {} TO STDOUT (FORMAT {})").format(
                    sql.Identifier(schema, table), sql.SQL(form)
                )
                with connection.cursor().copy(command) as copy:
                    yield f"table {table}, {form}", b"".join(bytes(part) for part in copy)


def pg_dumped(server: EmbeddedPostgres, superuser_url: str) -> Iterator[tuple[str, bytes]]:
    """What an operator's backup holds, where the server's own pg_dump is here."""
    major = (server.home / "cluster" / "PG_VERSION").read_text().strip()
    program = postgres_programs(major) / "pg_dump"
    if program.is_file():
        made = subprocess.run([program, "--dbname", superuser_url], capture_output=True, check=True)
        yield "pg_dump", made.stdout


def files_of_the_cluster(server: EmbeddedPostgres, superuser_url: str) -> Iterator[tuple[str, bytes]]:
    """The bytes of the data files and of the write-ahead log."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    cluster = server.home / "cluster"
    for path in sorted(cluster.rglob("*")):
        parts = path.relative_to(cluster).parts
        if path.is_file() and not (parts[0] == "base" and parts[1] in SYSTEM):
            # A segment of the log is filled up with zeros; there is nothing in them.
            yield f"cluster {'/'.join(parts)}", ZEROS.sub(b"\0", path.read_bytes())


def files_under(folder: Path, *, but: frozenset[str] = frozenset()) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] not in but:
            yield f"file {path.relative_to(folder)}", path.read_bytes()


def keyspace(owner_url: str) -> Iterator[tuple[str, bytes]]:
    """Every key of Redis with its value, read and not dumped: a dump compresses."""
    with redis.Redis.from_url(owner_url) as client:
        readings: dict[bytes, Callable[[bytes], Any]] = {
            b"string": client.get,
            b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            b"hash": client.hgetall,
            b"set": client.smembers,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"stream": client.xrange,
        }
        for key in client.scan_iter():
            # While the service runs, one may be gone by now. What it was is overheard.
            if (kind := client.type(key)) == b"none":
                continue
            value = readings[kind](key)
            yield f"key {key!r}", key + b" " + (value if isinstance(value, bytes) else repr(value).encode())


class Overheard:
    """Every command that Redis is sent while this is open, also for keys that are gone by the end."""

    def __init__(self, owner_url: str) -> None:
        at = urlsplit(owner_url)
        self.said = b""
        self._over = False
        self._socket = socket.create_connection((at.hostname, at.port))
        self._socket.sendall(f"AUTH {at.username} {at.password}\r\nMONITOR\r\n".encode())
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        try:
            while part := self._socket.recv(65536):
                self.said += part
        except ConnectionResetError:
            # What Valkey still had to say when nobody listened any more.
            if not self._over:
                raise
