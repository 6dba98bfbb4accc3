"""Whether a text says to stop, and nothing else: what says more is for a person to read."""

import re
import unicodedata
from typing import Final

STOP: Final = frozenset(
    {
        "stop",
        "stopall",
        "stopp",
        "unsubscribe",
        "unsub",
        "cancel",
        "end",
        "quit",
        "optout",
        "leave",
        "removeme",
    }
    | {"stoptexts", "stoptexting", "stoptextingme", "stopthesetexts", "stopmessages", "nomore", "nomoretexts"}
    | {"stopio", "stopiwch", "stopia", "peidio", "peidiwch", "paid", "atal", "ataliwch", "diwedd", "gadael"}
    | {"dadtanysgrifio", "dimmwy", "stopiotestun", "stopionegeseuon", "peidiwchanfon", "peidiwchaganfon"}
)
"""What telephone networks know, what people write, and the same in Welsh; without spaces and signs."""

POLITE: Final = re.compile(r"\b(please|pls|thank you|thanks|ta|os gwelwch yn dda|plis|diolch)\b")


def says_stop(message: str) -> bool:
    """Whether somebody asks for no more texts, in whatever case and with whatever signs."""
    plain = unicodedata.normalize("NFKC", message).casefold()
    words = re.sub(r"[^\w\s]|_", " ", plain)
    return re.sub(r"\s", "", POLITE.sub(" ", " ".join(words.split()))) in STOP
