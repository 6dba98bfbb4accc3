"""Rows of GOV.UK Frontend's summary lists and tables."""

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]


def row(key: str, value: str) -> Row:
    """One row of a summary list; long words break."""
    return {"key": {"text": key}, "value": {"text": value, "classes": "govuk-!-text-break-word"}}


def counts(rows: Iterable[tuple[str, int]]) -> list[list[Row]]:
    """Rows of a table: words, and how many."""
    return [[{"text": words}, {"text": f"{count:,}", "format": "numeric"}] for words, count in rows]
