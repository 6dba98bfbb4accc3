"""The signing key, and the access tokens that it signs (RFC 9068)."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySetSerialization, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from deploy.demo.issuer.config import IssuerConfig
from deploy.demo.issuer.people import PEOPLE, Person
from deploy.demo.issuer.private_files import read_private, write_private

# The one that every OpenID Connect client does unasked (Discovery 1.0, 3).
ALGORITHM: Final = "RS256"
LIFETIME_SECONDS: Final = 3600
_KEY_BITS: Final = 2048
_KEY_FILE: Final = "signing-key.json"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person, and when they chose who they are (seconds since 1970)."""

    person: Person
    auth_time: int


def signing_key(data_dir: Path | None) -> RSAKey:
    """The key in the data directory, made there if it holds none; without one, for this run alone.

    NotPrivate where others can read it; ValueError where the file holds no key.
    """
    if data_dir is None:
        return _new_key()
    path = data_dir / _KEY_FILE
    try:
        key = RSAKey.import_key(json.loads(read_private(path)))
        key.ensure_kid()
        return key
    except FileNotFoundError:
        key = _new_key()
        write_private(path, json.dumps(key.as_dict(private=True)).encode())
        return key
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(f"{path}: it holds no signing key; remove it and one is made") from None


def _new_key() -> RSAKey:
    return RSAKey.generate_key(_KEY_BITS, parameters={"use": "sig", "alg": ALGORITHM}, auto_kid=True)


class Tokens:
    """Makes access tokens and reads them back."""

    def __init__(self, config: IssuerConfig, key: RSAKey) -> None:
        if key.kid is None:
            raise ValueError("a signing key needs an id, so that clients find it among others")
        self._config = config
        self._kid = key.kid
        self.key = key

    def header(self, kind: str) -> dict[str, str]:
        """The JOSE header of a token of this `typ`."""
        return {"alg": ALGORITHM, "typ": kind, "kid": self._kid}

    def published(self) -> KeySetSerialization:
        """The key set as everybody may see it: the public half."""
        return {"keys": [self.key.as_dict(private=False)]}

    def claims_about(self, person: Person) -> dict[str, Any]:
        """What ID tokens, access tokens and userinfo all say of somebody."""
        return {
            "sub": person.subject,
            "name": person.display_name,
            "preferred_username": person.name,
            "email": person.email,
            "email_verified": True,
            self._config.role_claim: [person.role],
        }

    def access_token(self, who: SignedIn, *, now: int) -> str:
        """An access token for the staff API, good for LIFETIME_SECONDS from `now`."""
        claims = {
            **self.claims_about(who.person),
            "iss": self._config.issuer,
            "aud": self._config.audience,
            "client_id": self._config.client_id,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "auth_time": who.auth_time,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(self.header("at+jwt"), claims, self.key, algorithms=[ALGORITHM])

    def bearer(self, token: str, *, now: int) -> Person | None:
        """Whose access token this is; None if it is not one of ours, or not any more."""
        rules = JWTClaimsRegistry(
            now=now,
            iss={"essential": True, "value": self._config.issuer},
            aud={"essential": True, "value": self._config.audience},
            exp={"essential": True},
        )
        try:
            verified = jwt.decode(token, self.key, algorithms=[ALGORITHM])
            rules.validate(verified.claims)
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            return None
        if verified.header.get("typ") != "at+jwt":
            return None
        return PEOPLE.get(str(verified.claims.get("preferred_username")))
