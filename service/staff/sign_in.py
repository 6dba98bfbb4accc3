"""Signing in at the issuer: the authorization code flow with PKCE and a nonce (OpenID Connect Core 1.0, 3.1).

The only file of the product that knows Authlib, which has no types: hence the marked lines.

What one sign-in needs (state, nonce, code verifier) follows from a random secret in the browser's cookie, so
that whoever only asks to sign in makes no row. That it is used once is written down when it succeeds.
"""

import asyncio
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from service.crypto.browser_secret import BrowserSecret
from service.errors import Unauthenticated
from service.staff.claims import CLOCK_SKEW, UnreadableToken, Verified, read_header, staff_of, verify
from service.staff.issuer import Issuer, IssuerUnreachable
from service.staff.principal import Staff

SCOPE: Final = "openid profile email"
TIMEOUT: Final = 5.0
HOME: Final = "/"


class SignInFailed(Unauthenticated):
    """You were not signed in. Start again from the page that you wanted."""

    code = "sign-in-failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in of one browser, from the redirect to the callback. It lies in the browser's cookie."""

    secret: BrowserSecret
    back_to: str
    """The page of ours to go on with."""
    max_age: int | None
    """How recent the sign-in has to be, in seconds; None where any will do."""

    @classmethod
    def new(cls, *, back_to: str, max_age: int | None) -> Self:
        return cls(BrowserSecret.new(), own_page(back_to), max_age)

    @classmethod
    def of(cls, cookie: str | None) -> Self | None:
        """What the cookie holds; None where it is none of ours."""
        value, _, rest = (cookie or "").partition(".")
        secret = BrowserSecret.of(value)
        try:
            back_to, max_age = json.loads(urlsafe_b64decode(rest.encode() + b"=="))
        except (ValueError, TypeError, RecursionError):
            return None
        if secret is None or not isinstance(back_to, str) or not isinstance(max_age, int | None):
            return None
        return cls(secret, own_page(back_to), max_age)

    @property
    def cookie(self) -> str:
        rest = json.dumps([self.back_to, self.max_age]).encode()
        # Without padding: a cookie's value takes no "=".
        return f"{self.secret.value}.{urlsafe_b64encode(rest).decode().rstrip('=')}"

    @property
    def state(self) -> str:
        # Over all of it: a page or an age that was changed on the way is another attempt's.
        return self.secret.token(f"state/{self.max_age}/{self.back_to}")

    @property
    def nonce(self) -> str:
        return self.secret.token("nonce")

    @property
    def verifier(self) -> str:
        """The PKCE code verifier (RFC 7636, 4.1): 43 characters."""
        return self.secret.token("verifier")


class RelyingParty:
    """This service, as the issuer's client."""

    def __init__(
        self, issuer: Issuer, *, client_id: str, client_secret: str, redirect_uri: str, role_claim: str
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._role_claim = role_claim

    async def begin(self, attempt: Attempt, *, now: datetime) -> str:
        """Where to send the browser. IssuerUnreachable."""
        endpoints = await self._issuer.endpoints(now=now)
        asked: dict[str, Any] = {"state": attempt.state, "nonce": attempt.nonce}
        if attempt.max_age is not None:
            asked["max_age"] = attempt.max_age
        with self._client() as client:
            url, _ = client.create_authorization_url(
                endpoints.authorization, code_verifier=attempt.verifier, **asked
            )
        return str(url)

    async def finish(
        self, attempt: Attempt, *, code: str, state: str, iss: str | None, now: datetime
    ) -> Staff:
        """Who came back with `code`. Raises `SignInFailed`, `IssuerUnreachable`.

        `iss`: whom the answer says that it is of; None where it does not say (RFC 9207).
        Makes network calls: never inside a transaction.
        """
        if not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise SignInFailed
        if iss is not None and iss != self._issuer.identifier:
            raise SignInFailed
        tokens = await self._exchange(attempt, code, now=now)
        try:
            verified = await self._id_token(tokens.get("id_token"), attempt, now=now)
            claims = dict(verified.claims)
            if self._role_claim not in claims:
                # Some issuers say these only to whoever asks (OpenID Connect Core 1.0, 5.4).
                claims = {**await self._userinfo(tokens, subject=claims["sub"], now=now), **claims}
            staff = staff_of(claims, role_claim=self._role_claim, now=now)
        except UnreadableToken:
            raise SignInFailed from None
        if attempt.max_age is not None and not _recent(staff.auth_time, attempt.max_age, now):
            raise SignInFailed
        return staff

    async def end_session_at(self, *, now: datetime) -> str | None:
        """Where the browser signs out of the issuer; None where that has no such place."""
        return (await self._issuer.endpoints(now=now)).end_session

    async def _exchange(self, attempt: Attempt, code: str, *, now: datetime) -> dict[str, Any]:
        endpoints = await self._issuer.endpoints(now=now)

        def exchange() -> dict[str, Any]:
            with self._client() as client:
                return dict(
                    client.fetch_token(
                        endpoints.token,
                        code=code,
                        code_verifier=attempt.verifier,
                        grant_type="authorization_code",
                        timeout=TIMEOUT,
                    )
                )

        try:
            return await asyncio.to_thread(exchange)
        except OAuthError:
            raise SignInFailed from None
        # ValueError: its parser's, where the answer is not JSON.
        except (requests.RequestException, ValueError):
            raise IssuerUnreachable from None

    async def _id_token(self, token: object, attempt: Attempt, *, now: datetime) -> Verified:
        """OpenID Connect Core 1.0, 3.1.3.7."""
        if not isinstance(token, str):
            raise SignInFailed
        key = await self._issuer.find(read_header(token).kid, now=now)
        if key is None:
            raise SignInFailed
        found = verify(token, key, issuer=self._issuer.identifier, audience=self._client_id, now=now)
        if found.claims.get("azp", self._client_id) != self._client_id:
            raise SignInFailed
        nonce = found.claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
            raise SignInFailed
        return found

    async def _userinfo(self, tokens: dict[str, Any], *, subject: object, now: datetime) -> dict[str, Any]:
        endpoint = (await self._issuer.endpoints(now=now)).userinfo
        if endpoint is None:
            return {}

        def ask() -> object:
            with self._client(token=tokens) as client:
                answer = client.get(endpoint, timeout=TIMEOUT)
                return answer.json() if answer.ok else None

        try:
            said = await asyncio.to_thread(ask)
        except (requests.RequestException, ValueError, OAuthError):
            raise IssuerUnreachable from None
        # Of somebody else it must not be used (5.3.2).
        return said if isinstance(said, dict) and said.get("sub") == subject else {}

    def _client(self, **more: Any) -> Any:
        client = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            **more,
        )
        # A proxy of the environment, or somebody's .netrc, has no business in this.
        client.trust_env = False
        return client


def own_page(path: str) -> str:
    """`path`, where it is a page of this host; else the first page. Nobody is sent elsewhere."""
    ours = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and path.isascii() and path.isprintable()
    )
    return path if ours and len(path) < 500 else HOME


def _recent(auth_time: datetime | None, max_age: int, now: datetime) -> bool:
    return auth_time is not None and now - auth_time <= timedelta(seconds=max_age) + CLOCK_SKEW
