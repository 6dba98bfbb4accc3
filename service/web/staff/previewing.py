"""What people will see of an update, and what it costs: on a page, and anew while somebody types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from markupsafe import Markup, escape
from starlette.datastructures import FormData

from service.database import Transaction
from service.deliveries.costing import TOKEN
from service.notify.guard import Allowed
from service.registrations.words import Channel, Language
from service.schemes.reading import SchemeView, find_scheme, public_list
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.body import LONGEST_TEXT
from service.updates.costs import Cost, Prices, segments
from service.updates.counting import People
from service.updates.showing import as_html
from service.updates.wording import BETWEEN_LANGUAGES, leaving_a_letter, leaving_words, text_message
from service.web.staff.chosen_people import count
from service.web.staff.forms import SentForm, text
from service.web.staff.places import NAMES
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.updates import Slug
from service.web.staff.wording import counted, money
from service.web.staff.written import Written

router: Final = APIRouter(include_in_schema=False)

Writer = Annotated[Staff, Depends(allowed(Act.DRAFT_UPDATE))]
Words = Mapping[str, Any]
"""Texts in the shape of an update's body."""


@dataclass(frozen=True)
class Around:
    """What messages hold beside the words."""

    public_url: str
    telephone: str | None
    """Of the scheme, for letters."""
    prices: Prices

    @property
    def link(self) -> str:
        """In the place of each person's own link, and as long."""
        return f"{self.public_url}/unsubscribe/{TOKEN}"


@dataclass(frozen=True)
class Seen:
    """One message as its readers will see it, with what the service adds."""

    id: str
    """`email-en`."""
    name: str
    language: str
    heading: str
    """A subject, or the heading of a letter; a text has none."""
    html: Markup | None
    """None where there are no words yet."""
    figures: str


async def around(tx: Transaction, here: StaffProcess, scheme: SchemeView) -> Around:
    """What the messages of `scheme` hold beside the words."""
    details = await public_list(tx, scheme.id)
    telephone = Allowed(details.emails, details.phones).telephone
    return Around(here.settings.public_url, telephone, here.prices)


def seen(words: Words, them: Around) -> list[Seen]:
    """Each message, by channel and language, also where it has no words yet."""
    return [
        *(_email(language, words, them) for language in Language),
        *(_text(language, words, them) for language in Language),
        *(_letter(language, words, them) for language in Language),
    ]


def costs(people: People, words: Words, them: Around) -> str:
    """What it costs to tell `people`, as far as the deployment says what it pays. Emails cost nothing."""
    texts, letters = (people.channels.get(channel.value, 0) for channel in (Channel.SMS, Channel.LETTER))
    # Nobody knows yet who is told in which language: the longer text counts.
    parts = max((_segments(language, words, them) for language in Language), default=0)
    sums = [
        *([f"{counted(texts, 'text message', 'text messages')} of up to {parts}"] if texts else []),
        *([counted(letters, "letter", "letters")] if letters else []),
    ]
    if not sums:
        return "It costs nothing: emails are free."
    pence = Cost(texts, texts * parts, letters).pence(them.prices)
    price = f"about {money(pence)}" if pence is not None else "nobody has set what they cost"
    return f"{' and '.join(sums)}: {price}. Emails are free."


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
    cost = costs(people.people, written.words(), them) if people.people else ""
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


def _email(language: Language, words: Words, them: Around) -> Seen:
    written = _of(words, Channel.EMAIL, language) or {}
    body = written.get("body", "")
    whole = f"{body.rstrip()}{BETWEEN_LANGUAGES}{leaving_words(language, [them.link])}"
    return _seen(Channel.EMAIL, language, written.get("subject", ""), as_html(whole) if body else None, body)


def _letter(language: Language, words: Words, them: Around) -> Seen:
    written = _of(words, Channel.LETTER, language) or {}
    body = written.get("body", "")
    whole = f"{body.rstrip()}\n\n{leaving_a_letter(language, them.telephone, [them.link])}"
    return _seen(Channel.LETTER, language, written.get("heading", ""), as_html(whole) if body else None, body)


def _text(language: Language, words: Words, them: Around) -> Seen:
    written = _of(words, Channel.SMS, language) or ""
    if not written:
        return _seen(Channel.SMS, language, "", None, "")
    whole = text_message({language: written}, {language: [them.link]})
    parts = segments(whole)
    pence = them.prices.segment
    price = f", which costs {money(parts * pence)}" if pence is not None else ""
    figures = (
        f"{len(written):,} of {LONGEST_TEXT} characters. "
        f"With how to leave, it is sent as {counted(parts, 'text', 'texts')}{price}."
    )
    html = Markup('<p class="govuk-body kept-as-typed">{}</p>').format(whole)
    return Seen(**_named(Channel.SMS, language), heading="", html=html, figures=figures)


def _segments(language: Language, words: Words, them: Around) -> int:
    written = _of(words, Channel.SMS, language)
    return segments(text_message({language: written}, {language: [them.link]})) if written else 0


def _seen(channel: Channel, language: Language, heading: str, html: Markup | None, body: str) -> Seen:
    characters = counted(len(body), "character", "characters")
    figures = f"{characters}, {counted(len(body.split()), 'word', 'words')}."
    return Seen(**_named(channel, language), heading=heading, html=html, figures=figures)


def _named(channel: Channel, language: Language) -> dict[str, str]:
    place = f"{channel.value}.{language.value}"
    return {"id": place.replace(".", "-"), "name": NAMES[place], "language": language.value}


def _of(words: Words, channel: Channel, language: Language) -> Any:
    return (words.get(channel.value) or {}).get(language.value)
