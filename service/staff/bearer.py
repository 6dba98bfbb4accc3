"""Verifying the access tokens that API clients of staff send (RFC 6750, 7519, 8725, 9068)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from service.errors import Unauthenticated
from service.staff.issuer_keys import IssuerKeys, PublicKey
from service.staff.principal import Staff, Subject
from service.staff.roles import Role

# Signatures by a private key alone: `none`, and any HS*, which would make a password of the
# public key, are not in it (RFC 8725, 3.1).
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519")
CLOCK_SKEW: Final = timedelta(seconds=30)
_MAX_TOKEN_CHARACTERS: Final = 16_384
_MAX_SUBJECT_CHARACTERS: Final = 255  # OpenID Connect Core 1.0, 2
_ACCESS_TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
# Many issuers predate RFC 9068 and type their access tokens so, or not at all.
_PLAIN_TYPES: Final = frozenset({"jwt", "application/jwt"})
# What only an ID token carries. It may name the same audience, but was given out to tell a client
# who signed in, not to act for them.
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash"})
# Everything that joserfc and the JSON parser below it raise on bytes that somebody made up.
_UNREADABLE: Final = (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError)


class BadToken(Unauthenticated):
    """The access token is not valid, or not any more. Sign in again."""

    code = "invalid-token"


class BearerVerifier:
    """Turns a bearer token into the member of staff whom the issuer gave it to.

    `issuer` is its exact identifier, `audience` what the token must be meant for, `role_claim` the
    claim that lists roles. `http` is shared and stays the caller's to close.
    """

    def __init__(self, *, issuer: str, audience: str, role_claim: str, http: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._audience = audience
        self._role_claim = role_claim
        self._keys = IssuerKeys(issuer=issuer, http=http)

    async def verify(self, token: str, *, now: datetime) -> Staff:
        """Who sent it. BadToken for whatever is wrong with it; which fault it is, nobody is told.

        IssuerUnreachable where the issuer's keys cannot be had: then nobody passes.
        May make network calls: never inside a transaction.
        """
        kid = _key_id(token)
        key = await self._keys.find(kid, now=now)
        if key is None:
            raise BadToken
        return self._staff(self._claims(token, key, now=now), now=now)

    def _claims(self, token: str, key: PublicKey, *, now: datetime) -> Mapping[str, Any]:
        rules = JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(CLOCK_SKEW.total_seconds()),
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            verified = jwt.decode(token, key, algorithms=ALGORITHMS)
            rules.validate(verified.claims)
        # `from None`: the library's errors may quote what they could not read.
        except _UNREADABLE:
            raise BadToken from None
        if not _is_typed_access_token(verified.header) and not _ID_TOKEN_CLAIMS.isdisjoint(verified.claims):
            raise BadToken
        return verified.claims

    def _staff(self, claims: Mapping[str, Any], *, now: datetime) -> Staff:
        return Staff(
            subject=_subject(claims["sub"]),
            roles=_roles(claims.get(self._role_claim)),
            auth_time=_auth_time(claims.get("auth_time"), now=now),
            email=_email(claims),
        )


def _key_id(token: str) -> str | None:
    """The key that the token says it is signed with, if it is of a kind that we would accept.

    Looked at first, so that a token that could never pass does not make us ask the issuer.
    """
    if len(token) > _MAX_TOKEN_CHARACTERS:
        raise BadToken
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ")
    except _UNREADABLE:
        raise BadToken from None
    if algorithm not in ALGORITHMS or not isinstance(kid, str | None):
        raise BadToken
    if kind is not None and not (
        isinstance(kind, str) and kind.lower() in _ACCESS_TOKEN_TYPES | _PLAIN_TYPES
    ):
        raise BadToken
    return kid


def _is_typed_access_token(header: Mapping[str, Any]) -> bool:
    return str(header.get("typ", "")).lower() in _ACCESS_TOKEN_TYPES


def _subject(sub: str) -> Subject:
    # It goes into the audit log and into pages: no line breaks, no look-alikes.
    if len(sub) > _MAX_SUBJECT_CHARACTERS or not (sub.isascii() and sub.isprintable()):
        raise BadToken
    return Subject(sub)


def _roles(claim: object) -> frozenset[Role]:
    """The roles that we know, of a list or of one name. Anything else gives none."""
    named = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(role for role in Role if role.value in named)


def _auth_time(claim: object, *, now: datetime) -> datetime | None:
    if claim is None:
        return None
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise BadToken
    try:
        signed_in_at = datetime.fromtimestamp(claim, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken from None
    if signed_in_at > now + CLOCK_SKEW:
        raise BadToken
    return signed_in_at


def _email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is False:
        return None
    return email
