"""GOV.UK Notify through its official client: the only file that imports it.

Judged by status and error type, never by message text (notify.md, Errors). A proxy in front of Notify
has answered 404, 400 and 502 during outages: only a body of Notify's own shape counts as its word.
"""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, assert_never
from urllib.parse import urljoin
from uuid import UUID

import requests
from notifications_python_client.authentication import create_jwt_token
from notifications_python_client.errors import APIError, HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from pydantic import SecretStr
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Busy,
    EmailMessage,
    FencedToken,
    Found,
    LetterMessage,
    Message,
    MessageType,
    Outcome,
    Refusal,
    ServiceRefused,
    TemplateSeen,
    TextMessage,
    TryLater,
    Unknown,
)
from service.notify.posting import NotifySession

TIMEOUT: Final = (5.0, 35.0)
"""Seconds to connect, and between bytes: Notify's own limit is 30, so we read for longer."""

TOKEN_LIFE: Final = 30.0
"""Seconds after which Notify refuses a token."""

FRESH: Final = 20.0
"""Seconds within which a refused token was not refused for its age."""

ABOUT_THE_ADDRESS: Final[Mapping[MessageType, frozenset[str]]] = {
    MessageType.EMAIL: frozenset({"email_address"}),
    MessageType.SMS: frozenset({"phone_number"}),
    # A letter's address is no field of its own: "Address must be …", "Last line of address must be …",
    # "Must be a real UK postcode". Of a field they would say its name.
    MessageType.LETTER: frozenset({"Address", "Last", "Must"}),
}
"""The first words of validation errors that are about the recipient, and not about us."""

_NO_ANSWER: Final = (APIError, requests.RequestException, KeyError, TypeError, ValueError)
"""What asking Notify may raise: nothing is learnt."""


class _FencedClient(NotificationsAPIClient):  # type: ignore[misc]
    """The official client with one change: a post goes out under the token that it is given."""

    def __init__(self, api_key: str, base_url: str) -> None:
        super().__init__(api_key, base_url=base_url, timeout=TIMEOUT)
        self.request_session = NotifySession()
        self.token: FencedToken | None = None
        self._whole = cache(lambda path: urljoin(base_url, path))

    def fence(self) -> FencedToken:
        return FencedToken(create_jwt_token(self.api_key, self.service_id), time.time())

    def _create_request_objects(self, url: str, data: Any, params: Any) -> tuple[str, dict[str, Any]]:
        """As the client has it, but for the token: it would make one for every call."""
        if self.token is None:
            made: tuple[str, dict[str, Any]] = super()._create_request_objects(url, data, params)
            return made
        return self._whole(url), {
            "headers": self.generate_headers(self.token.text),
            "timeout": self.timeout,
            "data": self._serialize_data(data),
        }


class GovukNotify:
    """The gateway to Notify with one key, and a template for each type of message that it may send.

    One client for each thread.
    """

    def __init__(self, *, api_key: SecretStr, base_url: str, templates: Mapping[MessageType, str]) -> None:
        """`templates` has Notify's ids."""
        self._api_key = api_key
        self._base_url = base_url
        self._templates = dict(templates)
        self._local = threading.local()
        self._clients: list[_FencedClient] = []

    def fence(self) -> FencedToken:
        return self._client().fence()

    @property
    def offers(self) -> frozenset[MessageType]:
        return frozenset(self._templates)

    def send(self, message: Message, token: FencedToken) -> Outcome:
        template = self._templates.get(message.type)
        if template is None:
            return ServiceRefused(Refusal.TEMPLATE)
        client = self._client()
        client.token = token
        try:
            answer = _post(client, message, template)
        except HTTPError as error:
            return _judge(error, message, token)
        except (APIError, requests.RequestException):
            return Unknown(by_notify=False)
        finally:
            client.token = None
        return _read_201(answer)

    def find(self, reference: str) -> list[Found] | None:
        try:
            answer = self._client().get_all_notifications(reference=reference, include_jobs=True)
            return [_found(row) for row in answer["notifications"] if row["reference"] == reference]
        except _NO_ANSWER:
            return None

    def look(self, notify_id: UUID) -> list[Found] | None:
        try:
            return [_found(self._client().get_notification_by_id(str(notify_id)))]
        except HTTPError as error:
            gone = error.status_code == 404 and error.response is not None
            return [] if gone and "NoResultFound" in _errors_of_notify(error.response) else None
        except _NO_ANSWER:
            return None

    def listed(self, older_than: UUID | None) -> list[Found] | None:
        try:
            answer = self._client().get_all_notifications(
                older_than=str(older_than) if older_than else None, include_jobs=True
            )
            return [_found(row) for row in answer["notifications"]]
        except _NO_ANSWER:
            return None

    def template(self, of: MessageType) -> TemplateSeen | None:
        try:
            answer = self._client().get_template(self._templates[of])
            return TemplateSeen(UUID(answer["id"]), int(answer["version"]))
        except _NO_ANSWER:
            return None

    def close(self) -> None:
        for client in self._clients:
            client.request_session.close()

    def _client(self) -> _FencedClient:
        client: _FencedClient | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = _FencedClient(self._api_key.get_secret_value(), self._base_url)
            self._clients.append(client)
        return client


