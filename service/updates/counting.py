"""How many people an update is for, by all that they are counted by: for its author, and its approver.

Of a rule, as it is now; of an update's frozen people, as they were frozen. Counted by functions of the
owner's (`migrations/sql/0010_window.sql`), because staff may see nobody's row.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text

from service.database import Transaction
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel, Format
from service.updates.tables import Update

# Text relay belongs to a call, and is no need of its own.
NEEDS: Final = (Channel.PHONE.value, *(each.value for each in Format if each is not Format.TEXT_RELAY))

REACHABLE: Final = text("""
    SELECT * FROM count_reachable(:scheme, CAST(:kinds AS text[]), CAST(:topics AS text[]),
        CAST(:languages AS text[]), CAST(:registrations AS uuid[]), :reached_by, :imported_in, :channels,
        :now)
""")
FROZEN: Final = text("SELECT * FROM count_frozen(:update, :since)")


@dataclass(frozen=True)
class People:
    """How many people, in all and by each thing. One person may have several topics and needs."""

    people: int
    kinds: dict[str, int]
    languages: dict[str, int]
    topics: dict[str, int]
    channels: dict[str, int]
    """The first channel of each person's own order that is confirmed and has words, or is a call."""
    needs: dict[str, int]
    """Calls and formats: what Notify cannot do."""

    def as_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "kinds": self.kinds,
            "languages": self.languages,
            "topics": self.topics,
            "channels": self.channels,
            "needs": self.needs,
        }


async def count_rule(
    tx: Transaction, scheme_id: UUID, rule: AudienceRule, channels: Sequence[Channel], *, now: datetime
) -> People:
    """How many people `rule` means and could be told by `channels`, those that there are words for."""
    rows = await tx.execute(
        REACHABLE,
        {
            "scheme": scheme_id,
            "kinds": _values(rule.kinds),
            "topics": _values(rule.topics),
            "languages": _values(rule.languages),
            "registrations": list(rule.registrations) if rule.registrations else None,
            "reached_by": rule.reached_by,
            "imported_in": rule.imported_in,
            "channels": _values([*channels, Channel.PHONE]),
            "now": now,
        },
    )
    return _people(rows.mappings().all())


async def count_frozen(tx: Transaction, update: Update, *, since: datetime) -> tuple[People, int]:
    """The frozen people of an update, and how many of them have joined since a moment.

    A draft has none. Whoever was erased after they were frozen is not counted.
    """
    frozen = update.audience_sha256 is not None
    cells = (
        (await tx.execute(FROZEN, {"update": update.id, "since": since})).mappings().all() if frozen else []
    )
    return _people(cells), sum(cell["joined"] for cell in cells)


def _values(words: Sequence[str] | None) -> list[str] | None:
    return [str(each) for each in words] if words is not None else None


def _people(cells: Sequence[RowMapping]) -> People:
    """Sums of cells, each of which is so many people of one kind, language, channel, topics and formats."""
    by: dict[str, Counter[str]] = {
        name: Counter() for name in ("kind", "language", "channel", "topic", "need")
    }
    for cell in cells:
        for name in ("kind", "language", "channel"):
            by[name][cell[name]] += cell["people"]
        for topic in cell["topics"]:
            by["topic"][topic] += cell["people"]
        for need in {cell["channel"], *cell["formats"]}.intersection(NEEDS):
            by["need"][need] += cell["people"]
    return People(
        people=sum(cell["people"] for cell in cells),
        kinds=dict(by["kind"]),
        languages=dict(by["language"]),
        topics=dict(by["topic"]),
        channels=dict(by["channel"]),
        needs={need: by["need"][need] for need in NEEDS},
    )
