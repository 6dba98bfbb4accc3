"""Bodies of updates."""

from copy import deepcopy
from typing import Any

from tests.harness.people import BODY


def body(**changes: Any) -> dict[str, Any]:
    """A body that is right, with these keys changed."""
    return {**deepcopy(BODY), **changes}


def english(subject: str = "The news", text: str = "Read the guidance.") -> dict[str, Any]:
    return {"subject": subject, "body": text}


def bilingual(text: str, *, subject: str = "The news") -> dict[str, Any]:
    """The same words in both languages."""
    return {"en": english(subject, text), "cy": english(subject, text)}
