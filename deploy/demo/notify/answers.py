"""What the stand-in answers, in Notify's two shapes.

Source: notify.md "Errors". The v2 API answers `{"status_code", "errors": [{"error", "message"}]}`; whatever
never reached a v2 route answers `{"result": "error", "message"}`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
NOT_FOUND: Final = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON


class Refused(Exception):
    """The request is refused with a status and one or more Notify-shaped errors."""

    def __init__(self, status: int, error: str, *messages: str) -> None:
        super().__init__(*messages)
        self.status = status
        self.error = error
        self.messages = messages

    def answer(self) -> Answer:
        return shaped(self.status, [(self.error, message) for message in self.messages])


def given(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode())


def shaped(status: int, errors: Sequence[tuple[str, str]]) -> Answer:
    """An error of the v2 API."""
    said = [{"error": error, "message": message} for error, message in errors]
    return given(status, {"status_code": status, "errors": said})


def unrouted() -> Answer:
    return given(404, {"result": "error", "message": NOT_FOUND})


def wrong_method() -> Answer:
    # Notify answers JSON here under werkzeug's own HTML content type; clients that trust the header stumble.
    message = "The method is not allowed for the requested URL."
    return Answer(405, json.dumps({"result": "error", "message": message}).encode(), HTML)


def invalid(*messages: str) -> Refused:
    """A schema's refusal: several messages can come together."""
    return Refused(400, "ValidationError", *messages)


def bad_request(message: str, status: int = 400) -> Refused:
    return Refused(status, "BadRequestError", message)


def no_result() -> Refused:
    return Refused(404, "NoResultFound", "No result found")


def broken(error: str = "Exception") -> Refused:
    """What Notify answers where its own code fails; the same request fails for ever."""
    return Refused(500, error, "Internal server error")


def not_modelled(what: str) -> Refused:
    """The stand-in does not do this. Never accept in silence what would then behave differently at Notify."""
    return Refused(501, "NotModelledByTheStandIn", f"The stand-in for Notify does not model {what}")
