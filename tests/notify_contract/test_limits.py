"""The bucket and the day, as a sender meets them. All of it wants the stand-in: nobody else's is used up.

Time is moved by the stand-in's clock, which tokens of the real time survive for 30 seconds.
"""

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import Target
from tests.notify_standin.conftest import errors_of

RATE_ERROR = ("RateLimitError", "Exceeded rate limit for key type LIVE of 60 requests per 60 seconds")
SOMEBODY = "a@example.com"


def status(notify: Target) -> int:
    return notify.post(notify.form(SOMEBODY)).status_code


def test_a_denied_request_is_told_the_rate_and_no_time_to_wait(own: Own) -> None:
    notify = own(rate_per_minute=60)
    notify.tell("bucket/drain")
    denied = notify.post(notify.form(SOMEBODY, reference="denied"))
    assert errors_of(denied) == (429, [RATE_ERROR])
    assert "retry-after" not in denied.headers
    assert notify.listed(reference="denied") == []


def test_denials_use_up_the_refill_and_only_silence_clears_them(own: Own) -> None:
    notify = own(rate_per_minute=60)
    notify.tell("bucket/drain")
    for _ in range(20):
        notify.tell("clock", {"advance_seconds": 0.5})
        assert status(notify) == 429
    notify.tell("clock", {"advance_seconds": 3})
    assert status(notify) == 201


def test_a_bad_body_costs_a_token_and_the_limit_is_said_before_the_json(own: Own) -> None:
    notify = own(rate_per_minute=9)  # three at most, of which the last is never given
    assert [notify.post(None, raw=b"{").status_code for _ in range(3)] == [400, 400, 429]


def test_a_bad_token_costs_nothing(own: Own) -> None:
    notify = own(rate_per_minute=9)
    assert {notify.post({}, token="x").status_code for _ in range(6)} == {403}
    assert status(notify) == 201


def test_each_type_of_key_has_a_bucket_of_its_own_and_gets_are_free(own: Own) -> None:
    notify = own(rate_per_minute=60)
    notify.tell("bucket/drain", {"key_type": "live"})
    assert status(notify) == 429
    assert status(notify.with_key("test")) == 201
    assert all(notify.get("/v2/notifications").status_code == 200 for _ in range(40))


def test_the_daily_limit_counts_live_and_team_keys_together_until_midnight_utc(own: Own) -> None:
    notify = own(daily_limit_emails=5, guest_list=[SOMEBODY])
    notify.tell("daily", {"count": 3})
    assert [status(notify), status(notify.with_key("team"))] == [201, 201]
    # It is said before the JSON is read, like the limit of the minute.
    assert errors_of(notify.post(None, raw=b"{")) == (
        429,
        [("TooManyRequestsError", "Exceeded send limits (email: 5) for today")],
    )
    assert status(notify.with_key("test")) == 201
    notify.tell("clock", {"advance_seconds": 86_400})
    assert notify.behind is not None
    # The tokens of the client are a day old by then: the test turns the day, not the client's clock.
    assert notify.behind.admin.get("/admin/counts").json()["today"]["email"] == 0
