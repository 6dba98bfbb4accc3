"""What is about one person, and has no place in a message to many.

Email addresses and telephone numbers (`service.notify.details`), National Insurance numbers, and numbers
that the Home Office gives to a person or a case. They block, and are blacked out in what is kept. A
postcode may be that of an office: it wants a reason, unless it is on the scheme's public list.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from service.errors import Invalid
from service.notify.details import REDACTED, black_out, find_details, fold, redact
from service.schemes.reading import PublicList, as_compared
from service.updates.checking.finding import Finding, places

_GIVEN: Final = (
    # HMRC's manual NIM39110: which letters, and which pairs of them are never given.
    r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[\s.\-/]{0,2}\d{2}){3}"
)
NATIONAL_INSURANCE: Final = re.compile(
    # Without its last letter only in capitals: "at 12 15 30" is a time.
    rf"(?<![^\W_])(?:(?i:{_GIVEN}[\s.\-/]{{0,2}}[A-D])|{_GIVEN})(?![^\W_])"
)
NUMBERS_OF_A_CASE: Final = re.compile(
    r"(?<![^\W_])(?:"
    r"[A-Z]\d{7}(?:/\d{1,3})?"  # A Home Office reference, and a person in it.
    r"|[A-Z]{2}\d{7}|[A-Z]{3}\d{6}"  # A residence permit.
    r"|[A-Z]{2}[A-Z\d]/\d{5,8}(?:/\d{1,3})?"  # A port reference.
    r"|GWF[\s-]?\d{3}[\s-]?\d{3}[\s-]?\d{3}"  # An application for a visa.
    r"|\d{4}(?:[\s-]\d{4}){3}(?:/\d{2})?"  # A unique application number.
    r")(?![^\W_])",
    re.IGNORECASE,
)
"""Formats that GOV.UK's own forms ask for. A number without a form of its own cannot be told from a sum."""
POSTCODE: Final = re.compile(
    # BS 7666, without regard to which areas there are.
    r"(?<![^\W_])(?:GIR[ ]?0AA|[A-PR-UWYZ](?:\d[\dA-HJKPSTUW]?|[A-HK-Y]\d[\dABEHMNPRVWXY]?)"
    r"[ ]?\d[ABD-HJLNP-UW-Z]{2})(?![^\W_])",
    re.IGNORECASE,
)

MARKS: Final = {"national-insurance": "█NI█", "reference": "█ref█"}
"""What stands where such a number stood, so that it still blocks and still says what it was."""


class _Number(NamedTuple):
    kind: Literal["national-insurance", "reference"]
    start: int
    end: int


def without_numbers(text: str, allowed: PublicList) -> str:
    """`text` with everything of one person's blacked out."""
    folded, _ = fold(text)
    spots = [(each.start, each.end, MARKS[each.kind]) for each in _numbers(folded, allowed)]
    return redact(black_out(text, spots), emails=allowed.emails, phones=allowed.phones)


def personal(where: str, text: str, allowed: PublicList) -> Iterator[Finding]:
    """The findings in one text, by kind and line."""

    def has_detail(part: str) -> bool:
        return REDACTED in part or bool(find_details(part).without(allowed.emails, allowed.phones))

    def has_number(part: str, kind: str) -> bool:
        return MARKS[kind] in part or any(each.kind == kind for each in _numbers(fold(part)[0], allowed))

    for place in places(where, text, has_detail):
        yield _blocking("detail-off-public-list", place, "An email address or telephone number")
    for place in places(where, text, lambda part: has_number(part, "national-insurance")):
        yield Finding(
            code="national-insurance-number",
            where=place,
            message="A National Insurance number is one person's. It is not kept: leave it out.",
            blocks=True,
        )
    for place in places(where, text, lambda part: has_number(part, "reference")):
        yield _blocking("reference-off-public-list", place, "A number of a person or a case")
    for place in places(where, text, lambda part: _has_postcode(part, allowed)):
        yield Finding(
            code="postcode",
            where=place,
            message=(
                "A postcode here is not on the scheme's public list. It can tell where somebody lives: "
                "say whose it is, or leave it out."
            ),
            wants_reason=True,
        )


def refuse_details(said: Mapping[str, str | None], allowed: PublicList) -> None:
    """Raises `Invalid` for each field of `said` whose words hold what would block an update.

    What staff say in a reason or a comment is kept for ever, too.
    """
    wrong = {
        field: "It has an email address, a telephone number or somebody's reference in it"
        for field, text in said.items()
        if text is not None and without_numbers(text, allowed) != text
    }
    if wrong:
        raise Invalid(wrong)


def _numbers(folded: str, allowed: PublicList) -> Iterator[_Number]:
    for match in NATIONAL_INSURANCE.finditer(folded):
        yield _Number("national-insurance", *match.span())
    for match in NUMBERS_OF_A_CASE.finditer(folded):
        if as_compared(match.group()) not in allowed.references:
            yield _Number("reference", *match.span())


def _has_postcode(text: str, allowed: PublicList) -> bool:
    return any(
        as_compared(match.group()) not in allowed.postcodes for match in POSTCODE.finditer(fold(text)[0])
    )


def _blocking(code: str, where: str, what: str) -> Finding:
    return Finding(
        code=code,
        where=where,
        message=(
            f"{what} here is not on the scheme's public list. "
            "It is not kept: have it put on the list and type it again, or leave it out."
        ),
        blocks=True,
    )
