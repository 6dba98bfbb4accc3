"""A machine's form is told from a person's, and neither learns which it was."""

from datetime import UTC, datetime, timedelta

import pytest

from service.web.public.forms import HONEYPOT, is_a_machine, marks

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUICKEST = timedelta(seconds=2)


@pytest.mark.parametrize(("seconds", "machine"), [(0, True), (1.9, True), (2, False), (3000, False)])
def test_whoever_is_quicker_than_anybody_reads_is_a_machine(seconds: float, machine: bool) -> None:
    first = marks({}, {}, now=NOON)
    later = NOON + timedelta(seconds=seconds)
    second = marks(first, {}, now=later)
    assert is_a_machine(second, {}, quickest=QUICKEST, now=later) is machine


@pytest.mark.parametrize("page", [0, 1, 2])
def test_whoever_fills_in_what_nobody_sees_is_a_machine_on_whichever_page(page: int) -> None:
    sent = [{HONEYPOT: "https://x.example"} if each == page else {} for each in range(3)]
    kept = marks(marks({}, sent[0], now=NOON), sent[1], now=NOON)
    later = NOON + timedelta(minutes=1)
    assert is_a_machine(kept, sent[2], quickest=QUICKEST, now=later)
