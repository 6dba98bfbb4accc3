"""Where the stand-in keeps what it knows: one SQLite database, in a directory or in memory.

A transaction is committed before the 201 that speaks of it. Nothing is forced to the disk: what was written
survives the end of this process, SIGKILL included; a power cut is not this program's business.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
    secret TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS templates (
    id TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, subject TEXT,
    body TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER,
    PRIMARY KEY (id, version)
);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    key_type TEXT NOT NULL,
    reference TEXT,                     -- not unique: Notify's is no idempotency key
    recipient TEXT NOT NULL,            -- as it was given
    inbox TEXT NOT NULL,                -- the same person under one name
    template_id TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    one_click_unsubscribe_url TEXT,
    status TEXT NOT NULL,
    queued INTEGER NOT NULL,            -- 0: committed, and not handed to anybody yet
    by_hand TEXT,                       -- who sent it from Notify's own pages
    details TEXT NOT NULL DEFAULT '{}', -- postal lines, fragments of a text
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    completed_at INTEGER,
    next_move_at INTEGER                -- null: nothing more happens to it
);
CREATE INDEX IF NOT EXISTS messages_reference ON messages (reference) WHERE reference IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_created ON messages (created_at);
CREATE INDEX IF NOT EXISTS messages_inbox ON messages (inbox);
CREATE INDEX IF NOT EXISTS messages_due ON messages (next_move_at) WHERE next_move_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS forgotten (message_id TEXT PRIMARY KEY); -- gone from the API, not from its inbox
CREATE TABLE IF NOT EXISTS outcomes (inbox TEXT PRIMARY KEY, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS received_texts (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sender TEXT NOT NULL, message TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at);
"""


class DirectoryInUse(Exception):
    """Another stand-in works on this data directory."""


class Store:
    """The database, used by one thread only."""

    def __init__(self, directory: Path | None) -> None:
        self._lock = None if directory is None else _locked(directory)
        name = ":memory:" if directory is None else str(directory / "notify.sqlite3")
        self.database = sqlite3.connect(name, isolation_level=None, cached_statements=256)
        self.database.row_factory = sqlite3.Row
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=OFF")
        self.database.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield self.database
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self.database.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.database.execute(query, values).fetchone()
        return found

    def number(self, query: str, *values: object) -> int:
        """The one number that a query gives."""
        return int(self.database.execute(query, values).fetchone()[0])

    def recall(self, name: str) -> Any:
        """A setting that was changed while running and must outlive a restart."""
        found = self.row("SELECT value FROM meta WHERE name = ?", name)
        return None if found is None else json.loads(found["value"])

    def remember(self, name: str, value: Any) -> None:
        self.database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    def close(self) -> None:
        self.database.close()
        if self._lock is not None:
            os.close(self._lock)


def _locked(directory: Path) -> int:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise DirectoryInUse(f"--data-dir {directory}: another stand-in works on it") from error
    return lock
