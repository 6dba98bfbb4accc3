"""The words of the pages, and that every page has them in both languages."""

import re
from string import Formatter

import httpx
import pytest

from service.registrations.words import (
    Channel,
    Choice,
    ContactBy,
    Format,
    Kind,
    Language,
    Relationship,
)
from service.web.public import catalogue
from service.web.public.pages import KNOWN_ERRORS
from service.web.public.questions import QUESTIONS, Question
from tests.web_public.people import People, SchemeMade

TEMPLATES = catalogue.LOCALES.parent / "templates"


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_keys_and_the_same_places_to_fill() -> None:
    english, welsh = catalogue.read(Language.ENGLISH), catalogue.read(Language.WELSH)
    assert english.keys == welsh.keys
    for key in english.keys:
        assert places(english.raw(key)) == places(welsh.raw(key)), key


def test_no_sentence_was_left_untranslated_or_holds_html() -> None:
    english, welsh = catalogue.read(Language.ENGLISH), catalogue.read(Language.WELSH)
    for key in english.keys:
        assert english.raw(key) != welsh.raw(key), key
        assert "<" not in english.raw(key) + welsh.raw(key)


WITH_A_LINK = set(Channel) - {Channel.PHONE}


def of_question(question: Question) -> set[str]:
    """The keys of the words that `question` has."""
    options = {*question.options, *(["all"] if question.page == "topics" else [])}
    hints = {option for option in question.options if f"{question.page}.{option}" in HINTED}
    optional = question.page in ("name", "format")
    typed = question.component in ("input", "textarea")
    parts = {"short", "heading", "hint", *question.rules, *options, *(f"{option}_hint" for option in hints)}
    parts |= {"missing"} if not optional or not typed else set()
    parts |= {"none"} if optional else set()
    parts |= {"wrong"} if typed else set()
    return {f"register.{question.page}.{part}" for part in parts}


HINTED = {
    "who.organisation",
    "who.representative",
    "relationship.estate",
    "relationship.legal",
    "relationship.helper",
    "how.phone",
}


def test_every_sentence_is_used_and_every_one_used_is_there() -> None:
    sources = [*TEMPLATES.glob("*.html"), *catalogue.LOCALES.parent.glob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    keys = catalogue.read(Language.ENGLISH).keys
    sections = "|".join({key.split(".")[0] for key in keys})
    named = set(re.findall(rf"""["']((?:{sections})\.[a-z_]*[a-z])["']""", text)) - {
        "layout.html",
        "honeypot.html",
    }
    made_up_of_parts = (
        {f"confirm.kind_{kind}" for kind in Kind}
        | {f"confirm.language_{language}" for language in Language}
        | {f"{page}_{channel}" for page in ("confirm.intro", "change.heading") for channel in WITH_A_LINK}
        | {f"done.{way}{end}" for way in ContactBy for end in ("", "_sent", "_next")}
        | set().union(*map(of_question, QUESTIONS))
        | {f"problem.{status}.{part}" for status in (*KNOWN_ERRORS, 500) for part in ("heading", "advice")}
        | {f"manage.kind_{kind}" for kind in Kind}
        | {f"manage.language_{language}" for language in Language}
        | {f"manage.way_{way}" for way in ContactBy}
        | {f"manage.relationship_{relationship}" for relationship in Relationship}
        | {f"manage.format_{need.replace('-', '_')}" for need in Format}
    )
    assert named | made_up_of_parts == keys


def test_the_three_choices_are_those_of_the_contract() -> None:
    page = (TEMPLATES / "change.html").read_text()
    assert re.findall(r'"value": "([a-z-]+)"', page) == [choice.value for choice in Choice]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/{scheme}",
        "/{scheme}/help",
        "/{scheme}/privacy",
        "/{scheme}/complaints",
        "/{scheme}/updates",
        "/{scheme}/register/who",
        "/{scheme}/register/check",
        "/{scheme}/register/done",
        "/accessibility",
        "/cookies",
        "/confirm/unknown",
        "/{scheme}/code",
        "/{scheme}/confirmed",
        "/{scheme}/answered",
        "/unsubscribe/unknown",
        "/unsubscribe/test",
        "/unsubscribe/unknown/left",
        "/unsubscribe/unknown/choices",
        "/returned",
        "/chosen",
        "/erased",
        "/manage/unknown",
        "/{scheme}/link",
        "/{scheme}/link/sent",
        "/{scheme}/bereavement",
        "/no-such-page/at-all",
    ],
)
def test_every_page_is_there_in_both_languages_and_links_to_the_other(
    client: httpx.Client, scheme: SchemeMade, path: str
) -> None:
    path = path.format(scheme=scheme.slug)
    english, welsh = client.get(path), client.get(f"{path}?lang=cy")
    assert english.status_code == welsh.status_code
    assert '<html lang="en"' in english.text
    assert '<html lang="cy"' in welsh.text
    assert re.search(rf'href="({path})?\?lang=cy" hreflang="cy"', english.text)
    assert re.search(rf'href="({path})?\?lang=en" hreflang="en"', welsh.text)
    headings = [re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", page.text, re.S) for page in (english, welsh)]
    assert len(headings[0]) == len(headings[1]) == 1
    assert headings[0] != headings[1]


@pytest.mark.parametrize("lang", ["fr", "", "%00", "cy&lang=fr"])
def test_a_language_that_it_does_not_have_is_english(client: httpx.Client, lang: str) -> None:
    assert '<html lang="en"' in client.get(f"/?lang={lang}").text


def test_the_list_of_schemes_has_them_in_the_language_of_the_page(
    client: httpx.Client, people: People
) -> None:
    scheme = people.scheme()
    assert f'href="/{scheme.slug}">Windrush Compensation Scheme' in client.get("/").text
    assert f'href="/{scheme.slug}?lang=cy">Cynllun Iawndal Windrush' in client.get("/?lang=cy").text


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/x", "/%2F/elsewhere.example", "/%22%3E%3Cscript%3E", "/a%3Fb"]
)
def test_the_link_to_the_other_language_never_leads_elsewhere(client: httpx.Client, path: str) -> None:
    page = client.get(client.base_url.copy_with(raw_path=path.encode())).text
    (link,) = re.findall(r'href="([^"]*)" hreflang="cy"', page)
    assert link == "?lang=cy"
    assert "<script>" not in page.replace("<script>document", "")
