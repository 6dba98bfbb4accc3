"""The Notify that the contract is held against: the stand-in, or any other that the settings name."""

import json
import os
import re
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx
import jwt
from pydantic import SecretStr

from service.notify.gateway import MessageType
from service.notify.govuk import GovukNotify
from tests.notify_standin.conftest import ANY_TEXT, KEYS, SERVICE, Running

URL = "KEPT_CONTRACT_NOTIFY_URL"
KEY = "KEPT_CONTRACT_NOTIFY_KEY"
TEMPLATE = "KEPT_CONTRACT_NOTIFY_TEMPLATE_ID"
WORDS = {"subject": "An update", "body": "Words"}
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class WrongSettings(Exception):
    """The settings name no Notify; never which key they hold."""


@dataclass
class Target:
    """One Notify, seen from outside: plain HTTP with a token made by the documented recipe."""

    url: str
    service_id: str
    secret: str = field(repr=False)
    template_id: str
    behind: Running | None = None
    """The stand-in's administration; None where the Notify is somebody else's."""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=40)

    @classmethod
    def told(cls, settings: Mapping[str, str] = os.environ) -> Self | None:
        """The Notify of the settings; None where they name none. Raises `WrongSettings`."""
        url, key, template_id = (settings.get(name, "") for name in (URL, KEY, TEMPLATE))
        if not (url or key or template_id):
            return None
        found = re.fullmatch(rf".*?({UUID})-({UUID})", key)
        if found is None or not url or not re.fullmatch(UUID, template_id):
            raise WrongSettings(f"{URL}, {KEY} (name-service-secret) and {TEMPLATE} (a UUID): all or none")
        return cls(url.rstrip("/"), found[1], found[2], template_id)

    @classmethod
    def of(cls, running: Running) -> Self:
        return cls(running.url, SERVICE, KEYS["live"], ANY_TEXT, running)

    def with_key(self, kind: str) -> Self:
        """The same stand-in, called with its key of another type, over the same connections."""
        other = copy(self)
        other.secret = KEYS[kind]
        return other

    @property
    def is_foreign(self) -> bool:
        return self.behind is None

    def token(self, algorithm: str = "HS256", secret: str | None = None, **claims: Any) -> str:
        """HS256 over `iss`, the service, and `iat`, the second of issue. A claim of None is left out."""
        told = {"iss": self.service_id, "iat": int(time.time()), **claims}
        said = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(said, secret or self.secret, algorithm, {"typ": "JWT"})

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token()}"}

    def post(self, form: Any, *, raw: bytes | None = None, token: str | None = None) -> httpx.Response:
        content = json.dumps(form).encode() if raw is None else raw
        headers = {**self.headers(token), "Content-Type": "application/json"}
        return self.http.post("/v2/notifications/email", content=content, headers=headers)

    def get(self, path: str, *, token: str | None = None, **arguments: Any) -> httpx.Response:
        return self.http.get(path, params=arguments or None, headers=self.headers(token))

    def form(self, address: str, **changes: Any) -> dict[str, Any]:
        """The body of a POST that is good but for `changes`."""
        said = {"email_address": address, "template_id": self.template_id, "personalisation": WORDS}
        return {**said, **changes}

    def sent(self, address: str, **changes: Any) -> dict[str, Any]:
        """The 201 of a message that has to be accepted."""
        answer = self.post(self.form(address, **changes))
        assert answer.status_code == 201, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def listed(self, **arguments: Any) -> list[str]:
        """The ids of one page of the list, newest first."""
        answer = self.get("/v2/notifications", **arguments)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["notifications"]]

    def tell(self, path: str, told: Any = None) -> Any:
        """Something for the stand-in's administration, which has to agree."""
        assert self.behind is not None
        return self.behind.tell(path, told)

    def gateway(self, **changes: str) -> GovukNotify:
        """The service's own adapter on this Notify."""
        told = {"secret": self.secret, "template_id": self.template_id, **changes}
        return GovukNotify(
            api_key=SecretStr(f"contract-{self.service_id}-{told['secret']}"),
            base_url=self.url,
            templates={MessageType.EMAIL: told["template_id"]},
        )


def a_reference() -> str:
    return f"contract-{uuid4()}"
