"""What the service adds below an update's approved words: how to leave. Authors write no such link."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.registrations.words import Language

IN_A_TEST: Final = "test"
"""What stands where a person's token would: the page there says that it does nothing."""

BETWEEN_LANGUAGES = "\n\n---\n\n"

ONE = {
    Language.ENGLISH: "You get this because you asked to be kept informed. To stop, open this link: {link}",
    Language.WELSH: "Rydych yn cael y neges hon am i chi ofyn am gael gwybod y diweddaraf. I roi’r gorau iddi, agorwch y ddolen hon: {link}",
}
SEVERAL = {
    Language.ENGLISH: "You get this because {count} people who share this address asked to be kept informed. Each link stops it for one of you:\n\n{links}",
    Language.WELSH: "Rydych yn cael y neges hon am fod {count} o bobl sy’n rhannu’r cyfeiriad hwn wedi gofyn am gael gwybod y diweddaraf. Mae pob dolen yn ei stopio ar gyfer un ohonoch:\n\n{links}",
}

# Short, and of letters that a text sends in seven bits: each segment is paid for.
BELOW_A_TEXT = {
    Language.ENGLISH: "To stop these texts:",
    Language.WELSH: "I atal y negeseuon hyn:",
}
LONGEST_AT_NOTIFY: Final = 918
"""Characters of a text message that Notify takes (its pricing page: six segments)."""

RING = {
    Language.ENGLISH: "You get this letter because you asked to be kept informed. To stop, ring {number}.",
    Language.WELSH: "Rydych yn cael y llythyr hwn am i chi ofyn am gael gwybod y diweddaraf. I roi’r gorau iddo, ffoniwch {number}.",
}


def leaving_words(language: Language, links: Sequence[str]) -> str:
    """How to leave, with the link of each person who is told in `language` at this address."""
    if len(links) == 1:
        return ONE[language].format(link=links[0])
    listed = "\n".join(f"* {link}" for link in links)
    return SEVERAL[language].format(count=len(links), links=listed)


def text_message(words: Mapping[Language, str], links: Mapping[Language, Sequence[str]]) -> str:
    """One text: the words for those who share the number, and the link of each of them below.

    `links` has their languages, the first first. Where several share it and the whole is more than Notify
    takes, it has the first language alone, and as many of the links as there is room for.
    """
    whole = "\n\n".join(_text(language, words[language], each) for language, each in links.items())
    if len(whole) <= LONGEST_AT_NOTIFY:
        return whole
    language = next(iter(links))
    everyone = [link for each in links.values() for link in each]
    while len(whole) > LONGEST_AT_NOTIFY and everyone:
        whole = _text(language, words[language], everyone)
        everyone = everyone[:-1]
    return whole


def leaving_a_letter(language: Language, number: str | None, links: Sequence[str]) -> str:
    """How to leave from paper: the scheme's own telephone where it publishes one, else the links."""
    return RING[language].format(number=number) if number else leaving_words(language, links)


def _text(language: Language, words: str, links: Sequence[str]) -> str:
    return "\n".join([words.rstrip(), "", BELOW_A_TEXT[language], *links])
