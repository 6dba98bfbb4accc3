"""What a text costs, counted as Notify counts it."""

from decimal import Decimal

import pytest

from service.registrations.words import Language
from service.updates.costs import Cost, Prices, as_sent, segments
from service.updates.wording import LONGEST_AT_NOTIFY, text_message

LINK = "https://kept.example/unsubscribe/" + "A" * 43
NOBODY_SAID = Prices(segment=None, letter=None)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("a" * 918, 6),
        # Accents that seven bits have.
        ("ÄÉÖÜàäéèìòöùü" + "a" * 147, 1),
        # Signs of two characters.
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("[" + "a" * 159, 2),
        # One Welsh letter, and every one of them costs more.
        ("ŵ" + "a" * 69, 1),
        ("ŵ" + "a" * 70, 2),
        ("ŷ" * 134, 2),
        ("Ô" * 135, 3),
        ("â" + "€" * 69, 1),
        # What Notify replaces costs what it is replaced by.
        ("‘’“”–—" + "a" * 154, 1),
        ("…" + "a" * 157, 1),
        ("…" + "a" * 158, 2),
        ("\u200b" + "a" * 160, 1),
        ("ç" + "a" * 159, 1),
        ("😀" + "a" * 159, 1),
        ("w\u0302" + "a" * 69, 1),
        ("  " + "a" * 160 + "\n", 1),
    ],
)
def test_segments_are_counted_as_notify_counts_them(text: str, count: int) -> None:
    assert segments(text) == count


def test_what_notify_does_not_send_is_replaced_as_it_replaces_it() -> None:
    assert as_sent("Siân’s “tŷ” – çédille… 漢\u00a0x") == 'Siân\'s "tŷ" - cédille... ? x'


def test_the_sum_is_not_invented_where_nobody_said_a_price() -> None:
    cost = Cost(texts=10, segments=30, letters=2)
    assert cost.pence(Prices(segment=Decimal("2.4"), letter=Decimal(70))) == 212.0
    assert cost.pence(Prices(segment=Decimal("2.4"), letter=None)) is None
    assert cost.pence(NOBODY_SAID) is None
    assert Cost(texts=0, segments=0, letters=0).pence(NOBODY_SAID) == 0
    assert Cost(texts=1, segments=1, letters=0).pence(Prices(Decimal("0.5"), None)) == 0.5


def test_a_text_that_would_be_too_long_for_notify_is_in_one_language_with_what_links_fit() -> None:
    words = {Language.ENGLISH: "e" * 612, Language.WELSH: "c" * 612}
    one = text_message(words, {Language.WELSH: [LINK]})
    assert one.startswith("c" * 612)
    assert one.endswith(LINK)

    both = text_message(words, {Language.ENGLISH: [LINK], Language.WELSH: [LINK]})
    assert len(both) <= LONGEST_AT_NOTIFY
    assert "c" * 612 not in both
    assert both.count(LINK) == 2

    many = text_message(words, {Language.ENGLISH: [LINK] * 9})
    assert len(many) <= LONGEST_AT_NOTIFY
    assert many.count(LINK) == 3
