"""The archive and its feed, as everybody reads them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from tests.web_public.people import ADDRESS, WORDS, People, SchemeMade

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAY = datetime(2027, 5, 1, 9, tzinfo=UTC)


def subjects(page: httpx.Response) -> list[str]:
    return re.findall(r"updates/[0-9a-f-]{36}[^>]*>(.*?)</a>", page.text)


def test_the_archive_has_the_newest_first_and_goes_on_to_the_first(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    for number in range(45):
        people.published(
            scheme, {"en": {"subject": f"News {number}", "body": "x"}}, at=MAY + timedelta(days=number)
        )
    path = f"/{scheme.slug}/updates"

    pages = [client.get(path), client.get(f"{path}?page=2"), client.get(f"{path}?page=3")]

    assert [name for page in pages for name in subjects(page)] == [f"News {n}" for n in range(44, -1, -1)]
    assert "1 May 2027" in pages[2].text
    assert [f'rel="{which}"' in page.text for page in pages for which in ("prev", "next")] == [
        False, True, True, True, True, False,
    ]  # fmt: skip
    assert f'href="{path}?page=3&amp;lang=cy"' in client.get(f"{path}?page=2&lang=cy").text
    assert '"?page=2&amp;lang=cy" hreflang="cy"' in pages[1].text


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "", "01", "9999999", "²"])
def test_a_page_that_is_not_there_is_not_found(client: httpx.Client, scheme: SchemeMade, page: str) -> None:
    assert client.get(f"/{scheme.slug}/updates", params={"page": page}).status_code == 404


def test_an_empty_archive_says_so(client: httpx.Client, scheme: SchemeMade) -> None:
    assert "There are no updates yet." in client.get(f"/{scheme.slug}/updates").text


def test_an_update_is_shown_in_the_language_of_the_page(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    update = people.published(scheme)

    english, welsh = (client.get(f"/{scheme.slug}/updates/{update}?lang={lang}") for lang in ("en", "cy"))

    assert re.findall(r"<h1[^>]*>(.*?)</h1>", english.text + welsh.text) == ["The news", "Y newyddion"]
    assert '<h2 class="govuk-heading-m">What is new</h2>' in english.text
    assert f'<a class="govuk-link" href="{ADDRESS}">' in english.text
    assert '<h2 class="govuk-heading-m">Beth sy’n newydd</h2>' in welsh.text
    assert "in Welsh only" not in english.text


def test_words_in_the_other_language_are_marked_as_such(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    update = people.published(scheme, {"cy": WORDS["cy"]})

    listed = client.get(f"/{scheme.slug}/updates").text
    page = client.get(f"/{scheme.slug}/updates/{update}").text

    assert re.search(r'<a [^>]*lang="cy">Y newyddion</a>', listed)
    assert re.search(r'<h1 [^>]*lang="cy">Y newyddion</h1>', page)
    assert "This update was written in Welsh only." in page
    assert re.search(r'<div [^>]*lang="cy">', page)


@pytest.mark.parametrize(
    "kept_out",
    [
        {"state": "draft"},
        {"state": "awaiting_approval"},
        {"state": "approved"},
        {"state": "halted"},
        {"publish": False},
        {"publish": None},
        {"audience": {"registrations": ["aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"]}},
        {"email": {}},
        {"email": None},
    ],
    ids=str,
)
def test_what_is_not_published_is_nowhere(
    client: httpx.Client, scheme: SchemeMade, people: People, kept_out: dict[str, Any]
) -> None:
    update = people.published(scheme, **{"state": "sent", **kept_out})

    pages = [client.get(f"/{scheme.slug}/updates{rest}") for rest in ("", "/feed", f"/{update}")]

    assert [page.status_code for page in pages] == [200, 200, 404]
    assert not any(str(update) in page.text or "The news" in page.text for page in pages)


def test_an_update_of_another_scheme_is_not_found(client: httpx.Client, people: People) -> None:
    one, another = people.scheme(), people.scheme()
    update = people.published(one)

    for rest in (str(update), str(uuid4()), "x", f"{update}x"):
        assert client.get(f"/{another.slug}/updates/{rest}").status_code == 404
    assert str(update) not in client.get(f"/{another.slug}/updates").text
    assert client.get("/no-such-scheme/updates/feed").status_code == 404


def feed_of(client: httpx.Client, scheme: SchemeMade, query: str = "") -> ElementTree.Element:
    answer = client.get(f"/{scheme.slug}/updates/feed{query}")
    assert answer.headers["content-type"] == "application/atom+xml"
    return ElementTree.fromstring(answer.content)


def text_of(element: ElementTree.Element, name: str) -> str:
    """The text of the one child of this name."""
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def links_of(element: ElementTree.Element) -> list[tuple[str, ...]]:
    return [
        tuple(link.attrib[name] for name in ("rel", "type", "hreflang", "href"))
        for link in element.findall(ATOM + "link")
    ]


def test_the_feed_has_what_atom_asks_for(client: httpx.Client, scheme: SchemeMade, people: People) -> None:
    older = people.published(scheme, at=MAY)
    newer = people.published(scheme, {"cy": WORDS["cy"]}, at=MAY + timedelta(days=1))
    archive = f"{client.base_url}".rstrip("/") + f"/{scheme.slug}/updates"

    feed = feed_of(client, scheme)

    assert feed.attrib[LANG] == "en"
    assert text_of(feed, "title") == "Updates: Windrush Compensation Scheme"
    assert text_of(feed, "updated") == "2027-05-02T09:00:00Z"
    assert [author.findtext(f"{ATOM}name") for author in feed.findall(f"{ATOM}author")] == [
        "The Department for Redress"
    ]
    assert links_of(feed) == [
        ("self", "application/atom+xml", "en", f"{archive}/feed"),
        ("alternate", "text/html", "en", archive),
        ("alternate", "application/atom+xml", "cy", f"{archive}/feed?lang=cy"),
    ]
    entries = feed.findall(f"{ATOM}entry")
    assert [links_of(entry) for entry in entries] == [
        [("alternate", "text/html", "cy", f"{archive}/{newer}")],
        [("alternate", "text/html", "en", f"{archive}/{older}")],
    ]
    assert [entry.attrib[LANG] for entry in entries] == ["cy", "en"]
    assert [text_of(entry, "title") for entry in entries] == ["Y newyddion", "The news"]
    assert text_of(entries[1], "published") == text_of(entries[1], "updated") == "2027-05-01T09:00:00Z"
    (content,) = entries[1].findall(f"{ATOM}content")
    assert content.attrib == {"type": "html"}
    assert (content.text or "").startswith('<h2 class="govuk-heading-m">What is new</h2>')


def test_every_feed_and_entry_has_an_id_of_its_own_that_stays(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    people.published(scheme)

    def ids() -> list[str]:
        feeds = [feed_of(client, scheme, query) for query in ("", "?lang=cy")]
        return [text_of(each, "id") for feed in feeds for each in (feed, *feed.findall(f"{ATOM}entry"))]

    found = ids()
    assert len(set(found)) == 4
    assert all(each.startswith("urn:uuid:") for each in found)
    assert ids() == found


def test_a_feed_without_updates_is_a_feed(client: httpx.Client, scheme: SchemeMade) -> None:
    feed = feed_of(client, scheme, "?lang=cy")

    assert feed.findall(f"{ATOM}entry") == []
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", text_of(feed, "updated"))


def test_no_words_break_the_feed(client: httpx.Client, scheme: SchemeMade, people: People) -> None:
    words = "a\x0b\x1b\ufffe ]]> <b>&amp;</b> \U0001f600 z"
    people.published(scheme, {"en": {"subject": words, "body": words}})

    (entry,) = feed_of(client, scheme).findall(f"{ATOM}entry")

    assert text_of(entry, "title") == "a ]]> <b>&amp;</b> \U0001f600 z"
    assert "&lt;b&gt;" in text_of(entry, "content")


def test_the_archive_page_tells_readers_of_feeds_where_it_is(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    page = client.get(f"/{scheme.slug}/updates?lang=cy").text

    (link,) = re.findall(r'<link rel="alternate" type="application/atom\+xml"[^>]* href="(.*?)">', page)
    assert link == f"/{scheme.slug}/updates/feed?lang=cy"
