"""A machine's form is told from a person's, and neither learns which it was."""

from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import PackageLoader
from pydantic import SecretStr

from service.registrations.words import Language
from service.settings import PublicSettings
from service.web.components import templates
from service.web.public import catalogue
from service.web.public.forms import HONEYPOT, SHOWN, FormWatch
from service.web.public.secret import shared_secret

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
JOURNEY, ANOTHER = "A" * 43, "B" * 43


def settings(password: str = "of-the-role") -> PublicSettings:
    return PublicSettings(
        database_url=SecretStr(f"postgresql://kept_public{password and ':'}{password}@127.0.0.1/kept"),
        redis_url=SecretStr("redis://127.0.0.1"),
        public_url="https://kept.example",
    )


@pytest.mark.parametrize(
    ("seconds", "typed", "machine"),
    [(0, "", True), (1.9, "", True), (2, "", False), (3000, "", False), (60, "https://x.example", True)],
)
def test_too_quick_or_a_field_that_nobody_sees_is_a_machine(
    seconds: float, typed: str, machine: bool
) -> None:
    watch = FormWatch(settings())
    shown = watch.shown(JOURNEY, now=NOON)
    later = NOON + timedelta(seconds=seconds)
    assert watch.is_a_machine({HONEYPOT: typed}, shown, now=later) is machine
    assert watch.is_a_machine({}, shown, now=later) is (seconds < 2)


def test_the_time_is_that_of_this_journeys_page_and_of_any_process_of_ours() -> None:
    shown = FormWatch(settings()).shown(JOURNEY, now=NOON)
    elsewhere = FormWatch(settings())
    earlier = str(int(shown.partition(".")[0]) - 60_000)
    assert elsewhere.is_signed(JOURNEY, shown)
    for wrong in (
        f"{earlier}.{shown.partition('.')[2]}",
        shown.partition(".")[0],
        "",
        "\N{PILE OF POO}",
        None,
        b"bytes",
    ):
        assert not elsewhere.is_signed(JOURNEY, wrong)
    assert not elsewhere.is_signed(ANOTHER, shown)
    assert not FormWatch(settings("another")).is_signed(JOURNEY, shown)


def test_a_secret_is_for_one_purpose_and_made_up_where_there_is_no_password() -> None:
    assert shared_secret(settings(), b"forms") != shared_secret(settings(), b"clients")
    assert shared_secret(settings(""), b"forms") != shared_secret(settings(""), b"forms")
    assert b"of-the-role" not in shared_secret(settings(), b"forms")


@pytest.mark.parametrize("language", Language)
def test_nobody_comes_upon_the_hidden_field(language: Language) -> None:
    words = catalogue.read(language)
    page = templates(PackageLoader("service.web.public")).from_string(
        '{% from "honeypot.html" import honeypot %}{{ honeypot(t, "17.abc") }}'
    )
    shown = page.render(t=words)
    for needed in (
        'class="govuk-visually-hidden" aria-hidden="true"',
        f'name="{HONEYPOT}"',
        'tabindex="-1"',
        'autocomplete="off"',
        f'name="{SHOWN}" value="17.abc"',
        words("honeypot.label"),
    ):
        assert needed in shown
    assert "style=" not in shown  # The policy would refuse it.
