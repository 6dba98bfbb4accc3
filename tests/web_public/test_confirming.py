"""Confirming by the page that the link opens."""

from datetime import timedelta

import httpx
import pytest

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
    for shown in ("Windrush Compensation Scheme", "A person", "English", "When the scheme opens"):
        assert shown in page
    assert "The rules" not in page


def test_the_button_confirms_and_goes_to_a_page_without_the_token(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    registration = people.registration(scheme, language="cy")
    token = people.link(scheme, registration, language="cy")
    assert '<html lang="cy"' in client.get(f"/confirm/{token}").text
    answer = client.post(f"/confirm/{token}?lang=cy")
    assert (answer.status_code, answer.headers["location"]) == (303, "/confirmed?lang=cy")
    assert people.state_of(registration) == "confirmed"
    assert "Rydych wedi cofrestru" in client.get("/confirmed?lang=cy").text


@pytest.mark.parametrize("choice", ["mine", "another", "not-me"])
def test_the_holder_of_a_known_address_says_who_it_was(
    client: httpx.Client, scheme: SchemeMade, people: People, choice: str
) -> None:
    token = people.link(scheme, None)
    page = client.get(f"/confirm/{token}").text
    assert f'value="{choice}"' in page
    answer = client.post(f"/confirm/{token}", data={"choice": choice})
    assert (answer.status_code, answer.headers["location"]) == (303, "/answered")
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
