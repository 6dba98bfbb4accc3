"""What people will see of an update, and what it costs: on a page, and anew while somebody types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from markupsafe import escape
from starlette.datastructures import FormData

from service.database import Transaction
from service.deliveries.costing import TOKEN
from service.notify.guard import Allowed
from service.registrations.words import Channel, Language
from service.schemes.reading import SchemeView, find_scheme, public_list
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.body import LONGEST_TEXT
from service.updates.content import MESSAGES
from service.updates.costs import Cost, Prices, segments
from service.updates.counting import People
from service.updates.wording import text_message
from service.web.staff.chosen_people import count
from service.web.staff.forms import SentForm, text
from service.web.staff.messages import Message, message
from service.web.staff.naming import place, pounds
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug
from service.web.staff.wording import counted
from service.web.staff.written import Written

router: Final = APIRouter(include_in_schema=False)

Writer = Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]
Words = Mapping[str, Any]
"""Texts in the shape of an update's body."""


@dataclass(frozen=True)
class Around:
    """What messages hold beside the words, and what they cost."""

    public_url: str
    telephone: str | None
    """Of the scheme, for letters."""
    prices: Prices


@dataclass(frozen=True)
class Seen:
    """One message as its readers will see it, and how long it is."""

    id: str
    """`email-en`."""
    name: str
    message: Message | None
    """None where it has no words yet."""
    figures: str


async def around(tx: Transaction, here: StaffProcess, scheme: SchemeView) -> Around:
    """What the messages of `scheme` hold beside the words."""
    details = await public_list(tx, scheme.id)
    telephone = Allowed(details.emails, details.phones).telephone
    return Around(here.settings.public_url, telephone, here.prices)


def seen(words: Words, them: Around) -> list[Seen]:
    """Each message, by channel and language, also where it has no words yet."""
    return [_seen(channel, language, words, them) for channel in MESSAGES for language in Language]


def costs(people: People | None, words: Words, them: Around) -> str:
    """What it costs to tell `people`, as far as the deployment says what it pays; nothing for nobody."""
    if people is None or not people.people:
        return ""
    texts, letters = (people.channels.get(channel.value, 0) for channel in (Channel.SMS, Channel.LETTER))
    # Nobody knows yet who is told in which language: the longer text counts.
    parts = max((_segments(language, words, them) for language in Language), default=0)
    sums = [
        *(
            [f"{counted(texts, 'text message', 'text messages')}, each sent as up to {parts}"]
            if texts
            else []
        ),
        *([counted(letters, "letter", "letters")] if letters else []),
    ]
    if not sums:
        return "It costs nothing: emails are free."
    pence = Cost(texts, texts * parts, letters).pence(them.prices)
    price = f"About {pounds(pence)}" if pence is not None else "Nobody has set what they cost"
    return f"{' and '.join(sums)}. {price}; emails are free."


@router.post("/schemes/{scheme}/updates/preview")
async def preview(scheme: Slug, here: Here, staff: Writer, form: SentForm) -> dict[str, str]:
    """What people would see of the form as it is now: HTML by the id of the element that it goes into."""
    async with here.transactions.begin() as tx:
        them = await around(tx, here, await find_scheme(tx, scheme))
    return {
        f"seen-{each.id}": here.pages.part("seen", seen=each)
        for each in seen(Written.of_form(form).words(), them)
    }


@router.post("/schemes/{scheme}/updates/count")
async def count_people(scheme: Slug, here: Here, staff: Writer, form: SentForm) -> dict[str, str]:
    """How many people the form as it is now is for, in the same way."""
    written = Written.of_form(form)
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        them = await around(tx, here, found)
        people = await count(tx, staff, found, written, update_of(form), now=here.clock.now())
    cost = costs(people.people, written.words(), them)
    return {
        "people": here.pages.part("people", people=people, cost=cost),
        "people-said": str(escape(people.said)),
    }


def update_of(form: FormData) -> UUID | None:
    """The update that the form is for; None where it is a new one."""
    try:
        return UUID(text(form, "update"))
    except ValueError:
        return None


def _seen(channel: Channel, language: Language, words: Words, them: Around) -> Seen:
    where = f"{channel.value}.{language.value}"
    written = _of(words, channel, language) or ""
    text = written if isinstance(written, str) else written.get("body", "")
    return Seen(
        id=where.replace(".", "-"),
        name=place(where),
        message=message(channel, language, written, them.telephone) if text else None,
        figures=_length_of_text(language, words, them) if channel is Channel.SMS else _length(text),
    )


def _length(text: str) -> str:
    characters = counted(len(text), "character", "characters")
    return f"{characters}, {counted(len(text.split()), 'word', 'words')}."


def _length_of_text(language: Language, words: Words, them: Around) -> str:
    written, parts = _of(words, Channel.SMS, language) or "", _segments(language, words, them)
    pence = them.prices.segment
    price = f", which costs {float(parts * pence):g}p" if pence is not None else ""
    return (
        f"{len(written):,} of {LONGEST_TEXT} characters. "
        f"With how to leave, it is sent as {counted(parts, 'text', 'texts')}{price}."
    )


def _segments(language: Language, words: Words, them: Around) -> int:
    """How many texts each person's is, with a link as long as their own."""
    written = _of(words, Channel.SMS, language)
    link = f"{them.public_url}/unsubscribe/{TOKEN}"
    return segments(text_message({language: written}, {language: [link]})) if written else 0


def _of(words: Words, channel: Channel, language: Language) -> Any:
    return (words.get(channel.value) or {}).get(language.value)
