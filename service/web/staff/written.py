"""The form of an update: what stands in it, and the draft that it means.

A form is kept as it was typed until it can be read, so that nothing that somebody typed is lost. What cannot
be read is a date that no calendar has, a number that nobody is registered under, or more than fits; whatever
else is half-written is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from service.clock import LONDON
from service.errors import Invalid
from service.registrations.words import Kind, Language
from service.updates.body import UpdateDraft
from service.updates.content import Content, body_of
from service.updates.scheduling import HourComesTwice, Which, moment_in_london
from service.web.broken_rules import broken_rules
from service.web.staff.forms import chosen, text
from service.web.staff.pages import Errors
from service.web.staff.places import TEXTS, input_of, named
from service.web.staff.reading_times import NoSuchTime, read_date, read_time

SINGLE: Final = (
    *TEXTS,
    "who",
    "numbers",
    "list-from",
    "reached-by",
    "imported-in",
    "when",
    "send-at-day",
    "send-at-month",
    "send-at-year",
    "send-at-time",
    "which",
    "answers",
    "reply-to",
    "publish",
)
"""Inputs of one value, in the order of the page."""
SEVERAL: Final = ("kinds", "languages", "topics")
"""What is ticked."""
ORDER: Final = tuple({**dict.fromkeys((*TEXTS, "who", *SEVERAL)), **dict.fromkeys(SINGLE)})
"""All of them in the order of the page, in which errors are said."""

RULE, LISTED, REACHED, IMPORTED = "rule", "listed", "reached", "imported"
ANY_TOPIC: Final = "any"
NOW, AT, ON_WORD = "now", "at", "word"


class NotTaken(Exception):
    """What was typed cannot be kept as a draft. `errors` go beside the inputs."""

    def __init__(self, errors: Errors) -> None:
        super().__init__()
        self.errors = errors


@dataclass(frozen=True)
class Written:
    """What stands in the form of an update, as it was typed."""

    said: Mapping[str, str]
    """By the name of its input, each of `SINGLE`."""
    ticked: Mapping[str, tuple[str, ...]]

    @classmethod
    def blank(cls) -> Self:
        """For everybody, in both languages, at once, in the archive."""
        preset = {"who": RULE, "when": NOW, "answers": "scheme", "publish": "yes"}
        ticked = {"kinds": tuple(Kind), "languages": tuple(Language), "topics": (ANY_TOPIC,)}
        return cls({name: preset.get(name, "") for name in SINGLE}, ticked)

    @classmethod
    def of_form(cls, form: FormData) -> Self:
        """As it was sent."""
        return cls(
            {name: text(form, name) for name in SINGLE}, {name: tuple(chosen(form, name)) for name in SEVERAL}
        )

    @classmethod
    def of_content(cls, content: Content, *, version: int) -> Self:
        """What `version` of an update holds, to be changed."""
        body = body_of(content)
        rule = body["audience"]
        said = {
            **cls.blank().said,
            **{name: _text_at(body, place) for name, place in TEXTS.items()},
            "who": _who(rule),
            "list-from": str(version) if "registrations" in rule else "",
            "reached-by": rule.get("reached_by", ""),
            "imported-in": rule.get("imported_in", ""),
            **_when(body),
            "answers": "other" if body["reply_to"] else "scheme",
            "reply-to": body["reply_to"] or "",
            "publish": "yes" if body["publish"] else "no",
        }
        # What a rule does not say means all; a list of people has none of these.
        everybody = cls.blank().ticked if said["who"] == RULE else {}
        return cls(said, {name: tuple(rule.get(name, everybody.get(name, ()))) for name in SEVERAL})

    def draft(self, listed: tuple[UUID, ...] = ()) -> UpdateDraft:
        """The draft that it means. `listed`: whom its list names. Raises `NotTaken`."""
        errors: list[tuple[str, str]] = []
        body: dict[str, Any] = {
            **self.words(),
            "audience": self.audience(listed),
            "reply_to": self.said["reply-to"] if self.said["answers"] == "other" else None,
            "publish": self.said["publish"] == "yes",
            "on_word": self.said["when"] == ON_WORD,
        }
        if self.said["when"] == AT:
            try:
                body["send_at"] = self.moment()
            except NoSuchTime as error:
                errors.append((error.input, str(error)))
            except HourComesTwice as error:
                errors.append(("which", next(iter(error.fields.values()))))
            except Invalid as error:
                errors.append(("send-at-time", next(iter(error.fields.values()))))
        if self.said["who"] == RULE and ANY_TOPIC in self.ticked["topics"] and len(self.ticked["topics"]) > 1:
            errors.append(("topics", "Choose topics, or everybody whatever their topics, not both"))
        if self.said["answers"] == "other" and not self.said["reply-to"]:
            errors.append(("reply-to", "Enter the id of the reply address"))
            body["reply_to"] = None
        try:
            draft = UpdateDraft.model_validate(body)
        except ValidationError as error:
            rules = broken_rules(error.errors(include_url=False, include_input=False))
            errors += [(input_of(each.field), f"{named(each.field)}: {each.rule}") for each in rules]
        if errors:
            raise NotTaken(tuple(sorted(errors, key=lambda error: ORDER.index(error[0]))))
        return draft

    def words(self) -> dict[str, Any]:
        """Its texts in the shape of an update's body."""
        body: dict[str, Any] = {}
        for name, place in TEXTS.items():
            *above, last = place.split(".")
            inner = body
            for part in above:
                inner = inner.setdefault(part, {})
            inner[last] = self.said[name]
        return body

    def audience(self, listed: tuple[UUID, ...]) -> dict[str, Any]:
        """Whom it is for, in the shape of an update's body."""
        match self.said["who"]:
            case "listed":
                return {"registrations": list(listed)}
            case "reached":
                return {"reached_by": self.said["reached-by"]}
            case "imported":
                return {"imported_in": self.said["imported-in"]}
            case _:
                return {name: self.ticked[name] for name in SEVERAL if ANY_TOPIC not in self.ticked[name]}

    def moment(self) -> datetime:
        """The moment at which clocks in London show what was typed, in UTC.

        Raises `NoSuchTime`, `NoSuchHour`, `HourComesTwice`.
        """
        day = read_date(*(self.said[f"send-at-{part}"] for part in ("day", "month", "year")))
        at = read_time(self.said["send-at-time"])
        which = Which(self.said["which"]) if self.said["which"] in set(Which) else None
        return moment_in_london(day, at, which)


def _text_at(body: Mapping[str, Any], place: str) -> str:
    found: Any = body
    for part in place.split("."):
        found = (found or {}).get(part)
    return str(found or "")


def _who(rule: Mapping[str, Any]) -> str:
    if "registrations" in rule:
        return LISTED
    if "imported_in" in rule:
        return IMPORTED
    return REACHED if "reached_by" in rule else RULE


def _when(body: Mapping[str, Any]) -> dict[str, str]:
    if body.get("on_word"):
        return {"when": ON_WORD}
    if body["send_at"] is None:
        return {"when": NOW}
    local = datetime.fromisoformat(body["send_at"]).astimezone(LONDON)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return {
        "when": AT,
        "send-at-day": str(local.day),
        "send-at-month": str(local.month),
        "send-at-year": str(local.year),
        "send-at-time": f"{local:%H:%M}",
        "which": (Which.SECOND if local.fold else Which.FIRST).value if twice else "",
    }
