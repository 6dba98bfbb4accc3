"""Leaving by the link in every message (RFC 8058)."""

import re
from typing import Any

import httpx
import pytest

from service.crypto.tokens import new_token
from tests.web_public.people import People, SchemeMade
from tests.web_public.test_json_api import seen

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": b""},
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"\xff\xff", "headers": {"content-type": "multipart/form-data"}},
        {"json": {"List-Unsubscribe": "One-Click"}},
    ],
    ids=["none", "empty", "form", "multipart", "broken", "json"],
)
def test_32_one_click_leaves_whatever_the_body(
    client: httpx.Client, scheme: SchemeMade, people: People, body: dict[str, Any]
) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", token=token)
    answer = client.post(f"/unsubscribe/{token}", **body)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert people.state_of(registration) == "left"


def answered(client: httpx.Client, token: str, accept: dict[str, str]) -> tuple[int, bytes, list[Any]]:
    """All of an answer, but for the link's own address where the page goes on from it."""
    status, body, headers = seen(client.post(f"/unsubscribe/{token}", headers=accept))
    body = body.replace(f"/unsubscribe/{token}/".encode(), b"/")
    return status, body, [each for each in headers if each[0] != "content-length"]


def test_32_known_unknown_used_and_malformed_links_get_one_answer(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    people.registration(scheme, state="confirmed", language="cy", token=token)
    for accept in ({}, BROWSER):
        answers = [answered(client, one, accept) for one in (token, token, new_token(), "%00", "x")]
        assert answers[0][0] == 200
        assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_case_17_a_mail_scanner_that_opens_the_link_does_not_leave(
    client: httpx.Client, scheme: SchemeMade, people: People, method: str
) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", token=token)
    assert client.request(method, f"/unsubscribe/{token}").status_code == 200
    assert people.state_of(registration) == "confirmed"


def test_a_browser_gets_a_page_that_says_so(client: httpx.Client) -> None:
    answer = client.post("/unsubscribe/anything?lang=cy", headers=BROWSER)
    assert answer.headers["content-type"].startswith("text/html")
    assert "Rydych wedi ymadael" in answer.text
    assert 'href="/unsubscribe/anything/left?lang=en"' in answer.text
    assert "You have left" in client.get("/unsubscribe/anything/left?lang=en").text


def test_the_page_asks_in_the_language_of_the_registration(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    people.registration(scheme, state="confirmed", language="cy", token=token)
    page = client.get(f"/unsubscribe/{token}").text
    assert '<html lang="cy"' in page
    assert f'action="/unsubscribe/{token}?lang=cy"' in page
    assert '<html lang="en"' in client.get(f"/unsubscribe/{token}?lang=en").text


def test_somebody_who_has_not_confirmed_can_leave(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    registration = people.registration(scheme, token=token)
    client.post(f"/unsubscribe/{token}")
    assert people.state_of(registration) == "left"


def test_a_body_that_is_too_long_is_refused_before_anything_happens(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", token=token)
    chunks = (b"x" * 1024 for _ in range(17))
    for content in (b"x" * 16_385, chunks):
        assert client.post(f"/unsubscribe/{token}", content=content).status_code == 413
    assert people.state_of(registration) == "confirmed"


def test_leaving_is_undone_by_a_button_and_not_by_opening_anything(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", language="cy", token=token)
    page = client.post(f"/unsubscribe/{token}?lang=en", headers=BROWSER).text
    assert f'action="/unsubscribe/{token}/undo?lang=en"' in page
    for path in ("undo", "choices", "left"):
        client.get(f"/unsubscribe/{token}/{path}")
    assert people.state_of(registration) == "left"
    elsewhere = client.post(f"/unsubscribe/{token}/undo", headers={"sec-fetch-site": "cross-site"})
    assert (elsewhere.status_code, people.state_of(registration)) == (403, "left")
    back = client.post(f"/unsubscribe/{token}/undo", headers=BROWSER)
    assert (back.status_code, back.headers["location"]) == (303, "/returned?lang=cy")
    assert "set-cookie" not in back.headers
    assert people.state_of(registration) == "confirmed"
    assert client.post(f"/unsubscribe/{new_token()}/undo", headers=BROWSER).status_code == 410


def test_fewer_topics_or_the_other_language_instead_of_leaving(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", token=token)
    path = f"/unsubscribe/{token}/choices"
    nothing = client.post(path, data={"language": "cy"}, headers=BROWSER)
    assert (nothing.status_code, "Select at least one topic" in nothing.text) == (422, True)
    assert re.findall(r'value="(\w+)" checked', nothing.text) == ["cy"], "what was chosen is not lost"
    client.post(f"/unsubscribe/{token}")
    saved = client.post(path, data={"topics": ["rules", "cats"], "language": "cy"}, headers=BROWSER)
    assert (saved.status_code, saved.headers["location"]) == (303, "/chosen?lang=cy")
    assert people.state_of(registration) == "confirmed"
    assert people.choices_of(registration) == ("cy", ["rules"])
    page = client.get(path).text
    assert re.findall(r'value="(\w+)" checked', page) == ["rules", "cy"]
    assert client.post(f"/unsubscribe/{new_token()}/choices", data={"topics": "rules"}).status_code == 410


def test_the_link_of_a_test_send_says_that_it_does_nothing_and_does_nothing(client: httpx.Client) -> None:
    for language, heading in (("en", "This link is from a test"), ("cy", "Dolen brawf yw hon")):
        page = client.get(f"/unsubscribe/test?lang={language}", headers=BROWSER)
        assert (page.status_code, f"{heading}</h1>" in page.text) == (200, True)
        assert "<button" not in page.text
    # What a mail provider does with the header of one click.
    assert client.post("/unsubscribe/test").status_code == 200
