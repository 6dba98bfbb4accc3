"""Whom the form of an update means, and how many they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from service.database import Transaction
from service.errors import Invalid
from service.registrations.numbers import find_numbers
from service.registrations.words import Channel
from service.schemes.reading import SchemeView
from service.staff.principal import Staff
from service.updates.body import Audience
from service.updates.content import MESSAGES
from service.updates.counting import People, count_rule
from service.updates.history import version_of
from service.updates.reading import get_update
from service.web.staff.naming import CHANNELS, KINDS, LANGUAGES, NEEDS
from service.web.staff.wording import counted
from service.web.staff.written import LISTED, NotTaken, Written


@dataclass(frozen=True)
class Counted:
    """How many people an update is for, as a page says it."""

    people: People | None
    """None where nobody is chosen, or it cannot be read who."""
    said: str
    """`1,598 people would get it now.`"""
    parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """What they are counted by: its name, then words and figures."""


async def listed(
    tx: Transaction, staff: Staff, scheme: SchemeView, written: Written, update: UUID | None
) -> tuple[UUID, ...]:
    """The registrations on its list: those whose numbers were typed, else those that a version had.

    Raises `NotTaken` for numbers that are nobody's.
    """
    if written.said["who"] != LISTED:
        return ()
    if not written.said["numbers"]:
        return await _kept_list(tx, written, update)
    try:
        found = await find_numbers(tx, staff, scheme.id, written.said["numbers"])
    except Invalid as error:
        raise NotTaken(tuple(("numbers", f"The list: {rule}") for rule in error.fields.values())) from None
    if found.unknown:
        lines = ", ".join(str(line) for line in found.unknown)
        words = "line" if len(found.unknown) == 1 else "lines"
        raise NotTaken((("numbers", f"Nobody is registered under the number on {words} {lines}"),))
    return found.registrations


async def _kept_list(tx: Transaction, written: Written, update: UUID | None) -> tuple[UUID, ...]:
    version = written.said["list-from"]
    if update is None or not version.isascii() or not version.isdigit() or len(version) > 9:
        return ()
    content = (await version_of(tx, await get_update(tx, update), int(version))).content
    return tuple(UUID(each) for each in content["audience"].get("registrations", ()))


async def count(
    tx: Transaction,
    staff: Staff,
    scheme: SchemeView,
    written: Written,
    update: UUID | None,
    *,
    now: datetime,
) -> Counted:
    """How many people would be told now, by what they are."""
    try:
        people = await listed(tx, staff, scheme, written, update)
        chosen = Audience.model_validate(written.audience(people))
    except NotTaken as error:
        return Counted(None, "; ".join(words for _, words in error.errors) + ".")
    except ValidationError:
        return Counted(None, "Nobody is chosen yet.")
    words = written.words()
    channels = [
        channel
        for channel in MESSAGES
        if channel is Channel.EMAIL or any(_has_words(each) for each in words[channel.value].values())
    ]
    return shown(await count_rule(tx, scheme.id, chosen.rule(), channels, now=now), scheme)


def shown(people: People, scheme: SchemeView) -> Counted:
    """`people` in words and figures."""
    topics = {topic.code: topic.en for topic in scheme.topics}
    by = (
        ("Who they are", _values(KINDS), people.kinds),
        ("Language", _values(LANGUAGES), people.languages),
        ("Topics", topics, people.topics),
        ("Told by", _values(CHANNELS), people.channels),
        ("Need besides", _values(NEEDS), people.needs),
    )
    return Counted(
        people,
        f"{counted(people.people, 'person', 'people')} would be told now.",
        tuple(
            (name, rows)
            for name, words, figures in by
            if (rows := tuple((words[key], f"{figures[key]:,}") for key in words if figures.get(key)))
        ),
    )


def _values(names: Mapping[Any, str]) -> dict[str, str]:
    return {each.value: words for each, words in names.items()}


def _has_words(each: str | Mapping[str, str]) -> bool:
    return bool(each if isinstance(each, str) else "".join(each.values()))
