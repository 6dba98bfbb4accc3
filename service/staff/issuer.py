"""The issuer, as it describes itself: its endpoints, its keys (OpenID Connect Discovery 1.0, RFC 7517)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from service.errors import Unavailable

PublicKey = RSAKey | ECKey | OKPKey

# A key that the issuer withdrew is refused after this long.
_KEEP_FOR: Final = timedelta(minutes=10)
# Anybody can make up key ids: this bounds what they make us ask of the issuer.
_ASK_EVERY: Final = timedelta(seconds=5)
_PER_STEP_SECONDS: Final = 3.0
# Timeouts of single reads do not stop an issuer that drips bytes.
_ALTOGETHER_SECONDS: Final = 8.0


class IssuerUnreachable(Unavailable):
    """The sign-in service does not answer. Try again in a few seconds."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a browser is sent, and where tokens are had. None where the issuer has no such place."""

    authorization: str
    token: str
    userinfo: str | None
    end_session: str | None


class Issuer:
    """What is known of the issuer, which is asked when that is old or lacks a key.

    `issuer` is its exact identifier. `http` is shared and stays the caller's to close.
    It makes network calls: never use it inside a transaction.
    """

    def __init__(self, *, issuer: str, http: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._http = http
        self._asking = asyncio.Lock()
        self._keys: Sequence[PublicKey] = ()
        self._discovery: Mapping[str, Any] = {}
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None

    @property
    def identifier(self) -> str:
        """The issuer's name for itself, a URL."""
        return self._issuer

    async def find(self, kid: str | None, *, now: datetime) -> PublicKey | None:
        """The key with this id, or None where the issuer has none.

        Without an id, the issuer's only key. IssuerUnreachable where it cannot be known.
        """
        # Known keys need no lock: a slow answer about a made-up id must not stall everybody.
        if self._is_recent(now) and (key := self._known(kid)):
            return key
        async with self._asking:
            if self._is_recent(now) and (key := self._known(kid)):
                return key
            if _within(_ASK_EVERY, self._asked_at, now):
                if self._asked_at != self._fetched_at:
                    raise IssuerUnreachable
                return None
            await self._fetch(now)
            return self._known(kid)

    async def endpoints(self, *, now: datetime) -> Endpoints:
        """Where it is asked. IssuerUnreachable where that cannot be known, or is nowhere to send anybody."""
        if not self._is_recent(now):
            async with self._asking:
                if not self._is_recent(now):
                    if _within(_ASK_EVERY, self._asked_at, now):
                        raise IssuerUnreachable
                    await self._fetch(now)
        try:
            return Endpoints(
                authorization=_endpoint(self._discovery, "authorization_endpoint", self._issuer),
                token=_endpoint(self._discovery, "token_endpoint", self._issuer),
                userinfo=_optional(self._discovery, "userinfo_endpoint", self._issuer),
                end_session=_optional(self._discovery, "end_session_endpoint", self._issuer),
            )
        except ValueError:
            raise IssuerUnreachable from None

    def _known(self, kid: str | None) -> PublicKey | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.kid == kid), None)

    def _is_recent(self, now: datetime) -> bool:
        return _within(_KEEP_FOR, self._fetched_at, now)

    async def _fetch(self, now: datetime) -> None:
        # Before the call: a failed or cancelled attempt counts against the rate too.
        self._asked_at = now
        try:
            async with asyncio.timeout(_ALTOGETHER_SECONDS):
                discovery = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if discovery.get("issuer") != self._issuer:
                    raise ValueError("the document is another issuer's")
                jwks = await self._get(_endpoint(discovery, "jwks_uri", self._issuer))
            keys = _verifying_keys(jwks)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError):
            raise IssuerUnreachable from None
        self._keys = keys
        self._discovery = discovery
        self._fetched_at = now

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._http.get(url, timeout=_PER_STEP_SECONDS, follow_redirects=False)
        if answer.status_code != httpx.codes.OK:
            raise ValueError("not an answer with a document")
        document = answer.json()
        if not isinstance(document, dict):
            raise ValueError("not a JSON object")
        return document


def _within(span: timedelta, since: datetime | None, now: datetime) -> bool:
    # A clock that was set back must not make something recent for hours.
    return since is not None and timedelta(0) <= now - since < span


def _endpoint(discovery: Mapping[str, Any], name: str, issuer: str) -> str:
    uri = discovery.get(name)
    # Plain HTTP only where the issuer itself has it, which the settings allow on loopback alone.
    if not isinstance(uri, str) or urlsplit(uri).scheme not in {"https", urlsplit(issuer).scheme}:
        raise ValueError(f"no {name} that can be trusted")
    return uri


def _optional(discovery: Mapping[str, Any], name: str, issuer: str) -> str | None:
    return _endpoint(discovery, name, issuer) if discovery.get(name) is not None else None


def _verifying_keys(jwks: dict[str, Any]) -> list[PublicKey]:
    """The public keys for signatures. One that is not understood is left out (RFC 7517, 5)."""
    published = jwks.get("keys")
    if not isinstance(published, list):
        raise ValueError("not a key set")
    keys: list[PublicKey] = []
    for jwk in published:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        # A shared secret that stands in public verifies nothing.
        if isinstance(key, PublicKey):
            keys.append(key)
    return keys
