"""The token bucket and the count of the day."""

import pytest

from deploy.demo.notify.answers import Refused
from deploy.demo.notify.limits import RateLimit
from tests.notify_standin.conftest import ANY_TEXT, Running, Starter, errors_of

RATE_ERROR = "Exceeded rate limit for key type LIVE of 60 requests per 60 seconds"


def email(address: str) -> dict[str, object]:
    return {
        "email_address": address,
        "template_id": ANY_TEXT,
        "personalisation": {"subject": "s", "body": "b"},
    }


def successes(rate: RateLimit, *, every: float, times: int) -> int:
    """How many of so many tries get through, starting from an empty bucket."""
    rate.drain(1000.0)
    through = 0
    for number in range(1, times + 1):
        try:
            rate.take("live", 1000.0 + number * every)
        except Refused:
            continue
        through += 1
    return through


def test_whoever_tries_faster_than_the_refill_gets_nothing() -> None:
    assert successes(RateLimit(3000), every=1 / 51, times=1000) == 0


def test_whoever_tries_slower_than_the_refill_gets_through() -> None:
    assert successes(RateLimit(3000), every=1 / 49, times=1000) > 940


def test_at_a_limit_of_sixty_every_second_gives_none_and_every_second_and_a_half_ten_of_eleven() -> None:
    assert successes(RateLimit(60), every=1.0, times=16) == 0
    assert successes(RateLimit(60), every=1.5, times=11) == 10


def test_flat_out_a_full_bucket_lasts_a_third_of_the_rate_and_its_refill() -> None:
    rate, through = RateLimit(3000), 0
    for number in range(20 * 200):  # 200 a second for 20 s
        try:
            rate.take("live", 1000.0 + number / 200)
        except Refused:
            continue
        through += 1
    assert 1000 <= through <= 1400


def test_limits_can_be_changed_while_it_runs(start: Starter, address: str) -> None:
    notify = start()
    notify.tell("limits", {"rate_per_minute": 60, "daily_limit_emails": 1})
    assert notify.post(email(address)).status_code == 201
    _, [(error, message)] = errors_of(notify.post(email(address)))
    assert (error, message) == ("TooManyRequestsError", "Exceeded send limits (email: 1) for today")


@pytest.mark.parametrize("told", [{}, {"rate_per_minute": 0}, {"other": 1}])
def test_a_limit_that_makes_no_sense_is_refused(notify: Running, told: dict[str, int]) -> None:
    assert notify.admin.post("/admin/limits", json=told).status_code == 422
