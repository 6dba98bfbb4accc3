"""What the stand-in is told when it starts: one JSON file, refused loudly where anything in it is wrong."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from deploy.demo.notify.kinds import KEY_TYPES, MESSAGE_TYPES, Key, MessageType

LIMITS: Final = ("rate_per_minute", "daily_limit_emails", "daily_limit_texts", "daily_limit_letters")
DEFAULT_TEMPLATE_NAME: Final = "A template of the demo"


class WrongConfig(Exception):
    """The configuration cannot be used; the message names the setting."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Where Notify calls, and the bearer token that it then shows."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template as the configuration gives it: its first version."""

    id: str
    type: MessageType
    name: str
    subject: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the stand-in is told."""

    service_id: str
    keys: tuple[Key, ...]
    templates: tuple[TemplateText, ...]
    rate_per_minute: int = 3000
    daily_limit_emails: int = 250_000
    daily_limit_texts: int = 250_000
    daily_limit_letters: int = 20_000
    guest_list: tuple[str, ...] = ()
    from_email: str = "kept.informed@notifications.service.gov.uk"
    from_number: str = "GOVUK"
    reply_to_ids: tuple[str, ...] = ()
    sms_sender_ids: tuple[str, ...] = ()
    permissions: tuple[str, ...] = MESSAGE_TYPES
    trial_mode: bool = False
    close_connections: bool = False
    callback: Callback | None = None
    received_texts_callback: Callback | None = None
    delivery_seconds: float = 0.2
    retention_days: int = 7


def load(path: Path) -> Config:
    """Read the configuration. Raises `WrongConfig`.

    The file holds API keys and callback tokens, so one that others can read is refused.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError as error:
        raise WrongConfig(f"--config {path}: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise WrongConfig(f"--config {path}: others can read it and it holds secrets; chmod 600 it")
    try:
        told = json.loads(text)
    except ValueError as error:
        raise WrongConfig(f"--config {path}: not JSON: {error}") from error
    if not isinstance(told, dict):
        raise WrongConfig(f"--config {path}: not a JSON object")
    return understood(told)


def understood(told: dict[str, Any]) -> Config:
    """The configuration that a JSON object stands for. Raises `WrongConfig`."""
    unknown = told.keys() - Config.__dataclass_fields__.keys()
    if unknown:
        raise WrongConfig(f"unknown settings: {', '.join(sorted(unknown))}")
    values: dict[str, Any] = dict(told)
    values["service_id"] = _uuid("service_id", told.get("service_id"))
    values["keys"] = tuple(key(one) for one in _list(told, "keys"))
    values["templates"] = tuple(_template(one) for one in _list(told, "templates"))
    for name in ("guest_list", "reply_to_ids", "sms_sender_ids", "permissions"):
        if name in told:
            values[name] = tuple(str(one) for one in _list(told, name))
    for name in ("callback", "received_texts_callback"):
        if told.get(name) is not None:
            values[name] = callback(name, told[name])
    for name in (*LIMITS, "retention_days"):
        if name in told and (type(told[name]) is not int or told[name] < 1):
            raise WrongConfig(f"{name}: not a whole number above nought")
    for name in ("trial_mode", "close_connections"):
        if name in told and not isinstance(told[name], bool):
            raise WrongConfig(f"{name}: not true or false")
    seconds = told.get("delivery_seconds", 0.2)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise WrongConfig("delivery_seconds: not a number of seconds")
    if not values["keys"]:
        raise WrongConfig("keys: none given")
    return Config(**values)


def key(told: Any) -> Key:
    """One API key. Raises `WrongConfig`, which does not repeat the secret."""
    if not isinstance(told, dict):
        raise WrongConfig("keys: each is an object with secret, type, name")
    if told.get("type") not in KEY_TYPES:
        raise WrongConfig(f"keys: type is one of {', '.join(KEY_TYPES)}")
    return Key(_uuid("keys: secret", told.get("secret")), told["type"], str(told.get("name", "demo")))


def callback(name: str, told: Any) -> Callback:
    """Where to call. Raises `WrongConfig`."""
    match told:
        case {"url": str(url), "token": str(token)} if url.startswith(("http://", "https://")):
            return Callback(url, token)
    raise WrongConfig(f"{name}: an object with url and token, or null")


def _template(told: Any) -> TemplateText:
    if not isinstance(told, dict) or told.get("type") not in MESSAGE_TYPES:
        raise WrongConfig(f"templates: each has a type, one of {', '.join(MESSAGE_TYPES)}")
    subject = told.get("subject")
    if told["type"] != "sms" and not isinstance(subject, str):
        raise WrongConfig("templates: an email or a letter has a subject")
    if not isinstance(told.get("body"), str):
        raise WrongConfig("templates: each has a body")
    return TemplateText(
        id=_uuid("templates: id", told.get("id")),
        type=told["type"],
        name=str(told.get("name", DEFAULT_TEMPLATE_NAME)),
        subject=None if told["type"] == "sms" else subject,
        body=told["body"],
    )


def _uuid(name: str, told: Any) -> str:
    try:
        return str(UUID(told))
    except (TypeError, ValueError, AttributeError) as error:
        raise WrongConfig(f"{name}: not a UUID") from error


def _list(told: dict[str, Any], name: str) -> list[Any]:
    value = told.get(name, [])
    if not isinstance(value, list):
        raise WrongConfig(f"{name}: not a list")
    return value
