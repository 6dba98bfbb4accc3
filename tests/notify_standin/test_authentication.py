"""Who is let in, by the stand-in's own clock."""

import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from notifications_python_client.errors import HTTPError

from tests.notify_standin.conftest import ANY_TEXT, KEYS, SERVICE, Running, Starter, errors_of

CLOCK = "Error: Your system clock must be accurate to within 30 seconds"


def token(secret: str = KEYS["live"], algorithm: str = "HS256", **claims: Any) -> str:
    told = {"iss": SERVICE, "iat": int(time.time()), **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, secret, algorithm, {"typ": "JWT"})


def refusal(notify: Running, authorization: str | None) -> tuple[int, str]:
    headers = {} if authorization is None else {"Authorization": authorization}
    status, [(error, message)] = errors_of(notify.admin.get("/v2/notifications", headers=headers))
    assert error == "AuthError"
    return status, message


def test_a_request_without_a_token_is_401(notify: Running) -> None:
    assert refusal(notify, None) == (401, "Unauthorized: authentication token must be provided")
    assert refusal(notify, "Basic x") == (401, "Unauthorized: authentication bearer scheme must be used")


@pytest.mark.parametrize("age", [-40, 40])
def test_a_token_of_another_time_is_refused_with_the_words_about_clocks(notify: Running, age: int) -> None:
    assert refusal(notify, f"Bearer {token(iat=int(time.time()) - age)}") == (403, CLOCK)


@pytest.mark.parametrize("age", [-20, 20])
def test_a_token_within_thirty_seconds_is_good(notify: Running, age: int) -> None:
    headers = {"Authorization": f"Bearer {token(iat=int(time.time()) - age)}"}
    assert notify.admin.get("/v2/notifications", headers=headers).status_code == 200


def test_a_token_that_was_good_grows_old_by_the_clock_of_the_stand_in(start: Starter) -> None:
    notify = start()
    headers = notify.headers()
    assert notify.admin.get("/v2/notifications", headers=headers).status_code == 200
    notify.tell("clock", {"advance_seconds": 40})
    assert notify.admin.get("/v2/notifications", headers=headers).status_code == 403
    notify.tell("clock", {"offset_seconds": 0})
    assert notify.admin.get("/v2/notifications", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"secret": SERVICE}, "Invalid token: API key not found"),
        ({"iat": None}, "Invalid token: API key not found"),
        ({"iss": ANY_TEXT}, "Invalid token: service not found"),
        ({"iss": "x"}, "Invalid token: service id is not the right data type"),
        ({"iss": None}, "Invalid token: iss field not provided"),
        ({"secret": KEYS["live"] * 2, "algorithm": "HS512"}, "Invalid token: algorithm used is not HS256"),
    ],
)
def test_a_token_that_says_the_wrong_thing_is_refused_in_notifys_words(
    notify: Running, told: dict[str, Any], message: str
) -> None:
    assert refusal(notify, f"Bearer {token(**told)}") == (403, message)


@pytest.mark.parametrize("bearer", ["x", "a.b.c", "é.é.é", "e30.e30.e30.e30"])
def test_what_is_no_token_at_all_is_403(notify: Running, bearer: str) -> None:
    headers = {b"Authorization": f"Bearer {bearer}".encode()}
    answer = notify.admin.get("/v2/notifications", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["message"].startswith("Invalid token: make sure your API token matches")


def test_a_revoked_key_and_an_archived_service_are_refused(start: Starter) -> None:
    notify = start()
    notify.tell(f"keys/{KEYS['team']}/revoke")
    assert refusal(notify, notify.headers("team")["Authorization"]) == (403, "Invalid token: API key revoked")
    notify.tell("service", {"active": False})
    assert refusal(notify, notify.headers()["Authorization"]) == (403, "Invalid token: service is archived")


def test_a_key_that_was_added_opens(notify: Running, address: str) -> None:
    secret = str(uuid4())
    with pytest.raises(HTTPError):
        notify.client(secret).send_email_notification(address, ANY_TEXT, {"subject": "s", "body": "b"})
    notify.tell("keys", {"secret": secret, "type": "live", "name": "another"})
    notify.client(secret).send_email_notification(address, ANY_TEXT, {"subject": "s", "body": "b"})
    assert len(notify.inbox(address)) == 1


def test_a_bad_token_is_said_before_anything_else(notify: Running) -> None:
    answer = notify.admin.post("/v2/notifications/email", content=b"{")
    assert answer.status_code == 401
