"""The questions of registering: one a page, and which of them a person is asked.

An answer is right where `RegistrationForm` takes it, so the pages and the JSON API have one set of rules.
Nobody is asked for what is not used: a name is asked for only where it stands on a letter, or is who to
ask for on the telephone. A postal address is one box for all its lines, as on an envelope: the same for
the UK, for BFPO and for anywhere else, and nobody has to know which box the name of a house goes into.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from pydantic import ValidationError
from starlette.datastructures import FormData

from service.registrations.form import NEEDS, RegistrationForm
from service.registrations.journey import Answers
from service.registrations.words import ContactBy, Format, Kind, Language, Relationship
from service.schemes.reading import SchemeView

ALL: Final = "all"
"""The box that stands for every topic there is."""
TOPICS: Final = "topics"


@dataclass(frozen=True)
class Question:
    """One page of the form, and one field of `RegistrationForm`."""

    page: str
    """Its name in the address of the page, and in the catalogue: `register.PAGE`."""
    field: str
    component: Literal["radios", "checkboxes", "input", "textarea"]
    """What of GOV.UK Frontend asks it."""
    options: tuple[str, ...] = ()
    """What may be chosen. The topics are the scheme's own."""
    asked: Callable[[Answers], bool] = lambda answers: True
    attributes: Mapping[str, object] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """Parameters of the component."""
    rules: tuple[str, ...] = ()
    """Rules that have a sentence of their own; `wrong` stands for the others."""

    def read(self, sent: FormData, scheme: SchemeView) -> str | list[str]:
        """The answer in a form that was sent."""
        if self.component != "checkboxes":
            return str(sent.get(self.field, "")).strip()
        chosen = [str(each) for each in sent.getlist(self.field)]
        if self.field == TOPICS and ALL in chosen:
            return [topic.code for topic in scheme.topics]
        return chosen

    def sentence(self, answer: str | list[str], rule: str) -> str:
        """The key of what is wrong with `answer`, which breaks `rule`."""
        if self.component in ("radios", "checkboxes") or not answer:
            return f"register.{self.page}.missing"
        return f"register.{self.page}.{rule if rule in self.rules else 'wrong'}"


def _of_kind(kind: Kind) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("kind") == kind


def _needed(contact: str) -> Callable[[Answers], bool]:
    return lambda answers: any(NEEDS[way] == contact for way in _ways(answers))


def _name_is_used(answers: Answers) -> bool:
    # An organisation's letters and calls are to the organisation.
    used = not {ContactBy.LETTER, ContactBy.PHONE}.isdisjoint(_ways(answers))
    return used and not _of_kind(Kind.ORGANISATION)(answers)


def _ways(answers: Answers) -> list[ContactBy]:
    chosen = answers.get("contact_by", ())
    return [way for way in ContactBy if way in chosen]


QUESTIONS: Final = (
    Question("who", "kind", "radios", options=tuple(Kind)),
    Question(
        "relationship",
        "relationship",
        "radios",
        options=tuple(Relationship),
        asked=_of_kind(Kind.REPRESENTATIVE),
    ),
    Question(
        "organisation",
        "organisation",
        "input",
        asked=_of_kind(Kind.ORGANISATION),
        attributes={"autocomplete": "organization", "spellcheck": False},
    ),
    Question("how", "contact_by", "checkboxes", options=tuple(ContactBy)),
    Question(
        "email",
        "email",
        "input",
        asked=_needed("email"),
        attributes={"type": "email", "autocomplete": "email", "spellcheck": False},
    ),
    Question(
        "number",
        "mobile",
        "input",
        asked=_needed("mobile"),
        attributes={"type": "tel", "autocomplete": "tel", "classes": "govuk-input--width-20"},
        rules=("not-a-mobile",),
    ),
    Question(
        "name",
        "name",
        "input",
        asked=_name_is_used,
        attributes={"autocomplete": "name", "spellcheck": False},
    ),
    Question(
        "address",
        "postal_address",
        "textarea",
        asked=_needed("postal_address"),
        attributes={"rows": 7, "autocomplete": "street-address", "spellcheck": False},
        rules=("begins-with-a-sign", "no-end", "few-lines", "many-lines", "nowhere", "no-room-for-the-name"),
    ),
    Question("format", "formats", "checkboxes", options=tuple(Format)),
    Question("topics", TOPICS, "checkboxes"),
)

FIRST: Final = QUESTIONS[0]
BY_PAGE: Final = MappingProxyType({question.page: question for question in QUESTIONS})


def asked_of(answers: Answers) -> list[Question]:
    """The questions that whoever gave `answers` is asked, as far as those tell."""
    return [question for question in QUESTIONS if question.asked(answers)]


def needed_of(answers: Answers) -> Answers:
    """`answers` without those to questions that are not asked any more: what is not needed is not kept."""
    fields = {question.field for question in asked_of(answers)}
    return {name: answer for name, answer in answers.items() if name in fields}


def broken_rules(answers: Answers, scheme: SchemeView) -> dict[str, str]:
    """What is wrong with `answers`: the name of the rule that each field breaks."""
    so_far: Answers = {"kind": Kind.INDIVIDUAL, "contact_by": [ContactBy.EMAIL], TOPICS: [ALL]}
    broken: dict[str, str] = {}
    try:
        form_of(so_far | answers, Language.ENGLISH)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            broken.setdefault(str(each["loc"][0]), each["type"])
    if not {topic.code for topic in scheme.topics}.issuperset(answers.get(TOPICS, ())):
        broken[TOPICS] = "unknown"
    return broken


def open_question(answers: Answers, scheme: SchemeView) -> Question | None:
    """The first question that has no answer yet, or a wrong one by now; None where all are answered."""
    broken = broken_rules(answers, scheme)
    for question in asked_of(answers):
        if question.field not in answers or question.field in broken:
            return question
    return None


def form_of(answers: Answers, language: Language, challenge: str | None = None) -> RegistrationForm:
    """What will be dropped into the letterbox. Raises `ValidationError` where an answer is wrong."""
    return RegistrationForm.model_validate(
        answers | {"language": language, "challenge": challenge, "consent": True}
    )
