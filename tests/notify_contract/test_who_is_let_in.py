"""Tokens, by Notify's own clock."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import Target
from tests.notify_standin.conftest import KEYS, errors_of

CLOCK = "Error: Your system clock must be accurate to within 30 seconds"


def refusal(notify: Target, authorization: str | None) -> tuple[int, str]:
    headers = {} if authorization is None else {"Authorization": authorization}
    status, [(error, message)] = errors_of(notify.http.get("/v2/notifications", headers=headers))
    assert error == "AuthError"
    return status, message


def test_a_request_without_a_token_is_401(notify: Target) -> None:
    assert refusal(notify, None) == (401, "Unauthorized: authentication token must be provided")
    assert refusal(notify, "Basic x") == (401, "Unauthorized: authentication bearer scheme must be used")


@pytest.mark.parametrize("age", [-40, 40])
def test_a_token_of_another_time_is_refused_with_the_words_about_clocks(notify: Target, age: int) -> None:
    token = notify.token(iat=int(time.time()) - age)
    assert refusal(notify, f"Bearer {token}") == (403, CLOCK)
    assert errors_of(notify.post({}, token=token)) == (403, [("AuthError", CLOCK)])


@pytest.mark.parametrize("age", [-20, 20])
def test_a_token_within_thirty_seconds_is_good(notify: Target, age: int) -> None:
    token = notify.token(iat=int(time.time()) - age)
    assert notify.get("/v2/notifications", token=token).status_code == 200


def test_a_token_that_was_good_grows_old_by_notifys_clock(own: Own) -> None:
    notify = own()
    token = notify.token()
    for offset, status in ((0, 200), (40, 403), (0, 200)):
        notify.tell("clock", {"offset_seconds": offset})
        assert notify.get("/v2/notifications", token=token).status_code == status


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"secret": str(uuid4())}, "Invalid token: API key not found"),
        ({"iat": None}, "Invalid token: API key not found"),
        ({"iss": str(uuid4())}, "Invalid token: service not found"),
        ({"iss": "x"}, "Invalid token: service id is not the right data type"),
        ({"iss": None}, "Invalid token: iss field not provided"),
        ({"secret": str(uuid4()) * 2, "algorithm": "HS512"}, "Invalid token: algorithm used is not HS256"),
    ],
)
def test_a_token_that_says_the_wrong_thing_is_403(notify: Target, told: dict[str, Any], message: str) -> None:
    assert refusal(notify, f"Bearer {notify.token(**told)}") == (403, message)


@pytest.mark.parametrize("bearer", ["x", "a.b.c", "é.é.é", "e30.e30.e30.e30"])
def test_what_is_no_token_at_all_is_403(notify: Target, bearer: str) -> None:
    headers = {b"Authorization": f"Bearer {bearer}".encode()}
    answer = notify.http.get("/v2/notifications", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["message"].startswith("Invalid token: make sure your API token matches")


def test_a_revoked_key_and_an_archived_service_are_refused(own: Own) -> None:
    notify = own()
    team = notify.with_key("team")
    notify.tell(f"keys/{KEYS['team']}/revoke")
    assert refusal(notify, f"Bearer {team.token()}") == (403, "Invalid token: API key revoked")
    notify.tell("service", {"active": False})
    assert refusal(notify, f"Bearer {notify.token()}") == (403, "Invalid token: service is archived")


def test_a_bad_token_is_said_before_anything_else(notify: Target) -> None:
    answer = notify.http.post("/v2/notifications/email", content=b"{")
    assert answer.status_code == 401
