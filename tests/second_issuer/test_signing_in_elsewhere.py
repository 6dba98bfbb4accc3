"""Signing in with an OpenID provider that is not ours: pages, step-up, and tokens for the JSON API."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from deploy.one_machine.ports import free_port
from deploy.one_machine.valkey import EmbeddedValkey
from service.settings import StaffSettings
from service.web.staff.app import create_app
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.second_issuer.running import CLIENT_ID, SecondIssuer, second_issuer, sign_in_there, there
from tests.web_public.serving import answering
from tests.web_staff.browsing import StaffBrowser, path_of

pytestmark = pytest.mark.skipif(not there, reason="there is no Node.js, or `make test` found no npm")


@pytest.fixture(scope="module")
def staff_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def issuer(staff_port: int) -> Iterator[SecondIssuer]:
    with second_issuer(staff_port) as running:
        yield running


@pytest.fixture
async def browser(
    service: Service,
    database: Database,
    valkey_server: EmbeddedValkey,
    issuer: SecondIssuer,
    staff_port: int,
) -> AsyncIterator[StaffBrowser]:
    settings = StaffSettings(
        database_url=SecretStr(database.url("kept_staff")),
        redis_url=SecretStr(valkey_server.url("kept_web")),
        public_url="http://127.0.0.1:1",
        staff_url=f"http://127.0.0.1:{staff_port}",
        oidc_issuer=issuer.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(issuer.client_secret),
    )
    with answering(create_app(settings), staff_port):
        async with StaffBrowser(settings.staff_url, issuer.url) as visitor:
            yield visitor


async def signed_in(browser: StaffBrowser, person: str, path: str = "/sign-in") -> httpx.Response:
    return await browser.get(await sign_in_there(browser.http, await browser.begin(path), person))


async def test_staff_sign_in_with_the_roles_that_it_tells_at_its_userinfo_endpoint(
    browser: StaffBrowser,
) -> None:
    answer = await signed_in(browser, "sam", "/sign-in?next=/who-may-do-what")

    assert path_of(answer) == "/who-may-do-what"
    assert (await browser.get("/v1/me")).json() == {"subject": "sam", "roles": ["caseworker", "senior"]}
    assert "Sam Senior (senior approver, caseworker)" in (await browser.get("/")).text


async def test_whoever_has_no_role_of_ours_may_nothing(browser: StaffBrowser) -> None:
    await signed_in(browser, "noa")

    assert "have no role in this service" in (await browser.get("/")).text
    assert (await browser.get(f"/v1/updates/{'0' * 8}-0000-4000-8000-{'0' * 12}")).status_code == 403


async def test_it_is_asked_for_a_fresh_sign_in_and_says_when_that_was(browser: StaffBrowser) -> None:
    await signed_in(browser, "ann")
    asked = parse_qs(urlsplit(await browser.begin("/sign-in?again=true")).query)
    assert asked["max_age"] == ["300"]

    answer = await signed_in(browser, "ann", "/sign-in?again=true")

    assert answer.status_code == 303


async def test_its_answer_is_refused_where_it_names_another_issuer(browser: StaffBrowser) -> None:
    callback = await sign_in_there(browser.http, await browser.begin(), "ann")
    assert "iss=" in callback

    answer = await browser.get(callback.replace("iss=http", "iss=https"))

    assert answer.status_code == 401
    assert (await browser.get("/v1/me")).status_code == 401


async def test_its_access_tokens_for_the_service_open_the_json_api_and_no_others_do(
    browser: StaffBrowser, issuer: SecondIssuer
) -> None:
    for resource, expected in ((f"{browser.host}/v1", 200), (None, 401)):
        token = await access_token(browser, issuer, "ann", resource)
        async with httpx.AsyncClient(base_url=browser.host, trust_env=False) as program:
            answer = await program.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == expected, resource


async def access_token(browser: StaffBrowser, issuer: SecondIssuer, person: str, resource: str | None) -> str:
    """A token for a program that acts for `person`: the same flow, with the API as its resource."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{browser.host}/sign-in/callback",
        "scope": "openid profile",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"resource": resource} if resource else {}),
    }
    at = str(httpx.URL(f"{issuer.url}/auth", params=asked))
    callback = await sign_in_there(browser.http, at, person)
    sent = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(callback).query)["code"][0],
        "redirect_uri": asked["redirect_uri"],
        "code_verifier": verifier,
        **({"resource": resource} if resource else {}),
    }
    answer = await browser.http.post(f"{issuer.url}/token", data=sent, auth=(CLIENT_ID, issuer.client_secret))
    return str(answer.raise_for_status().json()["access_token"])
