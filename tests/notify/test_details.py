"""Finding addresses and numbers in texts, as people write them and as people hide them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.notify.details import find_details

ZWSP, NBSP, RLM, SOFT = "\u200b", "\u00a0", "\u200f", "\u00ad"


@pytest.mark.parametrize(
    "text",
    [
        "jo.smith@example.com",
        "Jo.Smith@EXAMPLE.com",
        "<jo.smith@example.com>",
        "[Jo](mailto:jo.smith@example.com)",
        "**jo.smith@example.com**",
        "(jo.smith@example.com).",
        "Jo’s is “jo.smith@example.com”,",
        "jo.smith @ example.com",
        "jo.smith @ example . com",
        "jo.smith(at)example.com",
        "jo.smith [at] example.com",
        "jo.smith at example dot com",
        "jo.smith AT example DOT com",
        "jo.smith(at)example(dot)com",
        "jo.smith[@]example[.]com",
        "jo.smith＠example.com",
        "jo.smith@example．com",
        f"jo{ZWSP}.smith{ZWSP}@example{SOFT}.com",
        f"{RLM}jo.smith@example.com{RLM}",
        "jo.smith@\nexample.com",
        "https://example.org/?to=jo.smith@example.com",
    ],
)
def test_an_address_is_found_however_it_is_written(text: str) -> None:
    assert any(found.endswith("jo.smith@example.com") for found in find_details(text).emails)


@pytest.mark.parametrize(
    "text",
    [
        "07700900123",
        "07700 900123",
        "07700 900 123",
        "0 7 7 0 0 9 0 0 1 2 3",
        "07700-900123",
        "07700.900.123",
        "(07700) 900123",
        "07700/900123",
        "+447700900123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "447700900123",
        "7700 900123",
        "０７７００９００１２３",
        f"07700{NBSP}900123",
        f"07700{ZWSP}900123",
        "07700\n900123",
        "07700\u2011900123",
        "07700\u2013900123",
        "07700 \u2014 900123",
        "07700·900123",
        "07700_900123",
        "07700 - 900123",
        "07700 **900123**",
        "٠٧٧٠٠٩٠٠١٢٣",
        "tel:+44-7700-900123",
        "Ring 2026 07700 900123 2027",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert "+447700900123" in find_details(text).phones


@pytest.mark.parametrize(
    "text",
    [
        "Look at gov.uk for more.",
        "Meet at example.com’s office.",
        "We paid £1,250,000 to 3,400 people in 2025 and 2026.",
        "On 12/03/2026, 14 March 2026, 2026-03-14, at 10:30.",
        "Reference KI-7F3K-9QXM, case 20260314/00123.",
        "Section 12.3.4 of the Act, pages 100-120.",
        "A @ B, @someone, and 50% @ £3.50.",
        "",
    ],
)
def test_what_is_no_detail_is_left_alone(text: str) -> None:
    assert not find_details(text)


@given(
    before=st.text(max_size=30),
    local=st.from_regex(r"[a-z]{1,10}([.+_-][a-z0-9]{1,8}){0,2}", fullmatch=True),
    domain=st.from_regex(r"[a-z]{1,12}(-[a-z]{1,5})?\.(example|com|org\.uk)", fullmatch=True),
    after=st.text(max_size=30),
)
def test_no_text_around_an_address_hides_it(before: str, local: str, domain: str, after: str) -> None:
    assert find_details(f"{before} {local}@{domain} {after}").emails


@given(before=st.text(max_size=30), number=st.integers(0, 999), after=st.text(max_size=30))
def test_no_text_around_a_number_hides_it(before: str, number: int, after: str) -> None:
    assert find_details(f"{before} 07700 900{number:03} {after}").phones


@pytest.mark.parametrize(
    "part", ["x", "Ŷ\U0001f4e7", "x.", "1", "1 ", "#", "{", " ", "a at ", "(a)", "a@", "- ", "dot "]
)
def test_a_long_text_is_read_in_time_that_grows_with_its_length(part: str) -> None:
    text = f"a{part * (30_000 // len(part))}b"
    began = time.process_time()
    find_details(text)
    # Read once for each of its characters, it would be a minute.
    assert time.process_time() - began < 6


@pytest.mark.parametrize("around", ["x" * 70, "x." * 40, "-" * 200, "\u00a0" * 500])
def test_an_address_is_found_behind_and_before_whatever_is_long(around: str) -> None:
    for text in (
        f"{around}jo.smith@example.com",
        f"jo.smith{' ' * 500}at{' ' * 500}example dot com {around}",
    ):
        assert any(found.endswith("jo.smith@example.com") for found in find_details(text).emails)


def test_what_was_found_is_never_shown() -> None:
    assert repr(find_details("jo@example.com 07700 900123")) == "Details()"
