"""Numbers and codes as people read them out and type them: with spaces, in small letters, without a dash."""

import re
from typing import Final

_NOT_SAID: Final = re.compile(r"[^0-9A-Z]")


def said_code(text: str) -> str:
    """A code in the form that was sent: capitals and digits alone."""
    return _NOT_SAID.sub("", text.upper())


def said_number(text: str) -> str:
    """A registration number in its form, `KI-7F3K-9QXM`, whatever was typed between its parts."""
    plain = said_code(text).removeprefix("KI")
    return f"KI-{plain[:4]}-{plain[4:]}"


def shown_code(code: str) -> str:
    """A code as it is printed: `7F3K 9QXM`, `123 456`."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"
