"""Findings beside addresses and telephone numbers: what blocks, what wants a reason, what only says so."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.notify.gateway import TemplateSeen
from service.registrations.words import Channel
from service.schemes.reading import PublicList
from service.updates.body import UpdateBody, UpdateDraft
from service.updates.checking.personal import without_numbers
from service.updates.checking.reading_age import FEWEST_WORDS, reading_age, reading_ages
from service.updates.checks import Finding, check, without_details
from service.updates.content import Content, body_of, content_of
from tests.updates.words import bilingual, body, english

PUBLIC = PublicList(
    emails=frozenset(),
    phones=frozenset({"+448006781925"}),
    hosts=frozenset({"www.advice.example.org"}),
    postcodes=frozenset({"SW1A2AA"}),
    references=frozenset({"A1234567"}),
)
TEMPLATES = {channel: TemplateSeen(UUID(int=1), 1) for channel in Channel}

PLAIN = (
    "You can now ask us to look at your claim again. You do not need a lawyer to do this. "
    "If you have sent us a claim, you do not need to do any more. We will write to you when we have read it."
)
HARD = (
    "Notwithstanding earlier correspondence, applicants whose representations were determined unfavourably "
    "are notified that reconsideration may be requested in accordance with the procedure established by the "
    "independent adjudicator pursuant to the provisions of the regulations as subsequently amended."
)


def _content(written: UpdateBody | UpdateDraft) -> Content:
    return content_of(
        without_details(written, PUBLIC), scheme=UUID(int=2), templates=TEMPLATES, reply_to=None
    )


def _of(**changes: Any) -> list[Finding]:
    return check(_content(UpdateBody.model_validate(body(**changes))), PUBLIC)


def _in(text: str) -> list[Finding]:
    words = {"en": english(text=f"Dear all,\n{text}\nYours"), "cy": english("Y newyddion", "Darllenwch.")}
    return _of(email=words)


def _half_written(**changes: Any) -> list[Finding]:
    return check(_content(UpdateDraft.model_validate(body(**changes))), PUBLIC)


def _keys(findings: list[Finding], **which: bool) -> list[str]:
    return [
        each.key for each in findings if all(getattr(each, name) is is_so for name, is_so in which.items())
    ]


def _line_2(code: str) -> list[str]:
    return [f"{code}@email.en.body, line 2"]


@pytest.mark.parametrize(
    "text",
    [
        "AB123456C",
        "ab 12 34 56 c",
        "AB 12-34-56 C",
        "AB.12.34.56.C",
        "(AB123456)",
        "AB 12 34 56",
        "Her number is AB\u200b123456C.",
        "ＡＢ１２３４５６Ｃ",
        "JG 10 3759 A",
    ],
)
def test_a_national_insurance_number_blocks_and_is_not_kept(text: str) -> None:
    assert _keys(_in(text)) == _line_2("national-insurance-number")
    assert not any(part in without_numbers(text, PUBLIC) for part in ("12", "34", "56", "10", "37"))


@pytest.mark.parametrize(
    "text",
    ["QQ 12 34 56 C", "DA123456C", "GB 12 34 56 A", "AB1234567890C", "CAB123456", "AB 12 34", "at 12 15 30"],
)
def test_what_hmrc_never_gives_is_no_national_insurance_number(text: str) -> None:
    assert "national-insurance-number" not in {finding.code for finding in _in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "B7654321",
        "b7654321/002",
        "Ref: B7654321.",
        "GWF012345678",
        "GWF 012 345 678",
        "3434-0123-4567-8901",
        "3434 0123 4567 8901/00",
        "RF1234567",
        "LFT/123456",
        "TN5/1234567/1",
    ],
)
def test_a_number_of_a_case_off_the_public_list_blocks_and_is_not_kept(text: str) -> None:
    assert _keys(_in(text), blocks=True) == _line_2("reference-off-public-list")
    assert "23" not in without_numbers(text, PUBLIC)
    assert "654" not in without_numbers(text, PUBLIC)


def test_a_reference_a_postcode_and_a_host_on_the_public_list_pass() -> None:
    assert _in("Form a1234567, to SW1A 2AA or sw1a2aa; see https://www.advice.example.org/help.") == []


@pytest.mark.parametrize("text", ["CF10 3NQ", "cf103nq", "M1 1AE", "W1A 0AX", "EC1A\u00a01BB", "(GIR 0AA)"])
def test_a_postcode_off_the_public_list_wants_a_reason_and_is_kept(text: str) -> None:
    found = _in(f"She lives at {text}.")

    assert _keys(found, wants_reason=True, blocks=False) == _line_2("postcode") == _keys(found)
    assert without_numbers(text, PUBLIC) == text


@pytest.mark.parametrize("text", ["A4 paper", "Form S1", "on 1 May 2AM", "B2B 4CC", "CF10 3CI", "1AB 2CD"])
def test_what_is_no_postcode_wants_none(text: str) -> None:
    assert _in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "http://www.gov.uk/claim",
        "https://gov.uk.example.com",
        "https://www-gov.uk",
        "https://example.com/www.gov.uk",
        "https://example.com\\www.gov.uk",
        "https://www.gоv.uk/claim",
        "[https://www.gov.uk](https://example.com)",
        "[claim](/claim)",
        "[claim](javascript:alert)",
        "HTTPS://EXAMPLE.COM",
        "https://advice.example.org",
        "https://sub.www.advice.example.org",
        "ftp://www.gov.uk/file",
        "www.example.com",
        "Look at example.org/claim for it",
        "https://[bad",
        "bit.ly/2xyz",
        "https://www.gov.uk\u200b.example.com",
    ],
)
def test_a_link_elsewhere_wants_a_reason(text: str) -> None:
    found = [finding for finding in _in(text) if finding.code == "link-elsewhere"]

    assert _keys(found, wants_reason=True, blocks=False) == _line_2("link-elsewhere")
    assert "example" not in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        "https://www.gov.uk/claim",
        "https://gov.uk",
        "(https://assets.publishing.service.gov.uk/media/5ca3a1d2e5274a77d479facb/form.pdf).",
        "[claim](https://www.gov.uk/claim)",
        "gov.uk/claim, www.gov.uk or GOV.UK",
        "and/or e.g. i.e. St.Mary 10.30 v1.2.3 file.pdf",
        "https://www.gov.uk./claim",
    ],
)
def test_a_link_to_gov_uk_wants_none(text: str) -> None:
    assert _in(text) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://signin.account.gov.uk/x",
        "https://www.gov.uk/sign-in-childcare-account",
        "https://www.gov.uk/log-in-register-hmrc-online-services",
        "https://claims.service.gov.uk/login?next=/",
        "https://claims.service.gov.uk/SSO/start",
        "https://claims.service.gov.uk/my-account/letters",
    ],
)
def test_a_link_that_looks_like_a_sign_in_wants_a_reason(link: str) -> None:
    assert _keys(_in(f"Read it at {link}."), wants_reason=True) == _line_2("link-wants-sign-in")


@pytest.mark.parametrize(
    "link",
    ["https://www.gov.uk/annual-report-and-accounts", "https://www.gov.uk/signing", "www.gov.uk/design"],
)
def test_a_word_that_only_begins_like_it_wants_none(link: str) -> None:
    assert _in(link) == []


@pytest.mark.parametrize(
    "text",
    [
        "**Now** open",
        "__Now__",
        "*Now* open",
        "_now_ open",
        "![a](https://www.gov.uk/a.png)",
        "### Lower",
        "| a | b |",
        "--- | ---",
        "<b>Now</b>",
        "`code`",
        "> said",
        "~~gone~~",
    ],
)
def test_markdown_that_notify_does_not_render_is_told_and_nothing_more(text: str) -> None:
    assert _keys(_in(text), blocks=False, wants_reason=False) == _line_2("not-rendered") == _keys(_in(text))


def test_a_text_message_has_no_markdown_and_an_email_has_notifys() -> None:
    notifys = "# Open\n\n* one\n* two\n\n1. [claim](https://www.gov.uk/claim)\n\n---\n\n^ Inset"

    assert _in(notifys) == []
    told = _of(sms={"en": "Open\n* [claim](https://www.gov.uk/claim)", "cy": "Ar agor"})
    assert _keys(told) == ["not-rendered@sms.en, line 2"]


def test_words_that_few_read_with_ease_want_a_reason_and_welsh_is_not_measured() -> None:
    found = _of(email={"en": english(text=HARD), "cy": english("Y newyddion", HARD)})

    assert _keys(found, wants_reason=True) == ["hard-to-read@email.en.body"] == _keys(found)
    content = _content(UpdateBody.model_validate(body(email=bilingual(PLAIN), sms={"en": "A", "cy": "B"})))
    ages = reading_ages(content)
    assert ages == {
        "email.en.body": reading_age(PLAIN),
        "email.cy.body": None,
        "sms.en": None,
        "sms.cy": None,
    }


def test_the_reading_age_is_that_of_the_formula() -> None:
    # 40 words of 4 letters in 4 sentences: 4.71 × 4 + 0.5 × 10 − 21.43 = 2.41, a third year: eight.
    assert reading_age(_words(40, 4, 10)) == 8
    assert reading_age(_words(40, 4, 10) + " https://www.gov.uk/" + "a" * 300) == 8
    assert reading_age(_words(FEWEST_WORDS - 1, 4, 10)) is None
    assert reading_age("") is None


def _words(count: int, letters: int, in_a_sentence: int) -> str:
    word = "a" * letters
    return " ".join(word + ("." if number % in_a_sentence == 0 else "") for number in range(1, count + 1))


def test_a_language_that_gets_nothing_wants_a_reason() -> None:
    welsh_left_out = _of(email={"en": english()}, audience={"languages": ["en"]})
    english_left_out = _of(audience={"languages": ["cy"], "topics": ["eligibility"]})

    assert _keys(welsh_left_out, wants_reason=True) == ["language-left-out@audience.cy"]
    assert "Welsh" in welsh_left_out[0].message
    assert _keys(english_left_out) == ["language-left-out@audience.en"]
    assert _of(audience={"languages": ["cy", "en"]}) == []


def test_every_gap_of_a_half_written_update_blocks_and_says_where() -> None:
    found = _half_written(
        title=" ",
        email={"en": {"subject": "The news"}, "cy": {"subject": "", "body": " "}},
        sms={"cy": "Newyddion"},
        letter={"en": {"heading": "", "body": ""}},
        audience={"topics": []},
    )

    assert _keys(found, blocks=True) == [
        "words-missing@title",
        "words-missing@email.en.body",
        "words-missing@email.cy.subject",
        "words-missing@email.cy.body",
        "words-missing@sms.en",
        "audience-missing@audience.topics",
    ]
    assert _keys(check(_content(UpdateDraft()), PUBLIC), blocks=True) == [
        "words-missing@title",
        *(
            f"words-missing@email.{language}.{part}"
            for language in ("en", "cy")
            for part in ("subject", "body")
        ),
        "audience-missing@audience",
    ]


def test_a_language_that_is_left_out_may_be_half_written_by_nobody() -> None:
    left_out = _half_written(email={"en": english(), "cy": {"subject": "Y"}}, audience={"languages": ["en"]})

    assert "words-missing@email.cy.body" in _keys(left_out, blocks=True)


WORDS = st.sampled_from(["News", "News", "News", "", " "])
MAIL = st.fixed_dictionaries({}, optional={"subject": WORDS, "body": WORDS})
LETTER = st.fixed_dictionaries({}, optional={"heading": WORDS, "body": WORDS})


def _by_language(words: Any) -> Any:
    return st.fixed_dictionaries({}, optional={"en": words, "cy": words})


@given(
    title=WORDS,
    email=_by_language(MAIL),
    sms=st.none() | _by_language(WORDS),
    letter=st.none() | _by_language(LETTER),
    audience=st.fixed_dictionaries(
        {},
        optional={
            "languages": st.lists(st.sampled_from(["en", "cy"]), unique=True),
            "topics": st.sampled_from([[], ["eligibility"]]),
        },
    ),
)
def test_what_has_no_gap_is_a_whole_update_and_what_has_one_is_none(**written: Any) -> None:
    content = _content(UpdateDraft.model_validate(written))
    gaps = _keys(check(content, PUBLIC), blocks=True)

    try:
        UpdateBody.model_validate(body_of(content))
        whole = True
    except ValidationError:
        whole = False

    assert whole is not bool(gaps)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_can_be_checked(text: str) -> None:
    for finding in _half_written(email=bilingual(text)):
        assert finding.where.startswith("email.")
