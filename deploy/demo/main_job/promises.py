"""The promises, checked from outside: by what lies in the inboxes, not by what the service says."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deploy.demo.main_job.inboxes import Message, by_inbox
from deploy.demo.main_job.publishing import OPEN, Published
from deploy.demo.main_job.registering import Person, Registered
from deploy.demo.main_job.words import UpdateFile

AN_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:]+@[^\s<>()\[\]\",;:]+")


@dataclass(frozen=True, slots=True)
class Promise:
    """A sentence, and why it did not hold; nothing where it did."""

    sentence: str
    broken: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """The messages of one update, as they lie in the inboxes."""

    exactly_one: int
    """People of the file whom it was for and who have one message, in their language."""
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the promises are judged by."""

    registered: Registered
    update: UpdateFile
    published: Published
    inboxes: Mapping[str, Sequence[Message]]
    """The messages of this update."""
    known_before: frozenset[str]
    """Inboxes of people who were there before the file."""

    def meant(self) -> list[Person]:
        """Those who must have it. Of people who were known before it is not known what they chose."""
        return [
            person
            for person in self.registered.people.values()
            if person.confirmed and not person.known_before and self.update.is_for(person.row.form)
        ]


def count(
    arrived: Sequence[Message],
    registered: Registered,
    update: UpdateFile,
    published: Published,
    *,
    known_before: frozenset[str],
) -> Counted:
    """Judge every promise by what has arrived since the update was drafted."""
    subjects = update.all_subjects()
    ours = by_inbox(message for message in arrived if message.subject in subjects)
    evidence = Evidence(registered, update, published, ours, known_before)
    promises = [Promise(sentence, judge(evidence)) for sentence, judge in PROMISES.items()]
    return Counted(sum(_has_one(evidence, person) for person in evidence.meant()), promises)


def _one_each(evidence: Evidence) -> str | None:
    meant = evidence.meant()
    without = [person.row.line for person in meant if not evidence.inboxes.get(person.row.inbox)]
    several = [
        person.row.line
        for person in evidence.registered.people.values()
        if len(evidence.inboxes.get(person.row.inbox, ())) > 1
    ]
    wrong = [
        person.row.line
        for person in meant
        if len(evidence.inboxes.get(person.row.inbox, ())) == 1 and not _has_one(evidence, person)
    ]
    return _joined(
        _lines("without a message", without),
        _lines("with more than one", several),
        _lines("with one in another language", wrong),
    )


def _nobody_else(evidence: Evidence) -> str | None:
    mine = {person.row.inbox: person for person in evidence.registered.people.values()}
    meant = {person.row.inbox for person in evidence.meant()}
    strangers = [name for name in evidence.inboxes if name not in mine and name not in evidence.known_before]
    told = [
        person.row.line
        for inbox, person in mine.items()
        if inbox in evidence.inboxes and inbox not in meant and not person.known_before
    ]
    return _joined(
        f"inboxes of nobody in the file: {len(strangers)}" if strangers else None,
        _lines("told without being in its audience, or without having confirmed", told),
    )


def _no_others_address(evidence: Evidence) -> str | None:
    everybody = {*evidence.registered.people, *evidence.known_before}
    telling = 0
    for inbox, messages in evidence.inboxes.items():
        for message in messages:
            text = f"{message.subject}\n{message.body}"
            found = {each.strip(".'").lower() for each in AN_ADDRESS.findall(text)}
            telling += bool((found & everybody) - {inbox})
    return f"messages that hold one: {telling}" if telling else None


def _same_answer(evidence: Evidence) -> str | None:
    different = len(evidence.registered.answers)
    return f"there were {different} different answers" if different > 1 else None


def _not_by_its_author(evidence: Evidence) -> str | None:
    return "they were not" if evidence.published.author_was_refused is False else None


def _ledger(evidence: Evidence) -> str | None:
    shown = evidence.published.shown
    outcomes, planned = shown["outcomes"], shown["planned"]
    reached = len(evidence.inboxes)
    still_open = sum(outcomes[name] for name in OPEN)
    return _joined(
        f"{planned} planned, and messages in {reached} inboxes" if planned != reached else None,
        f"the outcomes are {sum(outcomes.values())}" if sum(outcomes.values()) != planned else None,
        f"{still_open} are still open" if still_open else None,
    )


def _certificate(evidence: Evidence) -> str | None:
    shown, said = evidence.published.shown, evidence.published.certificate
    if said is None:
        return "there is none"
    return _joined(
        "it is not final" if not said["final"] else None,
        "it counts otherwise" if _counts(said) != _counts(shown) else None,
        f"{said['duplicates']} duplicates" if said["duplicates"] else None,
    )


PROMISES: Final[Mapping[str, Callable[[Evidence], str | None]]] = {
    "Everybody whom the update is for has exactly one message of it, in their language": _one_each,
    "Nobody else has a message of it": _nobody_else,
    "No message of it holds the address of another person": _no_others_address,
    "Every registration got the same answer, so that nobody learns who is registered": _same_answer,
    "Whoever wrote the update was refused when they tried to approve it": _not_by_its_author,
    "The ledger holds one delivery for each message, and each has its final outcome": _ledger,
    "The certificate is final, counts what the ledger counts, and counts no duplicate": _certificate,
}


def _has_one(evidence: Evidence, person: Person) -> bool:
    messages = evidence.inboxes.get(person.row.inbox, ())
    subject = evidence.update.subjects.get(person.row.form["language"])
    return [message.subject for message in messages] == [subject]


def _counts(said: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    return said["planned"], {name: number for name, number in said["outcomes"].items() if number}


def _lines(what: str, lines: Sequence[int]) -> str | None:
    return f"{what}: {named_lines(lines)}" if lines else None


def named_lines(lines: Sequence[int], most: int = 20) -> str:
    """`line 7`, `lines 7, 9 and 12`, and of very many the first."""
    shown = [str(line) for line in sorted(lines)[:most]]
    if len(lines) > most:
        return f"lines {', '.join(shown)} and {len(lines) - most} more"
    if len(shown) == 1:
        return f"line {shown[0]}"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def _joined(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None
