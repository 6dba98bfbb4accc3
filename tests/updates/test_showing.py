"""Words on a web page: what Notify's markdown knows, and not one element or attribute more."""

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploy.demo.notify.markdown import rendered
from service.updates.showing import MAY_BE_LINKED, as_html

LAUNCH = Path(__file__).parent.parent.parent / "deploy" / "demo" / "update-launch.toml"

SIGNS = r"""
    # ## ### ^ > * - + • 1. 1) --- *** === [ ]( ) ]( <b> </b> <script> <!-- & &lt; &#60; &quot; " ' ` ``` ~~~
    | \ ** __ ! ![ javascript:alert(1) JAVASCRIPT: data:text/html, http:// https://example.org/?a="b
    https://example.org/) mailto:a@example.org tel:0800 //example.org x ((name))
"""
PIECES = st.sampled_from(SIGNS.split()) | st.sampled_from(" \n\t\r\u00a0\u2028")
ALLOWED = {"p": {"class"}, "a": {"class", "href"}, "br": set(), "li": set()} | {
    element: {"class"} for element in ("h2", "h3", "ul", "ol", "hr", "div")
}


class Elements(HTMLParser):
    """Every element of a text with its attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.other: list[str] = []
        self.feed(str(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES | st.text(max_size=6), max_size=30).map("".join))
@example('[x](https://example.org/"onclick="alert(1))')
@example('[x](https://example.org "a title")')
@example("3. the third")
@example('<a href="https://example.org" onclick="x">')
@example('https://example.org/"><script>alert(1)</script>')
def test_no_words_make_another_element_or_attribute_than_those_of_the_page(body: str) -> None:
    elements = Elements(as_html(body))

    assert elements.other == []
    for tag, attributes in elements.found:
        assert attributes.keys() == ALLOWED[tag], tag
        if tag == "a":
            assert MAY_BE_LINKED.match(attributes["href"] or "")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\\#*-+>^•_[]")))
def test_plain_words_are_shown_as_they_were_written(words: str) -> None:
    body = f"x{words.strip()}x"

    assert Elements(as_html(body)).words.strip() == body


def test_a_body_has_the_parts_that_notify_gives_it() -> None:
    body = (
        "#One\nwords\non two lines\n\n## Two\n^ Set apart\n\n* a\n• b\n\n1. c\n2. d\n\n---\n"
        "[words](https://example.org/a) and https://example.org/b?c=1&d=2."
    )

    assert re.sub(r' class="[^"]*"', "", as_html(body)).split("\n") == [
        "<h2>One</h2>",
        "<p>words<br>",
        "on two lines</p>",
        "<h3>Two</h3>",
        "<div>",
        "<p>Set apart</p>",
        "</div>",
        "<ul>",
        "<li>a</li>",
        "<li>b</li>",
        "</ul>",
        "<ol>",
        "<li>c</li>",
        "<li>d</li>",
        "</ol>",
        "<hr>",
        '<p><a href="https://example.org/a">words</a> and '
        '<a href="https://example.org/b?c=1&amp;d=2">https://example.org/b?c=1&amp;d=2</a>.</p>',
        "",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "**bold** and _italic_ and `code`",
        "| a | b |\n|---|---|",
        "<b>bold</b> &amp; &lt;",
        "1) not a list",
        "+ not a list",
        "> not a quotation",
        "Not a heading\n===",
        "[not a link](javascript:alert(1))",
        "[not a link](/relative)",
        "<https://>",
        "#",
    ],
)
def test_what_notify_does_not_know_is_text(body: str) -> None:
    elements = Elements(as_html(body))

    assert [tag for tag, _ in elements.found if tag != "br"] == ["p"]
    assert elements.words.strip() == body


@pytest.mark.parametrize("body", ["## Two\n\n# One", "### Three\n\n## Two"])
def test_no_level_of_headings_is_left_out(body: str) -> None:
    levels = [tag for tag, _ in Elements(as_html(body)).found if tag.startswith("h")]

    assert levels[0] == "h2"


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_archive_shows_what_the_email_showed(language: str) -> None:
    body = tomllib.loads(LAUNCH.read_text())["email"][language]["body"]
    theirs = {"h3": "h2", "h4": "h3", "blockquote": "div"}

    email, page = Elements(rendered(body)), Elements(as_html(body))

    assert [theirs.get(tag, tag) for tag, _ in email.found] == [tag for tag, _ in page.found]
    assert "".join(email.words.split()) == "".join(page.words.split())
