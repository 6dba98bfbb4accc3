"""Findings: what in the words of an update stops it, and what does not (check 6)."""

import tomllib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.notify.addresses import phone_number
from service.notify.gateway import TemplateSeen
from service.registrations.words import Channel
from service.schemes.reading import PublicList
from service.updates import drafting
from service.updates.body import UpdateBody
from service.updates.checks import Blocked, Finding, check
from service.updates.content import content_of
from service.updates.states import UpdateState
from tests.harness.people import Service
from tests.updates.words import bilingual, body, english

LAUNCH = Path(__file__).parents[2] / "deploy" / "demo" / "update-launch.toml"
PUBLIC = PublicList(
    emails=frozenset({"helpline@scheme.example.org"}),
    phones=frozenset({phone_number("0800 678 1925").e164}),
)


def _findings(email: dict[str, Any]) -> list[Finding]:
    written = UpdateBody.model_validate(body(email=email))
    template = TemplateSeen(UUID(int=1), 1)
    return check(
        content_of(written, scheme=UUID(int=2), templates={Channel.EMAIL: template}, reply_to=None), PUBLIC
    )


def _found_in(text: str) -> list[Finding]:
    return _findings({"en": english(text=f"Dear all,\n{text}\nYours"), "cy": english()})


ADDRESSES = [
    "mary.jones@example.com",
    "MARY.JONES@EXAMPLE.COM",
    "(mary.jones@example.com)",
    "<mary.jones@example.com>",
    "[write to her](mailto:mary.jones@example.com)",
    "https://example.org/?who=mary.jones@example.com",
    "mary.jones@example.com,john@example.com",
    "mary+scheme@example.co.uk.",
    "“mary.jones@example.com”",
    "**mary.jones@example.com**",
    "mary.jones AT example DOT com",
    "mary.jones at example.com",
    "mary.jones (at) example (dot) com",
    "mary.jones [at] example [dot] com",
    "mary.jones {at} example.com",
    "mary.jones[@]example[.]com",
    "mary.jones @ example.com",
    "mary.jones@ example . com",
    "mary.jones＠example．com",
    "ｍａｒｙ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    "mary.jones\u200b@\u200bexample\u200b.com",
    "mary.jones\u2060@example.com",
    "mary.jo\u00adnes@example.com",
    "siân@example.com",
    "mary@münchen.example.com",
    "maryjones at gmail.com",
    "Maryjones at yahoo.co.uk",
]
NUMBERS = [
    "07700 900123",
    "07700900123",
    "077 00 90 01 23",
    "0 7 7 0 0 9 0 0 1 2 3",
    "07700-900-123",
    "07700.900.123",
    "07700/900123",
    "(07700) 900123",
    "+44 7700 900123",
    "+447700900123",
    "+44 (0)7700 900123",
    "0044 7700 900123",
    "00 44 (0) 7700 900123",
    "447700900123",
    "7700900123",
    "tel:+447700900123",
    "+44\u00a07700\u00a0900123",
    "07700\u2009900\u2009123",
    "０７７００ ９００１２３",
    "07700\u200b900\u200b123",
    "07700–900–123",
    "020 7946 0018",
    "01632 960123",
    "0808 157 0123",
    "+353 1 496 0123",
    "Ring 07700 900123 or 07700 900456.",
    "Before 1 January 1973 07700 900123",
    "O77OO 9OO123",
    "07700 9oo I23",
    "0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣",
    "oh seven seven double oh nine double oh one two three",
    "Zero-seven-seven-zero-zero, nine-zero-zero, one-two-three",
    "sero saith saith dim dim naw dim dim un dau tri",
    "07700 nine zero zero 1 2 three",
]


@pytest.mark.parametrize("text", ADDRESSES + NUMBERS)
def test_06_an_address_or_number_off_the_public_list_blocks(text: str) -> None:
    found = [finding for finding in _found_in(text) if finding.blocks]

    assert [finding.key for finding in found] == ["detail-off-public-list@email.en.body, line 2"]


@pytest.mark.parametrize("text", ["mary.jones\n@example.com", "07700\n900123", "07700\r\n900 123"])
def test_one_that_is_broken_over_lines_blocks(text: str) -> None:
    assert [finding.blocks for finding in _found_in(text)] == [True]


@pytest.mark.parametrize("text", ADDRESSES + NUMBERS)
def test_a_finding_never_repeats_what_it_found(text: str) -> None:
    said = " ".join(repr(finding) for finding in _found_in(text)).lower()

    assert said
    assert not any(part in said for part in ("mary", "jones", "7700", "900", "@", "example", text.lower()))