def _post(client: _FencedClient, message: Message, template: str) -> Any:
    match message:
        case EmailMessage():
            return client.send_email_notification(
                email_address=message.recipient.as_typed,
                template_id=template,
                personalisation={"subject": message.subject, "body": message.body},
                reference=message.reference,
                email_reply_to_id=message.reply_to_id,
                one_click_unsubscribe_url=message.one_click_unsubscribe_url,
                sanitise_content_for=["body"] if message.sanitised else None,
            )
        case TextMessage():
            return client.send_sms_notification(
                phone_number=message.recipient.e164,
                template_id=template,
                personalisation={"body": message.body},
                reference=message.reference,
            )
        case LetterMessage():
            lines = {f"address_line_{n}": line for n, line in enumerate(message.recipient.lines, start=1)}
            return client.send_letter_notification(
                template_id=template,
                personalisation=lines | {"heading": message.heading, "body": message.body},
                reference=message.reference,
            )
        case _:
            assert_never(message)


def _found(row: Any) -> Found:
    reference = row["reference"]
    return Found(
        notify_id=UUID(row["id"]),
        status=str(row["status"]),
        reference=str(reference) if reference is not None else None,
        created_at=datetime.fromisoformat(row["created_at"]),
    )


def _read_201(answer: Any) -> Outcome:
    """A 2xx that does not say what was made proves nothing."""
    try:
        return Accepted(UUID(answer["id"]), int(answer["template"]["version"]))
    except (KeyError, TypeError, ValueError):
        return Unknown(by_notify=False)


def _judge(error: HTTPError, message: Message, token: FencedToken) -> Outcome:
    if error.response is None:
        return TryLater(Busy.UNREACHABLE) if _never_connected(error) else Unknown(by_notify=False)
    shaped = _errors_of_notify(error.response)
    match error.status_code:
        case 429 if "TooManyRequestsError" in shaped:
            return TryLater(Busy.DAILY_LIMIT)
        case 429 if shaped:
            return TryLater(Busy.RATE)
        case 401 | 403 if "AuthError" in shaped:
            old = time.time() - token.made_at > FRESH
            return TryLater(Busy.STALE_TOKEN) if old else ServiceRefused(Refusal.KEY)
        case 400 if "ValidationError" in shaped:
            about_address = ABOUT_THE_ADDRESS[message.type].issuperset(shaped["ValidationError"])
            return AddressRefused() if about_address else ServiceRefused(Refusal.TEMPLATE)
        case 400 if "BadRequestError" in shaped:
            return AddressRefused() if _goes_abroad(message) else ServiceRefused(Refusal.TEMPLATE)
        case status:
            return Unknown(by_notify=bool(shaped) and status == 500)


def _goes_abroad(message: Message) -> bool:
    """Whether it is a text to another country: many services may send none, and only it is refused."""
    return isinstance(message, TextMessage) and not message.recipient.e164.startswith("+44")


def _errors_of_notify(response: requests.Response) -> dict[str, list[str]]:
    """Notify's error types, each with the first word of its messages, which names the field.

    Empty where the body is not of Notify's shape: then somebody in between answered.
    """
    try:
        body = response.json()
        if body["status_code"] != response.status_code:
            return {}
        found: dict[str, list[str]] = {}
        for error in body["errors"]:
            found.setdefault(str(error["error"]), []).append(str(error["message"]).partition(" ")[0])
        return found
    except (ValueError, KeyError, TypeError):
        return {}


def _never_connected(error: HTTPError) -> bool:
    """Whether no connection was made, so that nothing can have been taken."""
    cause = error.__cause__
    reason = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(reason, MaxRetryError) and isinstance(
        reason.reason, NewConnectionError | ConnectTimeoutError
    )
