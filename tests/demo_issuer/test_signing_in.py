"""The authorization code flow, against the real process."""

import time

import pytest

from tests.demo_issuer.browser import Browser, returned
from tests.demo_issuer.running import AUDIENCE, CLIENT_ID, REDIRECT_URI, RunningIssuer


def test_choosing_a_person_signs_them_in(browser: Browser, issuer: RunningIssuer) -> None:
    before = int(time.time())

    tokens = browser.sign_in("senior")

    claims = browser.claims(tokens["id_token"])
    assert claims["iss"] == issuer.url
    assert claims["aud"] == CLIENT_ID
    assert claims["sub"] == "demo-senior"
    assert claims["roles"] == ["senior"]
    assert claims["email"] == "senior@staff.example.org"
    assert before <= claims["auth_time"] <= time.time()
    assert claims["exp"] > claims["iat"]
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert "refresh_token" not in tokens


def test_the_access_token_is_for_the_staff_api_and_says_who_signed_in_when(
    browser: Browser, issuer: RunningIssuer
) -> None:
    tokens = browser.sign_in("caseworker2")

    access = browser.claims(tokens["access_token"])
    assert access["iss"] == issuer.url
    assert access["aud"] == AUDIENCE
    assert access["client_id"] == CLIENT_ID
    assert access["sub"] == "demo-caseworker2"
    assert access["roles"] == ["caseworker"]
    assert access["exp"] - access["iat"] == 3600
    assert access["auth_time"] == browser.claims(tokens["id_token"])["auth_time"]
    assert access["jti"] != browser.claims(browser.sign_in("caseworker2")["access_token"])["jti"]


def test_nonce_and_state_come_back_as_they_were_sent(browser: Browser) -> None:
    back = returned(browser.choose("comms"))

    assert back["state"] == browser.state
    id_token = browser.exchange(back["code"]).json()["id_token"]
    assert browser.claims(id_token)["nonce"] == browser.nonce


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": None},
        {"code_challenge": "short"},
    ],
    ids=["missing", "no method", "plain", "no challenge", "malformed"],
)
def test_a_request_without_pkce_s256_is_refused(browser: Browser, changes: dict[str, str | None]) -> None:
    for back in (returned(browser.ask(**changes)), returned(browser.choose("senior", **changes))):
        assert back["error"] == "invalid_request"
        assert back["state"] == browser.state
        assert "code" not in back


def test_a_code_is_worth_nothing_without_its_verifier(browser: Browser) -> None:
    without = browser.exchange(returned(browser.choose("senior"))["code"], code_verifier=None)
    with_another = browser.exchange(returned(browser.choose("senior"))["code"], code_verifier="x" * 43)

    assert without.status_code == 400
    assert with_another.status_code == 400
    assert with_another.json()["error"] == "invalid_grant"
    assert "access_token" not in without.text + with_another.text


def test_a_code_works_once(browser: Browser) -> None:
    code = returned(browser.choose("senior"))["code"]
    assert browser.exchange(code).status_code == 200

    again = browser.exchange(code)

    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"


def test_a_code_that_was_tried_with_a_wrong_verifier_is_used_up(browser: Browser) -> None:
    code = returned(browser.choose("senior"))["code"]
    browser.exchange(code, code_verifier="x" * 43)

    assert browser.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8001/elsewhere",
        f"{REDIRECT_URI}/",
        f"{REDIRECT_URI}?more=1",
        "http://127.0.0.1.example.org:8001/signed-in",
        "https://exämple.org/\"'<b>\\",
        None,
    ],
)
def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(
    browser: Browser, address: str | None
) -> None:
    for answer in (browser.ask(redirect_uri=address), browser.choose("senior", redirect_uri=address)):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "<b>" not in answer.text


def test_a_code_is_bound_to_the_address_it_was_sent_to(browser: Browser) -> None:
    code = returned(browser.choose("senior"))["code"]

    answer = browser.exchange(code, redirect_uri="http://127.0.0.1:8001/elsewhere")

    assert answer.json()["error"] == "invalid_grant"


def test_an_unknown_client_or_response_type_is_refused(browser: Browser) -> None:
    assert browser.ask(client_id="somebody-else").status_code == 400
    assert returned(browser.ask(response_type="token"))["error"] == "unsupported_response_type"
    assert browser.ask(response_type='tök"en').status_code == 400


def test_a_request_that_is_not_openid_is_refused(browser: Browser) -> None:
    assert returned(browser.choose("senior", scope="email"))["error"] == "invalid_scope"


def test_the_client_secret_is_taken_in_the_header_or_in_the_form(
    browser: Browser, issuer: RunningIssuer
) -> None:
    code = returned(browser.choose("dpo"))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": browser.verifier,
        "client_id": CLIENT_ID,
        "client_secret": issuer.client_secret,
    }

    assert browser.http.post("/token", data=form).status_code == 200


def test_a_wrong_client_secret_is_refused_and_leaves_the_code_alone(browser: Browser) -> None:
    code = returned(browser.choose("dpo"))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}

    for secret in ("guess", "größer", ""):
        answer = browser.http.post("/token", data=form, auth=(CLIENT_ID, secret))
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
    assert browser.http.post("/token", data={**form, "client_id": CLIENT_ID}).status_code == 401
    assert browser.exchange(code).status_code == 200


def test_another_kind_of_grant_is_refused(browser: Browser) -> None:
    for grant in ("password", "client_credentials", "refresh_token"):
        assert browser.exchange("", grant_type=grant).json()["error"] == "unsupported_grant_type"


def test_tokens_are_never_cached(browser: Browser) -> None:
    answer = browser.exchange(returned(browser.choose("senior"))["code"])

    assert answer.headers["cache-control"] == "no-store"
