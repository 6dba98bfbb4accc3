"""What the service adds below an update's approved words: how to leave. Authors write no such link."""

from collections.abc import Sequence

from service.registrations.words import Language

BETWEEN_LANGUAGES = "\n\n---\n\n"

ONE = {
    Language.ENGLISH: "You get this because you asked to be kept informed. To stop, open this link: {link}",
    Language.WELSH: "Rydych yn cael y neges hon am i chi ofyn am gael gwybod y diweddaraf. I roi’r gorau iddi, agorwch y ddolen hon: {link}",
}
SEVERAL = {
    Language.ENGLISH: "You get this because {count} people who share this address asked to be kept informed. Each link stops it for one of you:\n\n{links}",
    Language.WELSH: "Rydych yn cael y neges hon am fod {count} o bobl sy’n rhannu’r cyfeiriad hwn wedi gofyn am gael gwybod y diweddaraf. Mae pob dolen yn ei stopio ar gyfer un ohonoch:\n\n{links}",
}


def leaving_words(language: Language, links: Sequence[str]) -> str:
    """How to leave, with the link of each person who is told in `language` at this address."""
    if len(links) == 1:
        return ONE[language].format(link=links[0])
    listed = "\n".join(f"* {link}" for link in links)
    return SEVERAL[language].format(count=len(links), links=listed)
