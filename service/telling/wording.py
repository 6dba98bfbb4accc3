"""What staff are told: that something of a kind waits, since when, and where to look. In English, as their pages.

Never a title, a word or a number of what it is about: an inbox is outside the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from service.telling.tables import MatterKind


@dataclass(frozen=True)
class Told:
    """One message to one member of staff."""

    subject: str
    body: str
    link: str


@dataclass(frozen=True)
class _Words:
    subject: str
    happened: str
    """Takes `since`."""
    act: str
    page: str
    """Below the staff host. Takes `id`."""


WORDS: Final[Mapping[MatterKind, _Words]] = {
    MatterKind.UPDATE_WAITS: _Words(
        subject="An update waits for your approval",
        happened="An update has been waiting for an approval since {since}.",
        act="Nothing of it leaves before a senior person who is not its author has approved it.",
        page="updates/{id}",
    ),
    MatterKind.UPDATE_HALTED: _Words(
        subject="An update has stopped",
        happened="An update has stopped. It was found to have stopped on {since}.",
        act="Those who were not written to yet wait until a senior person lets it go on. Its page says why it stopped.",
        page="updates/{id}",
    ),
    MatterKind.INCIDENT_OPENED: _Words(
        subject="Something has happened that you must look into",
        happened="An incident was opened. It was found on {since}.",
        act=(
            "There may be more than one. If people’s details may have been seen by somebody else, "
            "72 hours from when it was noticed is the time for telling the regulator. Until incidents have pages "
            "of their own, an operator reads them with `kept incident list`."
        ),
        page="",
    ),
}
STILL: Final = "Still: "
AGAIN: Final = "It has waited for some time, and it seems that nobody has acted."
WHY: Final = (
    "You get this because of your role in Kept Informed. When you are away, name somebody there who is told "
    "instead of you."
)


def told(kind: MatterKind, object_id: UUID, *, since: datetime, step: int, staff_url: str) -> Told:
    """The message of one step. `step` above 0: it was told before."""
    words = WORDS[kind]
    link = f"{staff_url}/{words.page.format(id=object_id)}"
    paragraphs = [words.happened.format(since=_moment(since)), *([AGAIN] if step else ()), link, words.act]
    return Told(
        subject=f"{STILL if step else ''}{words.subject}",
        body="\n\n".join([*paragraphs, "---", WHY]),
        link=link,
    )


def _moment(when: datetime) -> str:
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y} at {when:%H:%M} UTC"
