"""What an update costs before it is approved: how many texts, of how many segments, and how many letters.

Counted as Notify counts (its pricing page, and the rules that it documents for what a text may hold): a
text of letters that fit in seven bits holds 160 of them, and 153 in each part of a longer one; `[]{}\\^|~€`
count as two. A text with any other letter, of which Notify keeps the Welsh ones (ŵ, ŷ, â, ê, î, ô, û and
more), holds 70, or 67 in each part. What is neither, Notify replaces: typographic quotation marks and dashes
by plain ones, other accents by the letter without, the rest by a question mark.

Not counted, because only Notify knows: the name that a service may put before each text, the free texts of
a year, what a text to another country costs more, and how many sheets a letter has.
"""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

EXTENDED: Final = frozenset("^{}\\[~]|€")
SEVEN_BITS: Final = EXTENDED | frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM alphabet (3GPP TS 23.038), its extension included."""
WELSH: Final = frozenset("àèìòùẁỳáéíóúẃýäëïöüẅÿâêîôûŵŷÀÈÌÒÙẀỲÁÉÍÓÚẂÝÄËÏÖÜẄŸÂÊÎÔÛŴŶ")
PLAIN: Final = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\t": " ", "\u00a0": " "}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e", "")
)


@dataclass(frozen=True)
class Prices:
    """What the deployment pays Notify, in pence; None where nobody said."""

    segment: Decimal | None
    """For one segment of a text."""
    letter: Decimal | None


@dataclass(frozen=True)
class Cost:
    """What an update's texts and letters come to. Emails cost nothing."""

    texts: int
    segments: int
    letters: int

    def pence(self, prices: Prices) -> float | None:
        """All of them together; None where a price is needed that nobody set."""
        sum_ = Decimal(0)
        for count, price in ((self.segments, prices.segment), (self.letters, prices.letter)):
            if count and price is None:
                return None
            sum_ += count * (price or 0)
        return float(sum_)

    def as_json(self, prices: Prices) -> dict[str, Any]:
        return {
            "sms": {"messages": self.texts, "segments": self.segments},
            "letter": {"letters": self.letters},
            "pence": self.pence(prices),
        }


def segments(text: str) -> int:
    """How many texts of Notify's bill one message is."""
    sent = as_sent(text)
    if SEVEN_BITS.issuperset(sent):
        size, alone, joined = len(sent) + sum(each in EXTENDED for each in sent), 160, 153
    else:
        size, alone, joined = len(sent), 70, 67
    return 1 if size <= alone else -(-size // joined)


def as_sent(text: str) -> str:
    """`text` with the letters that Notify puts in the place of those that it does not send."""
    composed = unicodedata.normalize("NFC", text).strip().translate(PLAIN)
    return "".join(map(_sendable, composed))


def _sendable(character: str) -> str:
    if character in SEVEN_BITS or character in WELSH:
        return character
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain in SEVEN_BITS else "?"
