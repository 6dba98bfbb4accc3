"""The reader of texts finds every number and address that we can make, whatever stands around it."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.notify.details import find_details

AROUND = st.text(
    st.characters(exclude_categories=("Cs", "Nd", "Nl", "No", "L", "M"), exclude_characters="+@")
)
"""No digits, which would be more of the number, and no letters."""
WORDS = st.lists(st.sampled_from(["Call", "me", "today:", "or", "Ffoniwch", "(home)", "—", "\n\n", "*"]))
BETWEEN = st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2009", " - ", "\u200b", "/"])
PREFIX = st.sampled_from(["0", "+44", "+44 ", "+44 (0)", "0044 ", "0044(0)", "44", "44 ", "(0)", ""])
LOCAL = st.from_regex(r"[a-z0-9]([a-z0-9._+'-]{0,14}[a-z0-9])?", fullmatch=True).filter(
    lambda local: ".." not in local
)
DOMAIN = st.sampled_from(
    ["example.com", "example.org", "example.net", "mail.example.com", "a-b.example.org", "example.co.uk"]
)


@settings(max_examples=300, deadline=None)
@given(
    number=st.integers(0, 999),
    prefix=PREFIX,
    gap=BETWEEN,
    groups=st.sampled_from([(4, 6), (4, 3, 3), (2, 2, 2, 2, 2), (10,), (1,) * 10, (3, 3, 4)]),
    before=WORDS,
    after=AROUND,
)
@example(number=123, prefix="+44 (0)", gap=" ", groups=(4, 6), before=[], after="")
def test_every_number_of_the_drama_range_is_found(
    number: int, prefix: str, gap: str, groups: tuple[int, ...], before: list[str], after: str
) -> None:
    digits, parts = f"7700900{number:03}", []
    for size in groups:
        parts.append(digits[:size])
        digits = digits[size:]
    text = f"{' '.join(before)} {prefix}{gap.join(parts)}{after}"

    assert f"+447700900{number:03}" in find_details(text).phones


@settings(max_examples=300, deadline=None)
@given(local=LOCAL, domain=DOMAIN, before=WORDS, after=WORDS, upper=st.booleans())
def test_every_address_at_an_example_domain_is_found(
    local: str, domain: str, before: list[str], after: list[str], upper: bool
) -> None:
    address = f"{local}@{domain}"
    text = f"{' '.join(before)} {address.upper() if upper else address} {' '.join(after)}"

    assert address in find_details(text).emails


@settings(max_examples=200, deadline=None)
@given(
    local=st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?", fullmatch=True),
    at=st.sampled_from(["@", " @ ", " (at) ", "[at]", " [AT] ", "{at}", "＠"]),
    dot=st.sampled_from([" dot ", "[dot]", " (dot) ", "{.}", " [.] "]),
    words=WORDS,
)
def test_every_address_that_was_spelt_out_is_found(local: str, at: str, dot: str, words: list[str]) -> None:
    text = f"Write: {local}{at}example{dot}com {' '.join(words)}"

    assert f"{local}@example.com" in find_details(text).emails


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert "emails=" not in repr(find_details(text))
