"""What an approver reads: the words, what changed, the people, the cost, the findings and the window."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from service.database import Transaction
from service.deliveries.costing import by_channel, cost
from service.deliveries.fulfilling import needed
from service.deliveries.tables import Need
from service.notify import guard
from service.schemes.reading import SchemeView, get_scheme, public_list
from service.updates.content import Content, send_time, waits_for_word
from service.updates.costs import Cost
from service.updates.counting import People, count_frozen
from service.updates.differences import Piece, Pieces
from service.updates.drafting import current_version
from service.updates.history import Changed, changed_since, version_of
from service.updates.reasons import findings_of
from service.updates.tables import Update, UpdateVersion
from service.web.staff.messages import messages
from service.web.staff.naming import CHANNELS, KINDS, LANGUAGES, NEEDS, in_london, place, pounds
from service.web.staff.process import StaffProcess
from service.web.staff.rows import counts
from service.web.staff.wording import counted, moment

LONGEST_SAME: Final = 240
"""Characters of what did not change that stand between two changes. The words follow in full."""

OTHER_CHANGES: Final = {
    "audience": "Who it is for",
    "window": "When it leaves",
    "channels": "How people are told",
    "reply_to": "Where answers go",
    "publish": "Whether it is shown in the archive",
    "templates": "GOV.UK Notify’s template, or its version",
}


@dataclass(frozen=True)
class Read:
    """One update as a page shows it."""

    version: UpdateVersion
    scheme: SchemeView
    shown: dict[str, Any]
    """The values of the page."""


async def read_words(tx: Transaction, here: StaffProcess, update: Update) -> Read:
    """What it says, and when it leaves."""
    version = await current_version(tx, update)
    scheme = await get_scheme(tx, update.scheme_id)
    listed = await public_list(tx, update.scheme_id)
    telephone = guard.Allowed(listed.emails, listed.phones).telephone
    shown = {
        "id": str(update.id),
        "title": version.content["title"],
        "scheme": scheme.name["en"],
        "messages": messages(version.content, telephone=telephone),
        "leaves": leaves(version.content, here),
        "hours": _hours(scheme),
        "published": bool(version.content.get("publish")),
    }
    return Read(version, scheme, shown)


async def read_whole(tx: Transaction, here: StaffProcess, update: Update) -> Read:
    """Everything of it that its approver has to see."""
    words = await read_words(tx, here, update)
    version, scheme = words.version, words.scheme
    changed = await changed_since(tx, update)
    since = (await version_of(tx, update, changed.since)).edited_at if changed else update.created_at
    people, joined = await count_frozen(tx, update, since=since)
    by = await by_channel(tx, update)
    costs = await cost(tx, update.id, version.content, by, public_url=here.settings.public_url)
    needs = await needed(tx, update)
    shown = words.shown | {
        "planned": update.planned,
        "people": people.people,
        "joined": joined,
        "joined_since": moment(since),
        "by_channel": counts((CHANNELS[channel], count) for channel, count in by.items() if count),
        "tables": _tables(people, scheme),
        "needs": counts((NEEDS[Need(need)], count) for need, count in needs.items() if count),
        "cost": cost_in_words(costs, here),
        "changed": changes(changed) if changed else None,
        "findings": [
            {**finding.as_json(), "place": place(finding.where)}
            for finding in await findings_of(tx, update, version)
        ],
    }
    return Read(version, scheme, shown)


def changes(changed: Changed) -> dict[str, Any]:
    """What changed since a version: each text in pieces, and the names of what else did."""
    return {
        "since": changed.since,
        "texts": [(place(each.where), shortened(each.pieces)) for each in changed.differences.texts],
        "others": [words for name, words in OTHER_CHANGES.items() if getattr(changed.differences, name)],
    }


def shortened(pieces: Pieces) -> Pieces:
    """The same, where long stretches that did not change are left out in their middle."""
    return tuple(
        (kind, _ends(text) if kind is Piece.SAME and len(text) > LONGEST_SAME else text)
        for kind, text in pieces
    )


def leaves(content: Content, here: StaffProcess) -> str:
    """When it leaves once it is approved, as a sentence."""
    window = here.hold_window_of(urgent=False)
    minutes = duration_of(window)
    if waits_for_word(content):
        return f"When somebody gives the word after it was approved, and no earlier than {minutes} after it."
    if (at := send_time(content)) is not None:
        return f"On {in_london(at)}, and no earlier than {minutes} after it was approved."
    if not window:
        return "As soon as it is approved."
    return f"{minutes.capitalize()} after it was approved."


def urgently(here: StaffProcess) -> str:
    """When it leaves where its approver says that it cannot wait."""
    window = here.hold_window_of(urgent=True)
    when = (
        f"{duration_of(window).capitalize()} after you approve it" if window else "As soon as you approve it"
    )
    return f"{when}, at any hour of the day"


def duration_of(window: timedelta) -> str:
    """`15 minutes`, `90 seconds`."""
    seconds = int(window.total_seconds())
    if seconds % 60 == 0:
        return counted(seconds // 60, "minute", "minutes")
    return counted(seconds, "second", "seconds")


def cost_in_words(costs: Cost, here: StaffProcess) -> str:
    """What texts and letters come to; emails cost nothing."""
    if not costs.texts and not costs.letters:
        return "Nothing: emails are free."
    parts = []
    if costs.texts:
        texts = counted(costs.texts, "text message", "text messages")
        parts.append(f"{texts} in {counted(costs.segments, 'part', 'parts')}")
    if costs.letters:
        parts.append(counted(costs.letters, "letter", "letters"))
    pence = costs.pence(here.prices)
    said = " and ".join(parts)
    return f"{said}: {pounds(pence)}." if pence is not None else f"{said}. Nobody has set what these cost."


def _hours(scheme: SchemeView) -> str:
    hours = scheme.about.hours
    anytime = hours.begins == hours.ends
    return "Updates of this scheme leave at " + ("any hour" if anytime else f"these hours: {hours}")


def _tables(people: People, scheme: SchemeView) -> list[tuple[str, list[Any]]]:
    topics = {topic.code: topic.en for topic in scheme.topics}
    return [
        ("By kind", _named(people.kinds, {kind.value: words for kind, words in KINDS.items()})),
        ("By language", _named(people.languages, {each.value: words for each, words in LANGUAGES.items()})),
        (
            "By how they are told",
            _named(people.channels, {each.value: words for each, words in CHANNELS.items()}),
        ),
        ("By topic (one person may have several)", _named(people.topics, topics)),
    ]


def _named(found: Mapping[str, int], names: Mapping[str, str]) -> list[Any]:
    return counts((words, found[name]) for name, words in names.items() if found.get(name))


def _ends(text: str) -> str:
    half = LONGEST_SAME // 2
    first, last = text[:half], text[-half:]
    return f"{first.rpartition(' ')[0] or first} … {last.partition(' ')[2] or last}"
