"""Asking for a list on a page: what for, which people, which columns of them, and how many at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.database import Transaction
from service.exports.columns import CONTACT_COLUMNS
from service.exports.keys import key_in_use
from service.exports.requesting import (
    MOST_ROWS,
    ExportRequest,
    MoreThanTheCap,
    NobodyMeant,
    NotForMessaging,
    count_people,
)
from service.exports.requesting import (
    request as ask_for,
)
from service.registrations.words import Kind, Language
from service.schemes.reading import SchemeView, find_scheme
from service.staff.principal import Staff
from service.staff.references import RULE
from service.staff.roles import Act
from service.updates.body import Audience
from service.web.broken_rules import broken_rules
from service.web.staff.forms import SentForm, chosen, text
from service.web.staff.list_words import CHOICES, COLUMNS
from service.web.staff.naming import KINDS, LANGUAGES
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, allowed
from service.web.staff.schemes import Slug
from service.web.staff.wording import counted

router: Final = APIRouter(include_in_schema=False)

Asker = Annotated[Staff, Depends(allowed(Act.REQUEST_EXPORT))]

ANY_TOPIC: Final = "any"
CAP_RULE: Final = f"Enter how many people it may hold at most, from 1 to {MOST_ROWS:,}"
RULES: Final[Mapping[str, str]] = {
    "purpose": "Select what the list is for",
    "reference": f"Enter the reference of the case or order. {RULE}",
    "kinds": "Select who they are",
    "languages": "Select the languages that they chose",
    "topics": "Select topics, or everybody whatever their topics",
    "columns": "Select the columns that the purpose needs",
    "row_cap": CAP_RULE,
}
"""What to say beside each input, in the order of the page."""
INPUTS: Final[Mapping[str, str]] = {"row_cap": "row-cap"}
"""The id of an input, where it is not its name."""


@dataclass(frozen=True)
class Asked:
    """What stands in the form, as it was typed."""

    purpose: str = ""
    reference: str = ""
    row_cap: str = ""
    columns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = tuple(Kind)
    languages: tuple[str, ...] = tuple(Language)
    topics: tuple[str, ...] = (ANY_TOPIC,)

    @classmethod
    def of(cls, form: FormData) -> "Asked":
        return cls(
            purpose=text(form, "purpose"),
            reference=text(form, "reference"),
            row_cap=text(form, "row_cap"),
            columns=tuple(chosen(form, "columns")),
            kinds=tuple(chosen(form, "kinds")),
            languages=tuple(chosen(form, "languages")),
            topics=tuple(chosen(form, "topics")),
        )

    def filter(self) -> dict[str, Any]:
        """Whom it means, as an audience: all topics is no topic named."""
        rule: dict[str, Any] = {"kinds": self.kinds, "languages": self.languages}
        return rule if self.topics == (ANY_TOPIC,) else {**rule, "topics": self.topics}

    def body(self) -> dict[str, Any]:
        """The body of the same request to the JSON API."""
        cap = self.row_cap.replace(",", "")
        return {
            "purpose": self.purpose,
            "reference": self.reference,
            "columns": self.columns,
            "filter": self.filter(),
            "row_cap": int(cap) if cap.isascii() and cap.isdigit() and len(cap) < 10 else 0,
        }


@router.get("/lists/new/{slug}")
async def page(request: Request, slug: Slug, here: Here, staff: Asker) -> Response:
    """The form."""
    return await _page(request, here, staff, slug, Asked())


@router.post("/lists/new/{slug}")
async def send(request: Request, slug: Slug, here: Here, staff: Asker, form: SentForm) -> Response:
    """Count the people; or ask for the list, about which somebody else decides."""
    asked = Asked.of(form)
    if text(form, "do") == "count":
        return await _page(request, here, staff, slug, asked, count=True)
    try:
        wanted = ExportRequest.model_validate(asked.body())
        if ANY_TOPIC in asked.topics and len(asked.topics) > 1:
            return await _page(request, here, staff, slug, asked, errors=(("topics", RULES["topics"]),))
        async with here.transactions.begin() as tx:
            scheme = await find_scheme(tx, slug)
            export = await ask_for(tx, staff, scheme, wanted, now=here.clock.now())
    except ValidationError as error:
        return await _page(request, here, staff, slug, asked, errors=_errors(error))
    except NotForMessaging as error:
        return await _page(request, here, staff, slug, asked, errors=(("purpose", error.message),))
    except MoreThanTheCap as error:
        return await _page(
            request, here, staff, slug, asked, count=True, errors=(("row-cap", error.message),)
        )
    except NobodyMeant as error:
        return await _page(request, here, staff, slug, asked, errors=(("kinds", error.message),))
    return go_to(f"/lists/{export.id}")


async def _page(
    request: Request,
    here: StaffProcess,
    staff: Staff,
    slug: str,
    asked: Asked,
    *,
    count: bool = False,
    errors: Errors = (),
) -> Response:
    async with here.transactions.begin() as tx:
        scheme = await find_scheme(tx, slug)
        key = await key_in_use(tx, staff.subject)
        meant = await _counted(tx, scheme, asked) if count else None
    return here.pages.show(
        request,
        "list_request",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        slug=slug,
        scheme=scheme.name["en"],
        fingerprint=key.fingerprint if key is not None else None,
        asked=asked,
        meant=meant,
        purposes=CHOICES,
        columns=[(column.value, words, column in CONTACT_COLUMNS) for column, words in COLUMNS.items()],
        kinds=[{"value": kind.value, "text": words} for kind, words in KINDS.items()],
        languages=[{"value": language.value, "text": words} for language, words in LANGUAGES.items()],
        topics=[{"value": topic.code, "text": topic.en} for topic in scheme.topics],
        may_write=staff.may(Act.DRAFT_UPDATE),
    )


async def _counted(tx: Transaction, scheme: SchemeView, asked: Asked) -> str:
    try:
        rule = Audience.model_validate(asked.filter()).rule()
    except ValidationError:
        return "Nobody is chosen yet."
    people = await count_people(tx, scheme.id, rule)
    return f"{counted(people, 'person is', 'people are')} meant now."


def _errors(error: ValidationError) -> Errors:
    """What is wrong, said in the page's words: each input once, in the order of the page."""
    broken = {
        part
        for rule in broken_rules(error.errors(include_url=False, include_input=False))
        for part in rule.field.split(".")
    }
    return tuple((INPUTS.get(name, name), words) for name, words in RULES.items() if name in broken)
