"""What has to be said: privacy, complaints, help, accessibility, cookies."""

import html
import re

import httpx
import pytest

from tests.web_public.people import ABOUT, People, SchemeMade


def words_of(client: httpx.Client, path: str) -> str:
    """The words of a page's main part, without its elements."""
    page = client.get(path)
    assert page.status_code == 200
    (main,) = re.findall(r"<main.*?</main>", page.text, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_the_privacy_notice_is_the_schemes(client: httpx.Client, scheme: SchemeMade) -> None:
    english, welsh = (words_of(client, f"/{scheme.slug}/privacy?lang={lang}") for lang in ("en", "cy"))

    assert "The Department for Redress decides what your details are used for" in english
    assert "This is version 1 of the notice." in english
    assert "Ours is this: public task (UK GDPR, Article 6(1)(e))" in english
    assert "For one year after the scheme has closed." in english
    assert "data-protection@example.org" in english
    assert "then to the Information Commission (ICO)" in english
    assert "Yr Adran Iawn sy'n penderfynu" in welsh
    assert "tasg gyhoeddus (GDPR y DU, Erthygl 6(1)(e))" in welsh
    assert "Am flwyddyn ar ôl i’r cynllun gau." in welsh
    assert "i'r rheoleiddiwr: Comisiwn Gwybodaeth (ICO)" in welsh


@pytest.mark.parametrize("lang", ["en", "cy"])
def test_a_scheme_that_says_nothing_of_itself_has_whole_pages(
    client: httpx.Client, people: People, lang: str
) -> None:
    scheme = people.scheme(about={})

    for page in ("privacy", "complaints", "help"):
        words = words_of(client, f"/{scheme.slug}/{page}?lang={lang}")
        assert "None" not in words
        assert 'href="https://example.org/privacy"' in client.get(f"/{scheme.slug}/{page}").text
    assert "0303 123 1113" in words_of(client, f"/{scheme.slug}/complaints?lang={lang}")


def test_a_complaint_goes_to_the_controller_and_then_to_the_regulator(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    page = client.get(f"/{scheme.slug}/complaints").text

    assert "within 30 days" in page
    assert 'href="mailto:data-protection@example.org"' in page
    assert "help@example.org" not in page
    assert 'href="https://ico.org.uk/make-a-complaint/"' in page
    assert (
        'href="https://cy.ico.org.uk/make-a-complaint/"'
        in client.get(f"/{scheme.slug}/complaints?lang=cy").text
    )


def test_without_an_address_of_its_own_a_complaint_goes_where_help_is_and_the_regulator_is_a_setting(
    client: httpx.Client, people: People
) -> None:
    regulator = {"name": {"en": "The Watcher", "cy": "Y Gwyliwr"}, "post": "2 Example Street\nCardiff"}
    scheme = people.scheme(about={"help": ABOUT["help"], "regulator": regulator})

    page = client.get(f"/{scheme.slug}/complaints").text

    assert 'href="mailto:help@example.org"' in page
    assert "The Watcher" in page
    assert "2 Example Street<br>Cardiff" in page
    assert "ICO" not in page


def test_help_says_where_to_ring_and_write(client: httpx.Client, scheme: SchemeMade) -> None:
    page = client.get(f"/{scheme.slug}/help").text

    assert '<a class="govuk-link" href="tel:08006781925">0800 678 1925</a>' in page
    assert '<a class="govuk-link" href="mailto:help@example.org">help@example.org</a>' in page
    assert "1 Example Street<br>London" in page
    assert "dial 18001" in page


def test_every_page_of_a_scheme_leads_to_help_privacy_and_complaints(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    for path in ("", "/updates", "/register/who", "/help"):
        footer = client.get(f"/{scheme.slug}{path}?lang=cy").text.split("<footer")[1]
        assert re.findall(r'href="([^"]+)"', footer) == [
            f"/{scheme.slug}/help?lang=cy",
            f"/{scheme.slug}/privacy?lang=cy",
            f"/{scheme.slug}/complaints?lang=cy",
            "/accessibility?lang=cy",
            "/cookies?lang=cy",
        ]


def test_the_accessibility_statement_has_its_statutory_parts(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    words = words_of(client, "/accessibility")

    for part in (
        "partially compliant with the Web Content Accessibility Guidelines version 2.2",
        "(No. 2) Accessibility Regulations 2018",
        "Equality Advisory and Support Service (EASS)",
        "Equality Commission for Northern Ireland (ECNI)",
        "This statement was prepared on 22 November 2026",
    ):
        assert part in words
    assert f'href="/{scheme.slug}/help"' in client.get("/accessibility").text


def test_the_cookies_page_names_every_cookie_that_there_is(client: httpx.Client, scheme: SchemeMade) -> None:
    for path in (
        "/",
        "/cookies",
        f"/{scheme.slug}",
        f"/{scheme.slug}/updates",
        f"/{scheme.slug}/register/who",
    ):
        client.get(path)
    (named,) = re.findall(r"Starts with (\S+),", words_of(client, "/cookies"))

    set_by_us = [cookie.name for cookie in client.cookies.jar]
    assert set_by_us
    assert all(name.startswith(named) for name in set_by_us)


def test_a_notice_that_is_this_page_is_not_linked_to_itself(client: httpx.Client, people: People) -> None:
    scheme = people.scheme()
    people.notice_is_our_page(scheme)

    assert "the scheme's own privacy notice" not in words_of(client, f"/{scheme.slug}/privacy")
