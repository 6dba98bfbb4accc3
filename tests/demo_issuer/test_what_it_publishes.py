"""Discovery, keys, userinfo, the page, and tokens for the command line."""

import re
from pathlib import Path

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt

from deploy.demo.issuer.config import read_config
from deploy.demo.issuer.people import PEOPLE as PERSONS
from deploy.demo.issuer.tokens import SignedIn, Tokens, signing_key
from tests.demo_issuer.browser import Browser
from tests.demo_issuer.running import CLIENT_ID, REDIRECT_URI, RunningIssuer, write_config

# contract.md, after the table of roles.
PEOPLE = ["comms", "comms2", "senior", "senior2", "caseworker", "caseworker2", "dpo", "operator", "reviewer"]


def test_every_endpoint_that_discovery_names_is_there(browser: Browser, issuer: RunningIssuer) -> None:
    document = browser.http.get("/.well-known/openid-configuration").json()

    assert document["issuer"] == issuer.url
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["response_types_supported"] == ["code"]
    named = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(named) == 5
    for url in named:
        assert url.startswith(issuer.url)
        assert browser.http.get(url).status_code != 404


def test_only_the_public_half_of_the_key_is_published(browser: Browser) -> None:
    (key,) = browser.http.get("/jwks").json()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_health_answers(browser: Browser) -> None:
    assert browser.http.get("/health/live").status_code == 200


def test_the_page_says_that_it_is_a_demo_and_has_a_button_for_everybody(browser: Browser) -> None:
    answer = browser.ask()

    assert "This is a demo." in answer.text
    assert "no passwords" in answer.text
    assert re.findall(r'<button type="submit" name="person" value="(\w+)">', answer.text) == PEOPLE


def test_the_page_runs_no_script_and_is_kept_nowhere(browser: Browser) -> None:
    answer = browser.ask(state="\"><script>alert('x')</script>")

    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"


def test_somebody_who_is_not_on_the_page_cannot_be_chosen(browser: Browser) -> None:
    answer = browser.choose("minister")

    assert answer.status_code == 200
    assert "location" not in answer.headers


def test_userinfo_tells_who_the_token_is_for(browser: Browser) -> None:
    token = browser.sign_in("reviewer")["access_token"]

    answer = browser.http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert answer.json()["sub"] == "demo-reviewer"
    assert answer.json()["email"] == "reviewer@staff.example.org"


def test_userinfo_takes_no_id_token_and_no_forgery(browser: Browser) -> None:
    tokens = browser.sign_in("reviewer")
    forged = tokens["access_token"][:-8] + "AAAAAAAA"

    for token in (tokens["id_token"], forged, "x", "e30.e30.e30", "..", "é"):
        answer = browser.http.get("/userinfo", headers={b"Authorization": f"Bearer {token}".encode()})
        assert answer.status_code == 401
    assert browser.http.get("/userinfo").status_code == 401


def test_an_id_token_is_no_access_token_where_client_and_audience_are_one(tmp_path: Path) -> None:
    config = read_config(write_config(tmp_path, {"audience": CLIENT_ID}))
    tokens = Tokens(config, signing_key(None))
    access = tokens.access_token(SignedIn(PERSONS["senior"], auth_time=1_000), now=1_000)
    claims = jwt.decode(access, tokens.key, algorithms=["RS256"]).claims
    id_token = jwt.encode(tokens.header("JWT"), claims, tokens.key, algorithms=["RS256"])

    assert tokens.bearer(access, now=1_000) == PERSONS["senior"]
    assert tokens.bearer(id_token, now=1_000) is None


@pytest.mark.parametrize("person", PEOPLE)
def test_the_command_line_gets_a_token_for_everybody(browser: Browser, person: str) -> None:
    answer = browser.http.post("/demo/token", json={"person": person})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "expires_in", "token_type"}
    assert answer.json()["expires_in"] == 3600
    claims = browser.claims(answer.json()["access_token"])
    assert claims["sub"] == f"demo-{person}"
    assert claims["roles"] == [person.rstrip("2")]
    assert claims["email"] == f"{person}@staff.example.org"
    assert claims["auth_time"] == claims["iat"]


def test_such_a_token_has_the_claims_of_one_from_the_token_endpoint(browser: Browser) -> None:
    from_command_line = browser.http.post("/demo/token", json={"person": "senior"}).json()["access_token"]
    from_signing_in = browser.sign_in("senior")["access_token"]

    assert browser.claims(from_command_line).keys() == browser.claims(from_signing_in).keys()


def test_an_unknown_person_is_told_who_there_is(browser: Browser) -> None:
    answer = browser.http.post("/demo/token", json={"person": "minister"})

    assert answer.status_code == 404
    assert ", ".join(PEOPLE) in answer.json()["title"]
    assert "minister" not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"person": 1}', b"[" * 20_000, b"\xff"])
def test_what_is_not_a_question_for_a_token_gets_none(browser: Browser, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    assert browser.http.post("/demo/token", content=body, headers=headers).status_code == 422


def test_a_page_elsewhere_cannot_fetch_a_token_with_a_visitors_browser(
    browser: Browser, issuer: RunningIssuer
) -> None:
    simple = browser.http.post(
        "/demo/token", content='{"person":"senior"}', headers={"Content-Type": "text/plain"}
    )
    rebound = browser.http.post(
        "/demo/token", json={"person": "senior"}, headers={"Host": f"attacker.example:{issuer.port}"}
    )

    assert simple.status_code == 415
    assert rebound.status_code == 400


def test_authlibs_own_client_signs_in(issuer: RunningIssuer, browser: Browser) -> None:
    with OAuth2Session(
        CLIENT_ID,
        issuer.client_secret,
        scope="openid",
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
    ) as client:
        client.trust_env = False
        url, _ = client.create_authorization_url(f"{issuer.url}/authorize", code_verifier=browser.verifier)
        chosen = browser.http.post(httpx.URL(url), data={"person": "senior"})
        tokens = client.fetch_token(
            f"{issuer.url}/token",
            authorization_response=chosen.headers["location"],
            code_verifier=browser.verifier,
        )

    assert browser.claims(tokens["id_token"])["sub"] == "demo-senior"
