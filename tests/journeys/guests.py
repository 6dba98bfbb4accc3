"""Arbitrary people who register, and arbitrary words that name nobody."""

import itertools
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from service.notify.addresses import email_address
from service.notify.details import find_details
from tests.harness.people import BODY

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,9}"
DOMAINS = [
    "example.com",
    "Example.ORG",
    "mail.example.net",
    "bücher.example.com",
    "advice-centre.example.co.uk",
]
NASTY = [
    "((name))",
    "((subject))",
    "[x](https://evil.example)",
    "# Big",
    "\u202eesrever",
    "**bold**",
    "0" * 60,
]


numbers = itertools.count(1)
texts = st.text(max_size=60).map(lambda text: text.replace("\0", ""))


@dataclass(frozen=True)
class Guest:
    """Somebody who registers. `mark` is in their address and names, and nobody else's."""

    mark: str
    local: str
    before: bool
    domain: str
    mobile: str
    form: dict[str, Any]

    @property
    def typed(self) -> str:
        joined = f"{self.mark}{self.local}" if self.before else f"{self.local}+{self.mark}"
        return f"{joined}@{self.domain}"

    @property
    def address(self) -> str:
        """As it is written to, in lower case, which is the stand-in's name for it."""
        return email_address(self.typed).as_typed.lower()


def mark() -> str:
    """Five letters that no other guest of this process has, and no word has either."""
    number, letters = next(numbers), ""
    for _ in range(3):
        number, rest = divmod(number, 26)
        letters += chr(ord("a") + rest)
    return f"zq{letters}"


@st.composite
def guests(draw: st.DrawFn) -> list[Guest]:
    """Two to six people; names hold markdown, right-to-left marks, and each other's addresses."""
    chosen = draw(st.lists(st.integers(0, 999), min_size=2, max_size=6, unique=True))
    people: list[Guest] = []
    for number in chosen:
        kind = draw(st.sampled_from(["individual", "organisation", "representative"]))
        local = draw(
            st.from_regex(rf"{ATOM}(\.{ATOM}){{0,2}}", fullmatch=True)
            | st.sampled_from(["o'brien", "anne-marie.o"])
        )
        mobile = f"07700 900{number:03}"
        named = [*NASTY, *(each.typed for each in people), *(each.mobile for each in people)]
        person_mark = mark()
        form = {
            "kind": kind,
            "language": draw(st.sampled_from(["en", "cy"])),
            "name": f"{draw(texts | st.sampled_from(named))} Na{person_mark}"[-200:],
            "organisation": f"{draw(texts | st.sampled_from(named))} Or{person_mark}"[-200:],
            "mobile": mobile,
            "contact_by": draw(st.sampled_from([["email"], ["email", "phone"], ["phone", "email"]])),
            "relationship": "family" if kind == "representative" else None,
        }
        people.append(
            Guest(person_mark, local, draw(st.booleans()), draw(st.sampled_from(DOMAINS)), mobile, form)
        )
    return people


subjects = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60)
bodies = st.text(min_size=1, max_size=300) | st.lists(st.sampled_from([*NASTY, "Words.", "\n\n", "* a"])).map(
    "\n".join
)


@st.composite
def words(draw: st.DrawFn) -> dict[str, Any]:
    """An update's words in both languages, that name nobody."""
    email = {}
    for language in ("en", "cy"):
        subject, body = draw(subjects), draw(bodies).replace("\0", "")
        assume(subject.strip() and body.strip() and len(subject.splitlines()) == 1)
        email[language] = {"subject": f"{language} {subject}", "body": body}
        assume(not any(find_details(text) for text in (email[language]["subject"], body)))
    return {**BODY, "email": email}
