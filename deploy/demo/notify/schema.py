"""The schemas of the requests, checked by hand: a library would cost more than all the rest of a POST.

Sources: notify.md "Requests" and "Errors"; `app/v2/notifications/notification_schemas.py`. Messages come in
the order of jsonschema: the properties as the schema lists them, then what is required, then what is not
allowed; quotation marks are taken out, and the same message is said once.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from deploy.demo.notify import clock as clocks
from deploy.demo.notify.answers import broken, invalid, not_modelled
from deploy.demo.notify.clock import MICROSECONDS
from deploy.demo.notify.kinds import MESSAGE_TYPES, STATUSES, MessageType
from deploy.demo.notify.recipients import email_problem, phone_problem

UUID_PATTERN: Final = re.compile(r"^[a-fA-F0-9]{8}-(?:[a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}\Z")
LONGEST_REFERENCE: Final = 1000
SCHEDULED_WITHIN: Final = timedelta(hours=24)
Check = Callable[[Any, int], str | None]


def _text(value: Any, kind: str = "string") -> str | None:
    return None if isinstance(value, str) else f"{value!r} is not of type {kind}"


def _reference(value: Any, _now_us: int) -> str | None:
    if problem := _text(value):
        return problem
    return f"{value} is too long" if len(value) > LONGEST_REFERENCE else None


def _email_address(value: Any, _now_us: int) -> str | None:
    return _text(value) or email_problem(value)


def _phone_number(value: Any, _now_us: int) -> str | None:
    return _text(value) or phone_problem(value)


def _uuid(value: Any, _now_us: int) -> str | None:
    return None if isinstance(value, str) and UUID_PATTERN.match(value) else "is not a valid UUID"


def _personalisation(value: Any, _now_us: int) -> str | None:
    return None if isinstance(value, dict) else "should contain key value pairs"


def _https_url(value: Any, _now_us: int) -> str | None:
    return None if isinstance(value, str) and value.startswith("https") else "is not a valid https url"


def _scheduled_for(value: Any, now_us: int) -> str | None:
    """Validated, and then ignored: nothing that the API is given is ever scheduled."""
    if value is None:
        return None
    if not isinstance(value, str):
        return f"{value!r} is not of type string, null"
    try:
        moment = clocks.read(value)
    except ValueError:
        return (
            "datetime format is invalid. It must be a valid ISO8601 date time format, "
            "https://en.wikipedia.org/wiki/ISO_8601"
        )
    if moment < now_us:
        return "datetime can not be in the past"
    if moment > now_us + SCHEDULED_WITHIN.total_seconds() * MICROSECONDS:
        return "datetime can only be 24 hours in the future"
    return None


def _names(value: Any, _now_us: int) -> str | None:
    return None if isinstance(value, list) else f"{value!r} is not of type array"


SCHEMAS: Final[dict[MessageType, tuple[dict[str, Check], tuple[str, ...]]]] = {
    "email": (
        {
            "reference": _reference,
            "email_address": _email_address,
            "template_id": _uuid,
            "personalisation": _personalisation,
            "scheduled_for": _scheduled_for,
            "email_reply_to_id": _uuid,
            "one_click_unsubscribe_url": _https_url,
            "sanitise_content_for": _names,
        },
        ("email_address", "template_id"),
    ),
    "sms": (
        {
            "reference": _reference,
            "phone_number": _phone_number,
            "template_id": _uuid,
            "personalisation": _personalisation,
            "scheduled_for": _scheduled_for,
            "sms_sender_id": _uuid,
        },
        ("phone_number", "template_id"),
    ),
    "letter": (
        {"reference": _reference, "template_id": _uuid, "personalisation": _personalisation},
        ("template_id", "personalisation"),
    ),
}


def check_send(message_type: MessageType, form: Any, now_us: int) -> dict[str, Any]:
    """The body of a POST as an object that fits its schema. Raises `Refused`, 400 or 501."""
    if not isinstance(form, dict):
        raise invalid(f"{form!r} is not of type object".replace("'", ""))
    if message_type == "letter" and "content" in form:
        raise not_modelled("precompiled letters")
    checks, required = SCHEMAS[message_type]
    problems = [
        f"{name} {problem}"
        for name, check in checks.items()
        if name in form and (problem := check(form[name], now_us)) is not None
    ]
    problems += [f"{name} is a required property" for name in required if name not in form]
    problems += _unexpected(form, checks)
    if problems:
        raise invalid(*dict.fromkeys(problem.replace("'", "") for problem in problems))
    return form


def check_listing(asked: Mapping[str, list[str]]) -> None:
    """The query of `GET /v2/notifications`. Raises `Refused` 400."""
    problems = []
    for name, allowed in (
        ("status", STATUSES),
        ("template_type", MESSAGE_TYPES),
        ("include_jobs", ("true", "True")),
    ):
        problems += [
            f"{name} {value} is not one of [{', '.join(allowed)}]"
            for value in asked.get(name, [])
            if value not in allowed
        ]
    if "older_than" in asked and not UUID_PATTERN.match(asked["older_than"][0]):
        problems.append("older_than is not a valid UUID")
    problems += _unexpected(asked, ("reference", "status", "template_type", "include_jobs", "older_than"))
    if problems:
        raise invalid(*dict.fromkeys(problems))


def check_id(value: str, name: str = "id") -> str:
    """An id in a path. Raises `Refused` 400."""
    if not UUID_PATTERN.match(value):
        raise invalid(f"{name} is not a valid UUID")
    return value.lower()


def check_storable(form: dict[str, Any], raw: bytes) -> None:
    """What passes the schema and then breaks Notify's own code, for ever. Raises `Refused` 500.

    Source: notify.md "Seen on a running server": a NUL in `reference`, a lone surrogate anywhere, a value
    that is not a string under `sanitise_content_for`.
    """
    if "\0" in form.get("reference", ""):
        raise broken("ValueError")
    if b"\\ud" in raw or b"\\uD" in raw:  # only an escape can bring a surrogate: UTF-8 has none
        try:
            all_text(form).encode()
        except UnicodeEncodeError as error:
            raise broken("UnicodeEncodeError") from error


def all_text(value: Any) -> str:
    """Every text inside a JSON value, keys included, run together."""
    match value:
        case str():
            return value
        case dict():
            return "".join(all_text(part) for pair in value.items() for part in pair)
        case list():
            return "".join(map(all_text, value))
    return ""


def _unexpected(form: Mapping[str, Any], allowed: Any) -> list[str]:
    extra = [name for name in form if name not in allowed]
    if not extra:
        return []
    verb = "was" if len(extra) == 1 else "were"
    return [f"Additional properties are not allowed ({', '.join(extra)} {verb} unexpected)"]
