"""When the issuer asks again, and when it goes by what it remembers: prompt, max_age, auth_time."""

import time

import pytest

from tests.demo_issuer.browser import Browser, returned
from tests.demo_issuer.running import RunningIssuer

ASKS = "Choose who to sign in as"


def _auth_time(browser: Browser, code: str) -> int:
    auth_time: int = browser.claims(browser.exchange(code).json()["id_token"])["auth_time"]
    return auth_time


def _wait_for_the_next_second() -> None:
    # auth_time counts whole seconds.
    time.sleep(1.05 - time.time() % 1)


def test_a_browser_that_is_signed_in_is_sent_back_with_the_time_of_its_sign_in(browser: Browser) -> None:
    first = _auth_time(browser, returned(browser.choose("senior"))["code"])
    _wait_for_the_next_second()

    silent = browser.ask()

    assert _auth_time(browser, returned(silent)["code"]) == first


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_a_prompt_asks_again_and_gives_a_new_auth_time(browser: Browser, prompt: str) -> None:
    first = _auth_time(browser, returned(browser.choose("senior"))["code"])
    _wait_for_the_next_second()

    assert ASKS in browser.ask(prompt=prompt).text

    chosen = browser.choose("senior2", prompt=prompt)
    assert _auth_time(browser, returned(chosen)["code"]) > first


def test_max_age_asks_again_once_the_sign_in_is_older(browser: Browser) -> None:
    browser.choose("senior")
    returned(browser.ask(max_age="300"))
    _wait_for_the_next_second()

    assert ASKS in browser.ask(max_age="1").text
    assert ASKS in browser.ask(max_age="0").text
    assert ASKS in browser.ask(max_age="soon").text


def test_nothing_is_asked_and_nobody_signed_in_under_prompt_none(browser: Browser) -> None:
    assert returned(browser.ask(prompt="none"))["error"] == "login_required"

    browser.choose("senior")
    assert "code" in returned(browser.ask(prompt="none"))
    assert returned(browser.ask(prompt="none", max_age="0"))["error"] == "login_required"


def test_signing_out_makes_the_next_request_ask_again(browser: Browser, issuer: RunningIssuer) -> None:
    id_token = browser.sign_in("senior")["id_token"]
    asked = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": "http://127.0.0.1:8001/",
        "state": "back",
    }

    answer = browser.http.get("/end-session", params=asked)

    assert answer.status_code == 302
    assert answer.headers["location"] == "http://127.0.0.1:8001/?state=back"
    assert ASKS in browser.ask().text


def test_signing_out_never_leads_to_an_address_that_is_not_registered(browser: Browser) -> None:
    id_token = browser.sign_in("senior")["id_token"]
    asked = {"id_token_hint": id_token, "post_logout_redirect_uri": "http://127.0.0.1:8001/elsewhere"}

    answer = browser.http.get("/end-session", params=asked)

    assert answer.status_code == 200
    assert "You are signed out" in answer.text
    assert ASKS in browser.ask().text


def test_a_copied_cookie_is_worth_nothing_after_signing_out(browser: Browser) -> None:
    browser.choose("senior")
    copied = dict(browser.http.cookies)
    browser.http.post("/end-session")

    browser.http.cookies.update(copied)

    assert ASKS in browser.ask().text


def test_a_forged_id_token_hint_leads_nowhere(browser: Browser) -> None:
    asked = {"id_token_hint": "e30.e30.e30", "post_logout_redirect_uri": "http://127.0.0.1:8001/"}

    answer = browser.http.get("/end-session", params=asked)

    assert answer.status_code == 400
    assert "location" not in answer.headers
