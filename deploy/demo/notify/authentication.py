"""Who is calling: Notify's JSON Web Tokens, checked against the stand-in's own clock.

Sources: notify.md "Errors"; `app/authentication/auth.py` of the Notify API for the order and the words;
`notifications_python_client/authentication.py` for the claims (HS256, `iss` the service, `iat` the second
of issue). Checked by hand rather than with PyJWT, which reads the machine's clock and knows no other.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from deploy.demo.notify.answers import Refused
from deploy.demo.notify.kinds import Key

BOUND_SECONDS: Final = 30
CACHED_TOKENS: Final = 1024
GENERAL: Final = (
    "Invalid token: make sure your API token matches the example at "
    "https://docs.notifications.service.gov.uk/rest-api.html#authorisation-header"
)


class Door:
    """Lets in who holds a key of the service."""

    def __init__(self, service_id: str, keys: Iterable[Key]) -> None:
        self.service_id = service_id
        self.active = True
        self.keys: dict[str, Key] = {key.secret: key for key in keys}
        # A sender uses one token for some seconds: its signature need not be computed for every message.
        self._signed: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def enter(self, authorization: str | None, now: float) -> Key:
        """The key that signed the request's token. Raises `Refused`, 401 or 403.

        Notify compares whole seconds: a token is good for as long as the clocks differ by 30 s or less.
        """
        token = _bearer(authorization)
        secret, issued_at = self._signed.get(token) or self._verified(token)
        if int(now) > issued_at + BOUND_SECONDS or issued_at > int(now) + BOUND_SECONDS:
            raise _forbidden(f"Error: Your system clock must be accurate to within {BOUND_SECONDS} seconds")
        if not self.active:
            raise _forbidden("Invalid token: service is archived")
        key = self.keys[secret]
        if key.revoked:
            raise _forbidden("Invalid token: API key revoked")
        return key

    def _verified(self, token: str) -> tuple[str, int]:
        header, claims, signed, signature = _parts(token)
        if "iss" not in claims:
            raise _forbidden("Invalid token: iss field not provided")
        try:
            issuer = str(UUID(claims["iss"]))
        except (ValueError, TypeError, AttributeError) as error:
            raise _forbidden("Invalid token: service id is not the right data type") from error
        if issuer != self.service_id:
            raise _forbidden("Invalid token: service not found")
        if not self.keys:
            raise _forbidden("Invalid token: service has no API keys")
        if not self.active:
            raise _forbidden("Invalid token: service is archived")
        if header.get("alg") != "HS256":
            raise _forbidden("Invalid token: algorithm used is not HS256")
        for secret in self.keys:
            expected = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
            if not hmac.compare_digest(expected, signature):
                continue
            issued_at = claims.get("iat")
            if issued_at is None:
                break  # as at Notify: a token without `iat` fails like one of an unknown key
            if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
                raise _forbidden(
                    f"Error: Your system clock must be accurate to within {BOUND_SECONDS} seconds"
                )
            known = (secret, int(issued_at))
            self._signed[token] = known
            if len(self._signed) > CACHED_TOKENS:
                self._signed.popitem(last=False)
            return known
        raise _forbidden("Invalid token: API key not found")


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise Refused(401, "AuthError", "Unauthorized: authentication token must be provided")
    if authorization[:7].title() != "Bearer ":
        raise Refused(401, "AuthError", "Unauthorized: authentication bearer scheme must be used")
    return authorization[7:]


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        header_text, claims_text, signature_text = token.split(".")
        header, claims = json.loads(_decoded(header_text)), json.loads(_decoded(claims_text))
        signature = _decoded(signature_text)
        signed = f"{header_text}.{claims_text}".encode("ascii")
    except (ValueError, binascii.Error) as error:
        raise _forbidden(GENERAL) from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _forbidden(GENERAL)
    return header, claims, signed, signature


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _forbidden(message: str) -> Refused:
    return Refused(403, "AuthError", message)
