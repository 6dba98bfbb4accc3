"""What a signed token of the issuer's says of somebody, once it is verified (RFC 7519, 8725)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from service.staff.issuer import PublicKey
from service.staff.principal import Staff, Subject
from service.staff.roles import Role

# Signatures by a private key alone: `none`, and any HS*, which would make a password of the
# public key, are not in it (RFC 8725, 3.1).
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519")
CLOCK_SKEW: Final = timedelta(seconds=30)
_MAX_TOKEN_CHARACTERS: Final = 16_384
_MAX_SUBJECT_CHARACTERS: Final = 255  # OpenID Connect Core 1.0, 2
# Everything that joserfc and the JSON parser below it raise on bytes that somebody made up.
_UNREADABLE: Final = (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError)


class UnreadableToken(ValueError):
    """It is no token of this issuer's for this audience, now. Which fault it is, nobody is told."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says of itself before anything is verified."""

    kid: str | None
    kind: str | None
    """Its `typ`, in lower case; None where it has none."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature, issuer, audience and time are right."""

    kind: str | None
    claims: Mapping[str, Any]


def read_header(token: str) -> Header:
    """The key that it says it is signed with. Raises `UnreadableToken` where we would accept no such token.

    Looked at first, so that a token that could never pass does not make us ask the issuer.
    """
    if len(token) > _MAX_TOKEN_CHARACTERS:
        raise UnreadableToken
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
        kid, algorithm, kind = header.get("kid"), header.get("alg"), header.get("typ")
    except _UNREADABLE:
        raise UnreadableToken from None
    if algorithm not in ALGORITHMS or not isinstance(kid, str | None):
        raise UnreadableToken
    return Header(kid, _kind(kind))


def verify(token: str, key: PublicKey, *, issuer: str, audience: str, now: datetime) -> Verified:
    """What `token` claims. Raises `UnreadableToken`."""
    rules = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(CLOCK_SKEW.total_seconds()),
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        found = jwt.decode(token, key, algorithms=ALGORITHMS)
        rules.validate(found.claims)
    # `from None`: the library's errors may quote what they could not read.
    except _UNREADABLE:
        raise UnreadableToken from None
    return Verified(_kind(found.header.get("typ")), found.claims)


def staff_of(claims: Mapping[str, Any], *, role_claim: str, now: datetime) -> Staff:
    """Whom verified claims describe. Raises `UnreadableToken`."""
    return Staff(
        subject=_subject(claims["sub"]),
        roles=_roles(claims.get(role_claim)),
        auth_time=_auth_time(claims.get("auth_time"), now=now),
        email=_email(claims),
        name=_name(claims),
    )


def _kind(typ: object) -> str | None:
    if typ is not None and not isinstance(typ, str):
        raise UnreadableToken
    return typ.lower() if typ is not None else None


def _subject(sub: object) -> Subject:
    # It goes into the audit log and into pages: no line breaks, no look-alikes.
    if not isinstance(sub, str) or len(sub) > _MAX_SUBJECT_CHARACTERS:
        raise UnreadableToken
    if not (sub.isascii() and sub.isprintable()):
        raise UnreadableToken
    return Subject(sub)


def _roles(claim: object) -> frozenset[Role]:
    """The roles that we know, of a list or of one name. Anything else gives none."""
    named = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(role for role in Role if role.value in named)


def _auth_time(claim: object, *, now: datetime) -> datetime | None:
    if claim is None:
        return None
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise UnreadableToken
    try:
        signed_in_at = datetime.fromtimestamp(claim, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableToken from None
    if signed_in_at > now + CLOCK_SKEW:
        raise UnreadableToken
    return signed_in_at


def _email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    if not isinstance(email, str) or claims.get("email_verified") is False:
        return None
    return email


def _name(claims: Mapping[str, Any]) -> str | None:
    name = claims.get("name")
    return name[:200] if isinstance(name, str) and name.isprintable() else None
