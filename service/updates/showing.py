"""An update's body on a web page: Notify's markdown as HTML that is safe wherever it is put.

Notify knows `#`, `##`, bullets, `1.`, `[text](url)`, bare links, `---` and `^` for an inset (notify.md,
"Formatting"). Everything else is text, and text is escaped: no bold, italic, images, tables or HTML. So
what people read in the archive is what came to them.

A page has one h1, its own: `#` becomes h2, and `##` h3. Links carry no `rel`: every page of ours sends
`Referrer-Policy: no-referrer`, and they open no window that could reach back.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

MAY_BE_LINKED: Final = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)
_BARE_LINK: Final = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")

_NOTIFYS_WAY: Final = (
    # Notify's bullets and insets in CommonMark's signs, and what only CommonMark knows as plain text.
    # Insets come after `>` was escaped.
    (re.compile(r"^( *)•(?=\s)", re.MULTILINE), r"\1*"),
    (re.compile(r"^( *)([+>]|#+\s*$)", re.MULTILINE), r"\1\\\2"),
    (re.compile(r"^( *\d+)\)", re.MULTILINE), r"\1\\)"),
    (re.compile(r"^ *\^ ?", re.MULTILINE), "> "),
    (re.compile(r"^( *#{1,6})(?=[^#\s])", re.MULTILINE), r"\1 "),
)

_CLASSES: Final = {
    "p": "govuk-body",
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "hr": "govuk-section-break govuk-section-break--m govuk-section-break--visible",
    "div": "govuk-inset-text",
    "a": "govuk-link",
}


class _Markdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("zero", {"breaks": True})
        self.enable(["heading", "list", "hr", "blockquote", "link", "escape", "newline"])

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return MAY_BE_LINKED.match(url) is not None


_MARKDOWN: Final = _Markdown()


# Words that were sent never change, and anybody may ask for them again and again.
@lru_cache(maxsize=64)
def as_html(body: str) -> Markup:
    """`body` as HTML with the classes of GOV.UK Frontend.

    Its elements are p, h2, h3, ul, ol, li, a, hr, br and div, its attributes `class` and `href`.
    """
    for pattern, instead in _NOTIFYS_WAY:
        body = pattern.sub(instead, body)
    tokens = _in_our_elements(_MARKDOWN.parse(body))
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 - escaped there


def _in_our_elements(tokens: Iterable[Token]) -> list[Token]:
    """`tokens` with the elements, classes and links of our pages, and no other attribute."""
    ours: list[Token] = []
    below_a_heading = False
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            # A page that went from its h1 to an h3 would seem to lack a part.
            token.tag = _heading(token.markup, below_a_heading=below_a_heading)
            below_a_heading = below_a_heading or (token.type == "heading_close" and token.tag == "h2")
        elif token.tag == "blockquote":
            token.tag = "div"
        elif token.children is not None:
            token.children = _in_our_elements(_with_bare_links(token.children))
        _leave_only_what_is_ours(token)
        ours.append(token)
    return ours


def _heading(markup: str, *, below_a_heading: bool) -> str:
    """Notify has two levels; a third is a paragraph there."""
    if markup == "#":
        return "h2"
    if markup == "##":
        return "h3" if below_a_heading else "h2"
    return "p"


def _leave_only_what_is_ours(token: Token) -> None:
    href = token.attrs.get("href")
    token.attrs = {}
    if token.nesting >= 0 and token.tag in _CLASSES:
        token.attrs["class"] = _CLASSES[token.tag]
    if href is not None:
        token.attrs["href"] = href


def _with_bare_links(tokens: Iterable[Token]) -> Iterator[Token]:
    in_a_link = False
    for token in tokens:
        if token.type in {"link_open", "link_close"}:
            in_a_link = token.type == "link_open"
        if token.type != "text" or in_a_link:
            yield token
            continue
        end = 0
        for found in _BARE_LINK.finditer(token.content):
            yield _text(token.content[end : found.start()])
            yield Token("link_open", "a", 1, attrs={"href": _MARKDOWN.normalizeLink(found[0])})
            yield _text(found[0])
            yield Token("link_close", "a", -1)
            end = found.end()
        yield _text(token.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
