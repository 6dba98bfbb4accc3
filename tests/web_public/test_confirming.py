"""Confirming by the page that the link opens, and by the codes of texts and letters."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from service.registrations.rows import new_number
from tests.web_public.form import MOBILE, Tab, proof_in
from tests.web_public.people import People, SchemeMade


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_case_17_a_mail_scanner_that_opens_the_link_confirms_nothing(
    client: httpx.Client, scheme: SchemeMade, people: People, method: str
) -> None:
    registration = people.registration(scheme)
    token = people.link(scheme, registration)
    assert client.request(method, f"/confirm/{token}").status_code == 200
    assert people.state_of(registration) == "pending"
    assert not people.is_used(token)


def test_the_page_shows_what_will_be_confirmed(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    page = client.get(f"/confirm/{people.link(scheme, people.registration(scheme))}").text
    for shown in (
        "Windrush Compensation Scheme",
        "A person",
        "English",
        "When the scheme opens",
        "Email",
        "Something here is not right",
    ):
        assert shown in page
    assert "The rules" not in page
    assert "Letter" not in page


@pytest.mark.parametrize(
    ("channel", "asks", "tells"),
    [
        ("email", "email address that we wrote to", "used your email address"),
        ("sms", "number that we texted", "used your telephone number"),
        ("letter", "postal address that we wrote to", "used your postal address"),
    ],
)
def test_the_page_says_which_address_it_is_about(
    client: httpx.Client, scheme: SchemeMade, people: People, channel: str, asks: str, tells: str
) -> None:
    new = people.link(scheme, people.registration(scheme), channel=channel)
    known = people.link(scheme, None, channel=channel)
    assert asks in client.get(f"/confirm/{new}").text
    assert tells in client.get(f"/confirm/{known}").text


def test_the_button_confirms_and_goes_to_a_page_without_the_token(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    registration = people.registration(scheme, language="cy")
    token = people.link(scheme, registration, language="cy")
    assert '<html lang="cy"' in client.get(f"/confirm/{token}").text
    answer = client.post(f"/confirm/{token}?lang=cy")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{scheme.slug}/confirmed?lang=cy")
    assert people.state_of(registration) == "confirmed"
    after = client.get(answer.headers["location"]).text
    assert "Rydych wedi cofrestru" in after
    assert f'href="/{scheme.slug}/link?lang=cy"' in after


@pytest.mark.parametrize("choice", ["mine", "another", "not-me"])
def test_the_holder_of_a_known_address_says_who_it_was(
    client: httpx.Client, scheme: SchemeMade, people: People, choice: str
) -> None:
    token = people.link(scheme, None)
    page = client.get(f"/confirm/{token}").text
    assert f'value="{choice}"' in page
    answer = client.post(f"/confirm/{token}", data={"choice": choice})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{scheme.slug}/answered")
    assert people.choice_of(token) == choice


@pytest.mark.parametrize("data", [{}, {"choice": ""}, {"choice": "everybody"}])
def test_no_choice_is_an_error_on_the_page_and_uses_nothing_up(
    client: httpx.Client, scheme: SchemeMade, people: People, data: dict[str, str]
) -> None:
    token = people.link(scheme, None)
    answer = client.post(f"/confirm/{token}", data=data)
    assert answer.status_code == 422
    assert "Select who it was" in answer.text
    assert "everybody" not in answer.text
    assert not people.is_used(token)


def test_31_used_expired_and_unknown_links_are_the_same_page(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    used = people.link(scheme, people.registration(scheme))
    client.post(f"/confirm/{used}")
    expired = people.link(scheme, people.registration(scheme), lives=timedelta(seconds=-1))
    pages = set()
    for token in (used, expired, "A" * 43, "%00", "%F0%9F%92%A3"):
        for method in ("GET", "POST"):
            answer = client.request(method, f"/confirm/{token}")
            assert answer.status_code == 410
            pages.add(answer.text)
    assert len(pages) == 1


@dataclass
class Letter:
    """What a letter prints, and what it confirms."""

    registration: UUID
    token: str
    number: str
    code: str = "4WPT2HXA"


@pytest.fixture
def letter(scheme: SchemeMade, people: People) -> Letter:
    return letter_to(scheme, people)


def letter_to(scheme: SchemeMade, people: People, *, lives: timedelta = timedelta(days=60)) -> Letter:
    registration, number = people.registration(scheme), new_number()
    token = people.link(scheme, registration, channel="letter", lives=lives, code=(number, Letter.code))
    return Letter(registration, token, number)


def types(client: httpx.Client, scheme: SchemeMade, number: str, code: str) -> httpx.Response:
    return client.post(f"/{scheme.slug}/code", data={"number": number, "code": code})


@pytest.mark.parametrize("lang", ["", "?lang=cy"])
def test_a_letter_is_confirmed_by_its_number_and_code_however_they_are_typed(
    client: httpx.Client, scheme: SchemeMade, people: People, letter: Letter, lang: str
) -> None:
    answer = client.post(
        f"/{scheme.slug}/code{lang}",
        data={"number": f" {letter.number.lower().replace('-', ' ')}", "code": "4wpt 2hxa "},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{scheme.slug}/confirmed{lang}")
    assert people.state_of(letter.registration) == "confirmed"


def test_wrong_used_expired_and_unknown_codes_are_the_same_page(
    client: httpx.Client, scheme: SchemeMade, people: People, letter: Letter
) -> None:
    used, expired = letter_to(scheme, people), letter_to(scheme, people, lives=timedelta(seconds=-1))
    types(client, scheme, used.number, used.code)
    pages = set()
    for number, code in (
        (letter.number, "22222222"),
        (used.number, used.code),
        (expired.number, expired.code),
        (new_number(), letter.code),
        ("\N{PILE OF POO}1", "x" * 5000),
    ):
        answer = types(client, scheme, number, code)
        assert answer.status_code == 422
        assert '<a href="#code">The number or the code is not right, or the code has been' in answer.text
        pages.add(answer.text.replace(f'value="{number}"', "").replace(f'value="{code}"', ""))
    assert len(pages) == 1
    assert people.state_of(letter.registration) == "pending"


def test_a_wrong_code_counts_and_after_five_the_right_one_is_refused_as_well(
    client: httpx.Client, scheme: SchemeMade, people: People, letter: Letter
) -> None:
    for tried in range(1, 6):
        types(client, scheme, letter.number, "22222222")
        assert people.tries_of(letter.token) == tried
    assert types(client, scheme, letter.number, letter.code).status_code == 422
    assert people.state_of(letter.registration) == "pending"


def test_a_code_without_its_number_is_an_error_and_no_try(
    client: httpx.Client, scheme: SchemeMade, people: People, letter: Letter
) -> None:
    for number, code, missing in (
        ("", letter.code, {"number": "Enter your number"}),
        (letter.number, " - ", {"code": "Enter your code"}),
        ("", "", {"number": "Enter your number", "code": "Enter your code"}),
    ):
        answer = types(client, scheme, number, code)
        assert answer.status_code == 422
        assert re.findall(r'<a href="#(\w+)">(.*?)</a>', answer.text) == list(missing.items())
        assert re.findall(r'id="(\w+)-error"', answer.text) == list(missing)
    assert people.tries_of(letter.token) == 0


def test_a_code_from_another_site_is_refused(
    client: httpx.Client, scheme: SchemeMade, people: People, letter: Letter
) -> None:
    answer = client.post(
        f"/{scheme.slug}/code",
        data={"number": letter.number, "code": letter.code},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert people.tries_of(letter.token) == 0


@pytest.fixture
def texted(client: httpx.Client, scheme: SchemeMade, people: People) -> tuple[Tab, str]:
    """The tab of somebody who has just registered a mobile, and the link of the text that came."""
    tab = Tab(client, scheme)
    tab.answers(
        {
            "who": {"kind": "individual"},
            "how": {"contact_by": ["sms"]},
            "number": {"mobile": MOBILE},
            "format": {},
            "topics": {"topics": ["all"]},
        }
    )
    tab.answer("check")
    (sent,) = people.letters(scheme)
    registration = people.registration(scheme)
    return tab, people.link(scheme, registration, channel="sms", code=(sent["challenge"], "012345"))


def test_a_text_is_confirmed_by_its_code_on_the_last_page(texted: tuple[Tab, str], people: People) -> None:
    tab, token = texted
    wrong = tab.answer("done", code="999999")
    assert wrong.status_code == 422
    assert '<a href="#code">The code is not right, or it has been used, or it is too old' in wrong.text
    assert "999999" not in wrong.text
    assert '<a href="#code">Enter the code' in tab.answer("done", code=" ").text
    assert people.tries_of(token) == 1
    assert tab.leads_to(tab.answer("done", code="012 345")) == f"/{tab.scheme.slug}/confirmed"
    assert people.is_used(token)
    assert tab.answer("done", code="012345").status_code == 422


def test_the_code_of_a_text_is_taken_from_its_own_browser_for_an_hour(
    texted: tuple[Tab, str], people: People
) -> None:
    tab, token = texted
    proof = proof_in(tab.get("done"))
    stranger = Tab(tab.client, tab.scheme)
    assert stranger.leads_to(stranger.post("done", code="012345", proof=proof)) == "done"
    assert tab.leads_to(tab.post("done", code="012345", proof="0" * 64)) == "done"
    people.end_the_hour()
    assert tab.leads_to(tab.post("done", code="012345", proof=proof)) == "done"
    assert 'name="code"' not in tab.get("done").text
    assert people.tries_of(token) == 0
