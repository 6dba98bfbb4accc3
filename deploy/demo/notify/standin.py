"""The parts of the stand-in, put together, and the one way in which a message is kept."""

import json
from collections import Counter
from typing import Any, Final
from uuid import uuid4

from deploy.demo.notify import messages
from deploy.demo.notify.authentication import Door
from deploy.demo.notify.clock import MICROSECONDS, Clock, written
from deploy.demo.notify.config import Config
from deploy.demo.notify.faults import Faults
from deploy.demo.notify.kinds import MESSAGE_TYPES, Key, KeyType, MessageType
from deploy.demo.notify.limits import DailyLimit, RateLimit
from deploy.demo.notify.messages import DAY_US, Message
from deploy.demo.notify.recipients import inbox_of
from deploy.demo.notify.store import Store
from deploy.demo.notify.templates import Templates

# Notify looks for rows that were never queued and queues them; here after seconds rather than after an hour.
REPLAY_AFTER_US: Final = 5 * MICROSECONDS


class StandIn:
    """Everything that one running stand-in knows."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.clock = Clock(store.recall("clock offset") or 0.0)
        self.templates = Templates(store, config.templates, self.clock.now_us())
        self.door = Door(config.service_id, self._keys())
        self.rate = RateLimit(store.recall("rate per minute") or config.rate_per_minute)
        self.rate.restore(store.recall("buckets") or {})
        self.daily = DailyLimit(
            self.clock,
            {
                "email": store.recall("daily emails") or config.daily_limit_emails,
                "sms": config.daily_limit_texts,
                "letter": config.daily_limit_letters,
            },
        )
        for message_type in MESSAGE_TYPES:
            self.daily.set(message_type, self._sent_today(message_type))
        self.guests = frozenset(
            inbox_of("email" if "@" in guest else "sms", guest) for guest in config.guest_list
        )
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self.requests_by_key_type: Counter[str] = Counter()
        self.delivery_us = int(config.delivery_seconds * MICROSECONDS)
        self.paused_callbacks = False
        self.lost_callbacks: list[dict[str, Any]] = store.recall("lost callbacks") or []
        self._kept_buckets: dict[str, Any] = {}

    def keep(self, message: Message, *, queued: bool = True, replayed: bool = True) -> None:
        """Commit one message. After this has returned, a 201 may be said.

        One that is not queued waits for Notify's own replay, or, not even replayed, for its deletion.
        """
        now_us = self.clock.now_us()
        next_move_at: int | None = now_us + self.delivery_us // 2
        if message.type == "letter" and message.key_type != "test":
            next_move_at = self.clock.next_printing_us()
        if not queued:
            next_move_at = now_us + REPLAY_AFTER_US if replayed else None
        with self.store.transaction() as tx:
            messages.insert(tx, message, queued=queued, now_us=now_us, next_move_at=next_move_at)
        self.daily.add(message.type, message.key_type)

    def kept_since_us(self) -> int:
        """When the oldest rows that the API still shows were made: what is older was purged."""
        return self.clock.now_us() - self.config.retention_days * DAY_US

    def delete(self, message: Message) -> None:
        """Take a message back, as Notify does where it could not be queued."""
        with self.store.transaction() as tx:
            tx.execute("DELETE FROM messages WHERE id = ?", (message.id,))

    def set_sent_today(self, message_type: MessageType, count: int) -> None:
        """Let the day's count be this, as if others had sent the rest."""
        midnight = self.clock.midnight_us()
        extra: dict[str, int] = self.store.recall("daily extra") or {}
        if extra.get("midnight") != midnight:
            extra = {"midnight": midnight}
        extra[message_type] = count - self._kept_since(message_type, midnight)
        self.store.remember("daily extra", extra)
        self.daily.set(message_type, count)

    def set_limits(self, rate_per_minute: int | None, daily_emails: int | None) -> None:
        """Change a limit, for this run and those after it."""
        if rate_per_minute is not None:
            self.rate.per_minute = rate_per_minute
            self.rate.buckets.clear()
            self.store.remember("rate per minute", rate_per_minute)
        if daily_emails is not None:
            self.daily.limits["email"] = daily_emails
            self.store.remember("daily emails", daily_emails)

    def lose_callbacks(self, lost: list[dict[str, Any]]) -> None:
        """Say about which messages nobody is ever called, in this run and those after it."""
        self.lost_callbacks = lost
        self.store.remember("lost callbacks", lost)

    def keep_buckets(self) -> None:
        """Write down what is left in the buckets, where that has changed."""
        if (left := self.rate.kept()) != self._kept_buckets:
            self.store.remember("buckets", left)
            self._kept_buckets = left

    def receive_text(self, sender: str, text: str) -> str:
        """Keep a text that somebody sent to the service, and write down the call about it; its id."""
        text_id, now_us = str(uuid4()), self.clock.now_us()
        payload = {
            "id": text_id,
            "source_number": sender,
            "destination_number": self.config.from_number,
            "message": text,
            "date_received": written(now_us),
        }
        with self.store.transaction() as tx:
            tx.execute(
                "INSERT INTO received_texts (id, sender, message, created_at) VALUES (?, ?, ?, ?)",
                (text_id, sender, text, now_us),
            )
            if self.config.received_texts_callback is not None:
                tx.execute(
                    "INSERT INTO callbacks (kind, payload, due_at) VALUES ('received text', ?, ?)",
                    (json.dumps(payload), now_us),
                )
        return text_id

    def add_key(self, key: Key) -> None:
        with self.store.transaction() as tx:
            tx.execute(
                "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)",
                (key.secret, key.type, key.name, key.revoked),
            )
        self.door.keys[key.secret] = key

    def allowed(self, message: Message) -> bool:
        """Whether this type of key may write to that recipient."""
        restricted = message.key_type == "team" or (self.config.trial_mode and message.key_type == "live")
        return not restricted or message.inbox in self.guests

    def count_request(self, status: int, key_type: KeyType | None) -> None:
        self.requests[str(status)] += 1
        self.requests_by_key_type[key_type or "none"] += 1

    def _keys(self) -> list[Key]:
        with self.store.transaction() as tx:
            tx.executemany(
                "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, 0)",
                [(key.secret, key.type, key.name) for key in self.config.keys],
            )
        rows = self.store.rows("SELECT * FROM keys")
        return [Key(row["secret"], row["type"], row["name"], bool(row["revoked"])) for row in rows]

    def _sent_today(self, message_type: MessageType) -> int:
        midnight = self.clock.midnight_us()
        kept: dict[str, int] = self.store.recall("daily extra") or {}
        extra = kept.get(message_type, 0) if kept.get("midnight") == midnight else 0
        return extra + self._kept_since(message_type, midnight)

    def _kept_since(self, message_type: MessageType, since_us: int) -> int:
        return self.store.number(
            "SELECT count(*) FROM messages WHERE type = ? AND key_type != 'test' AND created_at >= ?",
            message_type,
            since_us,
        )
