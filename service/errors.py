"""What can go wrong, in the words of the domain.

Errors know no HTTP: `service.web.problems` maps each kind to a status. None ever holds a personal
datum: the text of an error is its class's docstring, or a sentence made of codes and dates alone.
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar


class KeptError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        self.message = message or first_line(type(self).__doc__)
        super().__init__(self.message)


class Unauthenticated(KeptError):
    """Sign in, or send a valid bearer token."""

    code = "unauthenticated"


class Forbidden(KeptError):
    """Your role does not allow this."""

    code = "forbidden"


class NotFound(KeptError):
    """There is nothing here."""

    code = "not-found"


class Gone(KeptError):
    """This link does not work any more. It may have been used, or it is too old."""

    code = "gone"


class Conflict(KeptError):
    """This cannot be done in the present state."""

    code = "conflict"


class Invalid(KeptError):
    """Some of the answers need to be changed.

    `fields` maps a field's path (`email`, `topics.0`) to the rule that it breaks. Never the value.
    """

    code = "invalid"

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields)


class TooOften(KeptError):
    """You have done this too often. Wait a little."""

    code = "too-often"

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.retry_after_seconds = max(1, math.ceil(wait.total_seconds()))


class Unavailable(KeptError):
    """The service cannot do this at the moment. Try again in a few seconds."""

    code = "unavailable"


class Misconfigured(KeptError):
    """A setting is missing or wrong. The message names it; a process does not start with it."""

    code = "misconfigured"


def first_line(text: str | None) -> str:
    """The first line of a docstring, which for an error is what a person reads."""
    return (text or "Something went wrong.").strip().splitlines()[0]
