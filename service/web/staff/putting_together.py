"""What differs between two forms of one update: what somebody typed, and what another saved meanwhile."""

from dataclasses import dataclass

from service.schemes.reading import SchemeView
from service.web.staff.naming import KINDS, LANGUAGES, place
from service.web.staff.places import TEXTS
from service.web.staff.written import ANY_TOPIC, AT, IMPORTED, LISTED, NOW, REACHED, SEVERAL, Written


@dataclass(frozen=True)
class Difference:
    """One place that is not the same in both."""

    input: str
    name: str
    mine: str
    theirs: str
    language: str


def differences(mine: Written, theirs: Written, scheme: SchemeView) -> tuple[Difference, ...]:
    """Every place that differs, in the order of the page."""
    pairs = [
        (name, place(where), mine.said[name], theirs.said[name], "cy" if ".cy" in where else "en")
        for name, where in TEXTS.items()
    ]
    pairs += [
        (name, words, described(mine, scheme), described(theirs, scheme), "en")
        for name, words, described in (
            ("who", "Who it is for", _audience),
            ("when", "When it leaves", _when),
            ("answers", "Where answers go", _answers),
            ("publish", "The archive", _archive),
        )
    ]
    return tuple(Difference(*pair) for pair in pairs if pair[2] != pair[3])


def _audience(written: Written, scheme: SchemeView) -> str:
    if written.said["who"] == LISTED:
        return f"These numbers: {written.said['numbers']}" if written.said["numbers"] else "A list of people"
    if written.said["who"] == REACHED:
        return "Those whom the update that it corrects reached"
    if written.said["who"] == IMPORTED:
        return "Those of a list who have not been told"
    topics = {ANY_TOPIC: "whatever their topics"} | {topic.code: topic.en for topic in scheme.topics}
    names = {str(each): words for each, words in (*KINDS.items(), *LANGUAGES.items())} | topics
    return "; ".join(
        # In one order: it is no difference in which they were ticked.
        ", ".join(words for each, words in names.items() if each in written.ticked[name]) or "nobody"
        for name in SEVERAL
    )


def _when(written: Written, scheme: SchemeView) -> str:
    if written.said["when"] == AT:
        day = " ".join(written.said[f"send-at-{part}"] for part in ("day", "month", "year"))
        return f"{day} at {written.said['send-at-time']}"
    return "At once" if written.said["when"] == NOW else "When somebody gives the word"


def _answers(written: Written, scheme: SchemeView) -> str:
    return written.said["reply-to"] if written.said["answers"] == "other" else "The scheme’s own address"


def _archive(written: Written, scheme: SchemeView) -> str:
    return "Shown" if written.said["publish"] == "yes" else "Not shown"
