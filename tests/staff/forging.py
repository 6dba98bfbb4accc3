"""Tokens that are right but for one thing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import httpx
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from tests.demo_issuer.running import AUDIENCE, RunningIssuer

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Forger:
    """Makes tokens in the issuer's name, with its own key unless told otherwise."""

    def __init__(self, issuer: RunningIssuer) -> None:
        self._issuer = issuer
        stored = (issuer.data_dir / "signing-key.json").read_text()
        self.key = RSAKey.import_key(json.loads(stored))

    def claims(self, changes: Mapping[str, object]) -> dict[str, object]:
        """Good claims with these changes; a change to None leaves one out."""
        now = int(time.time())
        good: dict[str, object] = {
            "iss": self._issuer.url,
            "aud": AUDIENCE,
            "sub": "demo-senior",
            "iat": now,
            "exp": now + 3600,
            "auth_time": now,
            "roles": ["senior"],
        }
        return _changed(good, changes)

    def token(
        self,
        changes: Mapping[str, object] = NOTHING,
        header: Mapping[str, object] = NOTHING,
        key: Key | None = None,
    ) -> str:
        """Signed claims, with these changes to claims and header."""
        full = _changed({"alg": "RS256", "typ": "at+jwt", "kid": self.key.kid}, header)
        algorithms = [str(full["alg"])]
        return jwt.encode(
            full, self.claims(changes), key or self.key, algorithms=algorithms, default_type=None
        )

    def odd(self, header: Mapping[str, object], key: RSAKey | None = None) -> str:
        """A token that is signed well, under a header that no library would write."""
        full = _changed({"alg": "RS256", "typ": "at+jwt", "kid": self.key.kid}, header)
        signed = f"{_part(full)}.{_part(self.claims(NOTHING))}"
        signing = (key or self.key).private_key
        assert isinstance(signing, RSAPrivateKey)
        return f"{signed}.{_base64url(signing.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def unsigned(self, **header: object) -> str:
        """A token without a signature, whatever its header says."""
        return f"{_part({'typ': 'at+jwt', **header})}.{_part(self.claims(NOTHING))}."

    def signed_with_the_public_key(self) -> list[str]:
        """HS256 tokens whose secret is the published key, in each form that a library may take it."""
        published = httpx.get(f"{self._issuer.url}/jwks", trust_env=False)
        public = KeySet.import_key_set(published.json()).keys[0]
        assert isinstance(public, RSAKey)
        return [
            self.hs256(secret)
            for secret in (
                public.as_bytes("PEM"),
                public.as_bytes("PEM").strip(),
                public.as_bytes("DER"),
                json.dumps(published.json()["keys"][0]).encode(),
            )
        ]

    def hs256(self, secret: bytes) -> str:
        """A token with a MAC, made by hand: no library would let a public key be the secret."""
        signed = (
            f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': self.key.kid})}.{_part(self.claims(NOTHING))}"
        )
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        return f"{signed}.{_base64url(mac)}"


def _part(value: object) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _changed(good: dict[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**good, **changes}.items() if value is not None}
