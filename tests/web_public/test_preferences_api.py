"""A manage link by the JSON API: what its holder may do, and that nobody else learns or changes anything."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from service.crypto.tokens import new_token
from tests.web_public.people import People, SchemeMade
from tests.web_public.test_json_api import seen

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "", {}),
    ("PATCH", "", {"json": {"language": "cy"}}),
    ("DELETE", "", {}),
    ("POST", "/copy", {}),
]


def test_it_shows_choices_and_no_contact_details(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme, language="cy")
    answer = client.get(f"/v1/preferences/{token}")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "confirmed",
        "kind": "individual",
        "language": "cy",
        "topics": ["opening"],
        "contact_by": ["email"],
        "formats": [],
        "paused_until": None,
    }


def test_choices_are_changed_and_answered_as_they_are_then(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    registration, token = people.managed(scheme)
    path = f"/v1/preferences/{token}"
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    answer = client.patch(
        path, json={"language": "cy", "topics": ["rules"], "paused_until": until.isoformat()}
    )
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["language"], shown["topics"]) == ("cy", ["rules"])
    assert datetime.fromisoformat(shown["paused_until"]) == until
    assert people.choices_of(registration) == ("cy", ["rules"])
    assert client.get(path).json() == shown
    assert client.patch(path, json={"paused_until": None}).json()["paused_until"] is None
    # The same again changes nothing.
    assert client.patch(path, json={"topics": ["rules"]}).json() == client.get(path).json()
    assert people.letters(scheme) == []


def test_another_address_is_sealed_with_the_hash_of_the_link(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    path = f"/v1/preferences/{token}"
    before = client.get(path).json()
    assert client.patch(path, json={"email": " ada.new@example.org "}).json() == before
    added = {"contact_by": ["sms", "email"], "mobile": "07700 900123"}
    assert client.patch(path, json=added).json()["contact_by"] == ["sms", "email"]
    first, second = people.letters(scheme)
    assert first["ask"] == second["ask"] == "replacement"
    assert (first["ways"], first["email"], first["becomes"]) == (["email"], "ada.new@example.org", None)
    assert (second["ways"], second["mobile"]) == (["sms"], "07700 900123")
    assert first["link"] == sha256(token.encode()).hexdigest()
    assert token not in str(first)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "left"}, ""),
        ({"kind": "organisation"}, ""),
        ({"topics": []}, "topics"),
        ({"topics": ["cats"]}, "topics.0"),
        ({"contact_by": []}, "contact_by"),
        ({"contact_by": ["email", "letter"]}, "postal_address"),
        ({"email": "nobody"}, "email"),
        ({"mobile": "07700 900123"}, "mobile"),
        ({"paused_until": "2020-01-01T00:00:00Z"}, "paused_until"),
        ({"paused_until": "2999-01-01"}, "paused_until"),
        ({"paused_until": "2027-01-31T09:00:00"}, "paused_until"),
        ({"paused_until": 7}, "paused_until"),
        ({"paused_until": "9999-12-31T23:59:59-23:59"}, "paused_until"),
        ({"language": "fr"}, "language"),
        ({"formats": ["papyrus"]}, "formats.0"),
        ([], ""),
    ],
)
def test_a_wrong_field_is_named_without_its_value_and_nothing_changes(
    client: httpx.Client, scheme: SchemeMade, people: People, body: Any, field: str
) -> None:
    _, token = people.managed(scheme)
    before = people.everything_of(scheme)
    answer = client.patch(f"/v1/preferences/{token}", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not any(str(value) in answer.text for value in ("nobody", "2999", "papyrus", "cats", "900123"))
    assert people.everything_of(scheme) == before


def test_check_31_every_dead_link_gets_one_answer(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, erased = people.managed(scheme)
    assert client.delete(f"/v1/preferences/{erased}").status_code == 204
    other = people.registration(scheme, state="confirmed")
    expired = people.link(scheme, other, purpose="manage", lives=timedelta(0))
    confirming = people.link(scheme, other)
    pending = people.link(scheme, people.registration(scheme), purpose="manage")
    before = people.everything_of(scheme)
    for method, more, arguments in CALLS:
        answers = [
            seen(client.request(method, f"/v1/preferences/{token}{more}", **arguments))
            for token in (new_token(), erased, expired, confirming, pending, "x", "%00", "A" * 3000)
        ]
        assert answers[0][0] == 410, method
        assert all(answer == answers[0] for answer in answers), method
    assert people.everything_of(scheme) == before


def test_erasing_leaves_nothing_and_says_nothing(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    empty = people.everything_of(scheme)
    _, token = people.managed(scheme)
    answer = client.delete(f"/v1/preferences/{token}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert people.everything_of(scheme) == empty


def test_a_copy_is_asked_for_once_however_often(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    answers = [seen(client.post(f"/v1/preferences/{token}/copy")) for _ in range(3)]
    assert answers[0][0] == 202
    assert answers[1:] == answers[:1] * 2
    assert people.everything_of(scheme).count('"purpose":"copy"') == 1


def test_who_left_is_shown_so_and_changes_nothing_before_coming_back(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    client.post(f"/manage/{token}/leave")
    assert client.get(f"/v1/preferences/{token}").json()["status"] == "left"
    refused = client.patch(f"/v1/preferences/{token}", json={"language": "cy"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:kept:problem:has-left")
    client.post(f"/manage/{token}/return")
    assert client.get(f"/v1/preferences/{token}").json()["status"] == "confirmed"


def test_check_30_asking_for_a_link_gets_one_answer_whoever_it_is(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    people.managed(scheme)
    bodies = [{"email": "ada@example.org"}, {"email": "b" * 60 + "@example.com"}, {"mobile": "07700 900123"}]
    answers = [seen(client.post("/v1/links", json={"scheme": scheme.slug, **body})) for body in bodies]
    assert answers[0][:2] == (202, b'{"status":"received"}')
    assert all(answer == answers[0] for answer in answers)
    assert [letter["ask"] for letter in people.letters(scheme)] == ["link"] * 3
    assert people.letters(scheme)[0]["email"] == "ada@example.org"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.org", "mobile": "07700 900123"},
        {"email": "nobody"},
        {"mobile": "12"},
        {"email": "ada@example.org", "name": "x"},
    ],
)
def test_a_question_without_one_address_is_refused(
    client: httpx.Client, scheme: SchemeMade, people: People, body: dict[str, str]
) -> None:
    assert client.post("/v1/links", json={"scheme": scheme.slug, **body}).status_code == 422
    assert people.letters(scheme) == []


def test_a_link_is_asked_for_also_where_the_scheme_has_closed(client: httpx.Client, people: People) -> None:
    closed = people.scheme(closed_on=datetime.now(UTC).date())
    body = {"scheme": closed.slug, "email": "ada@example.org"}
    assert client.post("/v1/links", json=body).status_code == 202
    assert client.post("/v1/links", json=body | {"scheme": "no-such-scheme"}).status_code == 404


def test_a_body_that_is_too_long_is_refused_before_anything_happens(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    before = people.everything_of(scheme)
    for method, more, _ in CALLS[1:]:
        for content in (b"x" * 16_385, (b"x" * 1024 for _ in range(17))):
            answer = client.request(method, f"/v1/preferences/{token}{more}", content=content)
            assert answer.status_code == 413, method
    assert people.everything_of(scheme) == before
