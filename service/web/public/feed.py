"""A scheme's archive as an Atom feed (RFC 4287), one in each language."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from service.registrations.words import Language
from service.schemes.reading import SchemeView
from service.updates.archive import Published
from service.updates.showing import as_html
from service.web.public.pages import with_language

MEDIA_TYPE: Final = "application/atom+xml"

_HTML: Final = "text/html"
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, however it is written (XML 1.0, 2.2), and an update's words may."""


def atom(
    scheme: SchemeView,
    updates: Sequence[Published],
    language: Language,
    *,
    title: str,
    host: str,
    now: datetime,
) -> bytes:
    """The feed of `updates`, which are the newest ones, newest first, as UTF-8.

    `host`: the address of the public host. `now`: when the feed changed last, where it has nothing yet.
    """

    def address(path: str, chosen: Language) -> str:
        return host + with_language(f"/{scheme.slug}/updates{path}", chosen)

    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": language.value})
    _add(feed, "id", _permanent(scheme.id, language))
    _add(feed, "title", title)
    _add(feed, "updated", _moment(updates[0].published_at if updates else now))
    _link(feed, "self", MEDIA_TYPE, address("/feed", language), language)
    _link(feed, "alternate", _HTML, address("", language), language)
    for other in Language:
        if other is not language:
            _link(feed, "alternate", MEDIA_TYPE, address("/feed", other), other)
    _add(SubElement(feed, "author"), "name", (scheme.about.controller or scheme.name)[language])
    for update in updates:
        written_in = update.read_in(language)
        entry = SubElement(feed, "entry", {"xml:lang": written_in.value})
        _add(entry, "id", _permanent(update.id, language))
        _add(entry, "title", update.words[written_in].subject)
        _add(entry, "published", _moment(update.published_at))
        _add(entry, "updated", _moment(update.published_at))
        _link(entry, "alternate", _HTML, address(f"/{update.id}", language), written_in)
        _add(entry, "content", str(as_html(update.words[written_in].body)), type="html")
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _permanent(what: UUID, language: Language) -> str:
    """An id that stays when the host's name changes, and differs between the languages."""
    return uuid5(what, language.value).urn


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(parent: Element, name: str, words: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _NOT_IN_XML.sub("", words)


def _link(parent: Element, rel: str, media_type: str, href: str, language: Language) -> None:
    SubElement(parent, "link", {"rel": rel, "type": media_type, "href": href, "hreflang": language.value})
