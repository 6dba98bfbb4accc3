"""Verifying the access tokens that API clients of staff send (RFC 6750, 7519, 8725, 9068)."""

from datetime import datetime
from typing import Final

from service.errors import Unauthenticated
from service.staff.claims import UnreadableToken, read_header, staff_of, verify
from service.staff.issuer import Issuer
from service.staff.principal import Staff

_ACCESS_TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
# Many issuers predate RFC 9068 and type their access tokens so, or not at all.
_PLAIN_TYPES: Final = frozenset({"jwt", "application/jwt", None})
# What only an ID token carries. It may name the same audience, but was given out to tell a client
# who signed in, not to act for them.
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash"})


class BadToken(Unauthenticated):
    """The access token is not valid, or not any more. Sign in again."""

    code = "invalid-token"


class BearerVerifier:
    """Turns a bearer token into the member of staff whom the issuer gave it to.

    `audience` is what the token must be meant for, `role_claim` the claim that lists roles.
    """

    def __init__(self, issuer: Issuer, *, audience: str, role_claim: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._role_claim = role_claim

    async def verify(self, token: str, *, now: datetime) -> Staff:
        """Who sent it. BadToken for whatever is wrong with it; which fault it is, nobody is told.

        IssuerUnreachable where the issuer's keys cannot be had: then nobody passes.
        May make network calls: never inside a transaction.
        """
        try:
            header = read_header(token)
            if header.kind not in _ACCESS_TOKEN_TYPES | _PLAIN_TYPES:
                raise BadToken
            key = await self._issuer.find(header.kid, now=now)
            if key is None:
                raise BadToken
            verified = verify(token, key, issuer=self._issuer.identifier, audience=self._audience, now=now)
            if verified.kind not in _ACCESS_TOKEN_TYPES and not _ID_TOKEN_CLAIMS.isdisjoint(verified.claims):
                raise BadToken
            return staff_of(verified.claims, role_claim=self._role_claim, now=now)
        except UnreadableToken:
            raise BadToken from None
