"""What every request to the public host meets first: limits, headers, the log."""

import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from service.crypto.tokens import new_token
from service.errors import Misconfigured
from service.settings import PublicSettings
from service.web import brand
from service.web.public.app import create_app
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving
from tests.web_public.test_json_api import ADA

PAGES = ("/", "/{scheme}", "/{scheme}/register/who", "/confirm/x", "/unsubscribe/x", "/nowhere/at/all")
DATA = ("/v1/schemes/{scheme}", "/v1/nowhere", "/health/live", "/.well-known/security.txt")


@pytest.mark.parametrize("path", [*PAGES, *DATA])
def test_36_every_answer_has_the_headers_and_may_be_stored_nowhere(
    client: httpx.Client, scheme: SchemeMade, path: str
) -> None:
    headers = client.get(path.format(scheme=scheme.slug)).headers
    policy = [part.strip() for part in headers["content-security-policy"].split(";")]
    assert policy[0] == "default-src 'none'"
    assert "frame-ancestors 'none'" in policy
    assert not any("unsafe" in part or "http" in part or "*" in part for part in policy)
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "server" not in headers


def test_a_method_that_a_path_does_not_know_is_answered_with_all_that_it_knows(client: httpx.Client) -> None:
    answer = client.put("/unsubscribe/x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert client.post("/cookies").headers["allow"] == "GET, HEAD"


def test_assets_may_be_kept_and_a_missing_one_not(client: httpx.Client) -> None:
    assert client.get(f"/assets/{brand.STYLESHEET}").headers["cache-control"] == "public, max-age=86400"
    assert client.get("/assets/nothing.css").headers["cache-control"] == "no-store"


def test_35_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(
    client: httpx.Client, scheme: SchemeMade
) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    body = json.dumps(ADA).encode()
    headers = {"content-type": "application/json"}
    assert client.post(path, content=body.ljust(16_384), headers=headers).status_code == 202
    too_long = client.post(path, content=body.ljust(16_385), headers=headers)
    assert too_long.status_code == 413
    assert too_long.headers["content-type"] == "application/problem+json"


def test_35_a_chunked_body_that_is_too_long_is_413_without_waiting_for_its_end(
    serving: Serving, scheme: SchemeMade
) -> None:
    address = urlsplit(serving.url)
    head = (
        f"POST /v1/schemes/{scheme.slug}/registrations HTTP/1.1\r\nHost: {address.netloc}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as wire:
        wire.sendall(head.encode())
        for _ in range(5):
            wire.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
        assert b" 413 " in wire.recv(4096).splitlines()[0]


@pytest.mark.parametrize("length", ["99999999999", "9" * 400])
def test_35_a_body_that_declares_itself_too_long_is_refused_unread(
    serving: Serving, scheme: SchemeMade, length: str
) -> None:
    address = urlsplit(serving.url)
    head = (
        f"POST /{scheme.slug}/register/email HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
    began = time.monotonic()
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as wire:
        wire.sendall(head.encode())
        first = wire.recv(4096)
    assert first.split(b" ")[1] in {b"413", b"400"}  # uvicorn itself refuses a length of 400 digits
    assert time.monotonic() - began < 5


async def test_the_log_has_templates_and_nothing_of_the_people(
    serving: Serving, scheme: SchemeMade, people: People
) -> None:
    token = new_token()
    people.registration(scheme, state="confirmed", token=token)
    link = people.link(scheme, people.registration(scheme))
    app = create_app(serving.settings)
    transport = httpx.ASGITransport(app, client=("203.0.113.77", 1234))
    async with httpx.AsyncClient(transport=transport, base_url=serving.url) as client:
        with capture_logs() as logs:
            await client.post(f"/v1/schemes/{scheme.slug}/registrations", json=ADA)
            await client.post(f"/unsubscribe/{token}?mail=sentinel-query")
            await client.get(f"/confirm/{link}")
            await client.get("/sentinel-path/of/nobody")
            await client.request("SENTINEL-METHOD", "/")
    await _close(app)
    answered = [entry for entry in logs if entry["event"] == "answered"]
    assert [(entry["method"], entry["route"], entry["status"]) for entry in answered] == [
        ("POST", "/v1/schemes/{scheme}/registrations", 202),
        ("POST", "/unsubscribe/{token}", 200),
        ("GET", "/confirm/{token}", 200),
        ("GET", "-", 404),
        ("other", "/", 405),
    ]
    written = json.dumps(logs)
    for secret in (token, link, "203.0.113.77", "entinel", "Ada@", scheme.slug):
        assert secret not in written


async def test_it_does_not_start_as_another_role(serving: Serving) -> None:
    wrong = serving.settings.model_copy(
        update={"database_url": type(serving.settings.database_url)(serving.superuser_url)}
    )
    app = create_app(wrong)
    with pytest.raises(Misconfigured, match="KEPT_DATABASE_URL"):
        async with app.router.lifespan_context(app):
            pass
    await _close(app)


async def test_without_the_database_it_is_alive_and_not_ready(serving: Serving) -> None:
    nowhere = "postgresql://kept_public:x@127.0.0.1:1/kept"
    settings = PublicSettings.model_validate(
        serving.settings.model_dump() | {"database_url": nowhere, "redis_url": "redis://127.0.0.1:1"}
    )
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=serving.url) as client:
        assert (await client.get("/health/live")).status_code == 200
        answers = {path: await client.get(path) for path in ("/health/ready", "/v1/schemes/windrush", "/")}
    await _close(app)
    for answer in answers.values():
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert answers["/"].headers["content-type"].startswith("text/html")
    assert answers["/health/ready"].headers["content-type"] == "application/problem+json"


async def test_without_the_doorbell_a_registration_is_kept_all_the_same(
    serving: Serving, scheme: SchemeMade, people: People
) -> None:
    settings = PublicSettings.model_validate(
        serving.settings.model_dump() | {"redis_url": "redis://127.0.0.1:1"}
    )
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=serving.url) as client:
        answer = await client.post(f"/v1/schemes/{scheme.slug}/registrations", json=ADA)
    await _close(app)
    assert answer.status_code == 202
    assert len(people.letters(scheme)) == 1


def test_its_role_can_read_no_person_and_not_even_its_own_letterbox(serving: Serving) -> None:
    with psycopg.connect(serving.settings.database_url.get_secret_value()) as connection:
        for table in ("registrations", "contacts", "confirmations", "intake", "journey_answers"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"SELECT 1 FROM {table}".encode())


def test_the_generic_brand_has_nothing_that_only_gov_uk_may_wear(client: httpx.Client) -> None:
    original = (brand.ASSETS / "govuk" / brand.STYLESHEET).read_text()
    served = client.get(f"/assets/{brand.STYLESHEET}").text
    assert served == brand.generic_brand(original)
    for mark in ("@font-face", "GDS Transport", "crest", "url("):
        assert mark not in served
    assert "@font-face" in original
    for path in ("fonts/bold-b542beb274-v2.woff2", "images/govuk-crest.svg", "images/favicon.ico"):
        assert client.get(f"/assets/{path}").status_code == 404
    page = client.get("/accessibility").text
    assert "<svg" not in page
    assert "GOV.UK" not in page


async def test_the_gov_uk_brand_has_its_own_header_fonts_and_icons(serving: Serving) -> None:
    app = create_app(serving.settings.model_copy(update={"brand": "govuk"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=serving.url) as client:
        page = await client.get("/accessibility")
        assert "govuk-header__logotype" in page.text
        for path in ("fonts/bold-b542beb274-v2.woff2", "images/favicon.ico", brand.STYLESHEET):
            assert (await client.get(f"/assets/{path}")).status_code == 200
    await _close(app)


async def _close(app: FastAPI) -> None:
    await app.state.process.doorbell.close()
    await app.state.process.transactions.close()