@pytest.mark.parametrize(
    "text",
    [
        "0800 678 1925",
        "08006781925",
        "0800-678-1925",
        "(0800) 678 1925",
        "+44 800 678 1925",
        "+44 (0)800 678 1925",
        "0044 800 678 1925",
        "0800\u00a0678\u00a01925",
        "０８００ ６７８ １９２５",
        "Call 0800 678 1925.",
        "Call 0800 678 1925, Monday to Friday, 9am to 5pm",
        "helpline@scheme.example.org",
        "Helpline@Scheme.Example.Org",
        "mailto:helpline@scheme.example.org",
        "(helpline@scheme.example.org).",
        "helpline at scheme dot example dot org",
    ],
)
def test_the_public_list_passes_in_every_spelling(text: str) -> None:
    assert _found_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "You can claim from 1 January 1973 to 31 December 1988.",
        "Come on 01/02/2027 10:30, or on 03.02.2027 11:00. Look at gov.uk before.",
        "Arrived 1948-06-22, claimed 01/04/2019, decided 03.05.2021.",
        "Offices are open 09:00-17:00, 9.30am to 4.45pm.",
        "Awards run from £10,000 to £1,234,567.89 and more.",
        "Your reference is WCS-2019-0048213.",
        "Case 12345678, National Insurance QQ 12 34 56 C.",
        "https://www.gov.uk/guidance/windrush-compensation-scheme",
        "https://www.gov.uk/government/publications/2019/04/03/form-1234567",
        "https://assets.publishing.service.gov.uk/media/5ca3a1d2e5274a77d479facb/form.pdf",
        "Look at gov.uk for the form.",
        "We are at the town hall. Come in.",
        "Meet us at 10.30 at St. Mary's.",
        "1. Read it. 2. Fill it in. 3. Send it.",
        "It took 12 weeks, 3 days; 95% within 6 months.",
        "2,000,000 people in 1998/99 and 1999/2000",
        "Version 1.2.3 of 2026.",
        "Sections 164A(1)-(3), articles 12–22",
        "At 5 dot points we stop.",
        "One, two or three of six: four in ten, five by 2027, and seven or eight of nine.",
        "Talk to us at outlook events, at live talks.",
        "Form A12345, order E1234, page S1, B2B, 4x4, 1st and 2nd.",
        "Read all of it? No: read 3 * 4 = 12, snake_case and the file_name_here.",
    ],
)
def test_ordinary_text_has_no_findings(text: str) -> None:
    assert _found_in(text) == []


def test_the_launch_update_of_the_demo_has_no_findings() -> None:
    assert _findings(tomllib.loads(LAUNCH.read_text())["email"]) == []


def test_each_place_is_named() -> None:
    texts = {
        "en": english(subject="Ring 07700 900123", text="a\nmary@example.com\n\nRing 07700 900456"),
        "cy": english(subject="Iawn", text="mary@example.com"),
    }

    assert [finding.where for finding in _findings(texts)] == [
        "email.en.subject, line 1",
        "email.en.body, line 2",
        "email.en.body, line 4",
        "email.cy.body, line 1",
    ]


async def test_06_a_blocked_update_is_not_submitted(service: Service) -> None:
    update = await service.draft(body(email=bilingual("Ring Mary on 07700 900123.")))

    with pytest.raises(Blocked) as blocked:
        await service.submit(update)

    assert len(blocked.value.findings) == 2
    found = await service.update(update)
    assert (found.state, found.submitted_by) == (UpdateState.DRAFT, None)


@pytest.mark.parametrize("channel", ["sms", "letter"])
async def test_texts_and_letters_are_looked_through_as_emails_are(service: Service, channel: str) -> None:
    words: Any = {"en": "Ring 07700 900123", "cy": "Ffoniwch 0800 678 1925"}
    where = "sms.en"
    if channel == "letter":
        words = {language: {"heading": "News", "body": text} for language, text in words.items()}
        where = "letter.en.body"
    update = await service.draft(body(**{channel: words}))
    with pytest.raises(Blocked) as blocked:
        await service.submit(update)

    assert [(each.code, each.where) for each in blocked.value.findings] == [
        ("detail-off-public-list", f"{where}, line 1")
    ]
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, await drafting.locked(tx, update))
    assert "900123" not in str(version.content)
    assert "0800 678 1925" in str(version.content[channel])
