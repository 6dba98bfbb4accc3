"""The public JSON API (contract.md)."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import redis

from service.doorbell import BUCKET_MS
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving

MAY_DIFFER = {"date", "server-timing", "x-request-id", "traceparent"}

ADA = {
    "kind": "individual",
    "email": "Ada@Example.org",
    "language": "en",
    "topics": ["opening"],
    "contact_by": ["email"],
    "consent": True,
}


def register(client: httpx.Client, scheme: SchemeMade, **changes: Any) -> httpx.Response:
    return client.post(f"/v1/schemes/{scheme.slug}/registrations", json=ADA | changes)


def seen(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that has to be the same for everybody."""
    headers = [(name, value) for name, value in answer.headers.items() if name not in MAY_DIFFER]
    return answer.status_code, answer.content, headers


def queued(serving: Serving) -> set[str]:
    with redis.Redis.from_url(serving.redis_owner_url) as valkey:
        return {member.decode().split(":")[0] for member in valkey.zrange("arq:queue:urgent", 0, -1)}


def test_a_registration_is_in_the_letterbox_as_it_was_sent(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    assert register(client, scheme, name="Ada").status_code == 202
    (letter,) = people.letters(scheme)
    assert {name: letter[name] for name in ADA} == ADA
    assert letter["name"] == "Ada"


def test_the_workers_are_rung_for_a_registration(
    client: httpx.Client, scheme: SchemeMade, serving: Serving
) -> None:
    with redis.Redis.from_url(serving.redis_owner_url) as valkey:
        valkey.flushall()
    time.sleep(2 * BUCKET_MS / 1000)  # Within a tenth of a second, rings for one job are one.
    register(client, scheme)
    assert "intake" in queued(serving)


def test_30_everybody_gets_the_same_answer(client: httpx.Client, scheme: SchemeMade) -> None:
    first = register(client, scheme)
    again = register(client, scheme)
    somebody_else = register(
        client, scheme, email="grace@example.com", kind="organisation", organisation="Cyf"
    )
    assert seen(first) == seen(again) == seen(somebody_else)
    assert first.json() == {"status": "received"}


def test_a_scheme_shows_what_is_public_of_it(client: httpx.Client, scheme: SchemeMade) -> None:
    assert client.get(f"/v1/schemes/{scheme.slug}").json() == {
        "slug": scheme.slug,
        "name": {"en": "Windrush Compensation Scheme", "cy": "Cynllun Iawndal Windrush"},
        "open": True,
        "topics": [
            {"code": "opening", "en": "When the scheme opens", "cy": "Pan fydd y cynllun yn agor"},
            {"code": "rules", "en": "The rules", "cy": "Y rheolau"},
        ],
        "privacy_notice": "https://example.org/privacy",
    }


@pytest.mark.parametrize("slug", ["nobody-made-this", "%00", "A", "x" * 300, "%F0%9F%92%A3", "a%0Ab"])
def test_an_unknown_scheme_is_404_whatever_it_looks_like(client: httpx.Client, slug: str) -> None:
    for answer in (
        client.get(f"/v1/schemes/{slug}"),
        client.post(f"/v1/schemes/{slug}/registrations", json=ADA),
    ):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_closed_scheme_refuses_with_its_date(client: httpx.Client, people: People) -> None:
    closed = people.scheme(closed_on=date(2026, 5, 1))
    answer = register(client, closed)
    assert answer.status_code == 409
    assert "1 May 2026" in answer.json()["detail"]
    assert people.letters(closed) == []


def test_a_topic_that_the_scheme_lacks_is_named_by_its_place(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    answer = register(client, scheme, topics=["opening", "no-such-topic"])
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["topics.1"]
    assert "no-such-topic" not in answer.text


def test_a_link_confirms_once(client: httpx.Client, scheme: SchemeMade, people: People) -> None:
    registration = people.registration(scheme)
    token = people.link(scheme, registration)
    first = client.post("/v1/confirmations", json={"token": token})
    assert (first.status_code, first.json()) == (200, {"status": "confirmed"})
    assert people.state_of(registration) == "confirmed"
    assert client.post("/v1/confirmations", json={"token": token}).status_code == 410


def test_31_used_expired_unknown_and_malformed_links_and_codes_are_one_answer(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    used = people.link(scheme, people.registration(scheme))
    client.post("/v1/confirmations", json={"token": used})
    expired = people.link(scheme, people.registration(scheme), lives=timedelta(seconds=-1))
    bodies: list[dict[str, str]] = [
        {"token": used},
        {"token": expired},
        {"token": "A" * 43},
        {"token": "not\0a token \N{PILE OF POO}"},
        {"token": ""},
        {"challenge": "A" * 22, "code": "123456"},
        {"number": "KI-0000-0000", "code": "123456"},
    ]
    answers = [seen(client.post("/v1/confirmations", json=body)) for body in bodies]
    assert answers[0][0] == 410
    assert all(answer == answers[0] for answer in answers)


def test_a_choice_about_a_change_is_kept_and_the_workers_rung(
    client: httpx.Client, scheme: SchemeMade, people: People, serving: Serving
) -> None:
    token = people.link(scheme, None)
    answer = client.post("/v1/confirmations", json={"token": token, "choice": "another"})
    assert (answer.status_code, answer.json()) == (200, {"status": "confirmed"})
    assert people.choice_of(token) == "another"
    assert "changes" in queued(serving)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "123456"},
        {"token": "A" * 43, "code": "123456"},
        {"challenge": "x", "number": "y", "code": "z"},
    ],
)
def test_a_confirmation_that_is_neither_a_link_nor_a_code_is_422(
    client: httpx.Client, body: dict[str, str]
) -> None:
    answer = client.post("/v1/confirmations", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "token"


def test_it_says_that_it_is_alive_and_ready(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def test_security_txt_has_what_rfc_9116_requires(client: httpx.Client) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"].startswith("https://")
    assert datetime.fromisoformat(fields["Expires"]) > datetime.now(UTC)


def test_the_openapi_document_shows_every_call_with_an_example_that_works(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    document = client.get("/v1/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/schemes/{scheme}",
        "/v1/schemes/{scheme}/registrations",
        "/v1/confirmations",
        "/v1/links",
        "/v1/preferences/{token}",
        "/v1/preferences/{token}/copy",
        "/unsubscribe/{token}",
        "/health/live",
        "/health/ready",
        "/.well-known/security.txt",
    }
    assert "HTTPValidationError" not in document["components"]["schemas"]
    post = document["paths"]["/v1/schemes/{scheme}/registrations"]["post"]
    examples = post["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        answer = client.post(f"/v1/schemes/{scheme.slug}/registrations", json=example["value"])
        assert answer.status_code == 202
    _, token = people.managed(scheme)
    for path, method, url, known in (
        ("/v1/links", "POST", "/v1/links", {"scheme": scheme.slug}),
        ("/v1/preferences/{token}", "PATCH", f"/v1/preferences/{token}", {}),
    ):
        described = document["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
        for example in described["examples"].values():
            assert client.request(method, url, json=example["value"] | known).is_success, path
