"""The stand-in's inboxes: what everybody has received."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from deploy.demo.main_job.calling import Caller
from deploy.demo.main_job.words import one_line

CONFIRMATION: Final = re.compile(r"/confirm/([A-Za-z0-9_-]{20,})")
OVERLAP: Final = timedelta(seconds=5)
"""A message is stamped before it is committed: a look back finds what the last look was too early for."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one inbox."""

    id: str
    inbox: str = field(repr=False)
    subject: str
    body: str = field(repr=False)
    at: datetime

    @property
    def confirmation(self) -> str | None:
        """The token of the link that asks to confirm; None in any other message."""
        found = CONFIRMATION.search(self.body)
        return found.group(1) if found else None


class Inboxes:
    """Asks the stand-in."""

    def __init__(self, stand_in: Caller) -> None:
        self._stand_in = stand_in

    async def since(self, moment: datetime | None) -> list[Message]:
        """Every message that arrived after `moment`, oldest first in each inbox."""
        path = "/admin/inboxes" if moment is None else f"/admin/inboxes?after={moment:%Y-%m-%dT%H:%M:%S.%f}"
        found = await self._stand_in.agreed("a look at the inboxes", "GET", path)
        return [_message(inbox, each) for inbox, messages in found.items() for each in messages]

    async def refusals(self) -> int:
        """How many messages Notify has refused for what was in them, such as an address."""
        found = await self._stand_in.agreed("a look at the counts", "GET", "/admin/counts")
        return int(found["requests"].get("400", 0))


class NewMessages:
    """Hands out each message once, as it arrives."""

    def __init__(self, inboxes: Inboxes, since: datetime) -> None:
        self._inboxes = inboxes
        self._since = since
        self._seen: dict[str, datetime] = {}

    async def look(self) -> list[Message]:
        found = await self._inboxes.since(self._since)
        new = [message for message in found if message.id not in self._seen]
        if new:
            self._since = max(self._since, max(message.at for message in new) - OVERLAP)
            self._seen |= {message.id: message.at for message in new}
            self._seen = {name: at for name, at in self._seen.items() if at > self._since - OVERLAP}
        return new


def by_inbox(messages: Iterable[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(message.inbox, []).append(message)
    return found


def _message(inbox: str, said: dict[str, Any]) -> Message:
    return Message(
        id=said["id"],
        inbox=inbox,
        subject=one_line(said["subject"]),
        body=said["body"],
        at=datetime.fromisoformat(said["at"]),
    )
