"""Filling a template with a person's values.

Sources: notify.md "Formatting" and "Seen on a running server"; `field.py` of notifications-utils. Names
ignore case, spaces, `_` and `-`; None is missing; a list becomes bullets in a body and a phrase in a
subject; anything else is its Python text. A value is put in once, so a placeholder inside a value stays
literal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from deploy.demo.notify.answers import broken
from deploy.demo.notify.recipients import stripped

PLACEHOLDER: Final = re.compile(r"\({2}([^()]+)\){2}")
TRUE_WORDS: Final = frozenset({"yes", "y", "true", "t", "1", "include", "show"})
MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!>^|~])")
ADDRESS_ON_THE_WEB: Final = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filled:
    """What goes out."""

    subject: str | None
    body: str
    sanitised: dict[str, str]


class Missing(Exception):
    """Placeholders without a value, named as the template spells them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """The form in which names are compared."""
    return stripped(name).translate({ord(" "): None, ord("_"): None, ord("-"): None}).lower()


def names_in(*texts: str | None) -> list[str]:
    """The placeholders of a template, in the order in which they first come."""
    found: dict[str, str] = {}
    for text in texts:
        for inside in PLACEHOLDER.findall(text or ""):
            name = inside.split("??")[0]
            found.setdefault(folded(name), name)
    return list(found.values())


def fill(
    subject: str | None, body: str, personalisation: Mapping[str, Any], sanitise: list[Any] | None = None
) -> Filled:
    """The text of one message. Raises `Missing`, or `Refused` 500 for what cannot be sanitised."""
    values = {folded(name): value for name, value in personalisation.items()}
    missing = [name for name in names_in(subject, body) if values.get(folded(name)) is None]
    if missing:
        raise Missing(missing)
    sanitised = _sanitise(values, sanitise or [])
    return Filled(
        subject=None if subject is None else " ".join(_put(subject, values, bullets=False).split()),
        body=_put(body, values, bullets=True).strip(),
        sanitised=sanitised,
    )


def _put(text: str, values: Mapping[str, Any], *, bullets: bool) -> str:
    def replacement(found: re.Match[str]) -> str:
        name, conditional, shown = found.group(1).partition("??")
        value = values[folded(name)]
        if conditional:
            return shown if value and str(value).lower() in TRUE_WORDS else ""
        if isinstance(value, list):
            return _listed(value, bullets=bullets)
        return str(value)

    return PLACEHOLDER.sub(replacement, text)


def _listed(value: list[Any], *, bullets: bool) -> str:
    items = [text for item in value if item is not None and (text := stripped(str(item)))]
    if not items:
        return ""
    if bullets:
        return "\n\n" + "\n".join(f"* {item}" for item in items)
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _sanitise(values: dict[str, Any], names: list[Any]) -> dict[str, str]:
    """Escape markdown and take web addresses out of the named values, in place."""
    sanitised = {}
    for name in names:
        if not isinstance(name, str):
            raise broken("AttributeError")
        if folded(name) not in values:
            continue
        value = values[folded(name)]
        if not isinstance(value, str):
            raise broken("AttributeError")
        clean = MARKDOWN.sub(r"\\\1", ADDRESS_ON_THE_WEB.sub("", value))
        if clean != value:
            sanitised[name] = clean
        values[folded(name)] = clean
    return sanitised
