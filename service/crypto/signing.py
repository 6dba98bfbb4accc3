"""Documents that are signed, handed out, and verified offline with a public key that is published apart."""

from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from service.crypto.canonical import canonical_json


@dataclass(frozen=True)
class Signed:
    """A document as it is handed out: `body`, and its signature in hex."""

    body: dict[str, Any]
    signature: str

    def as_json(self) -> dict[str, Any]:
        return {**self.body, "signature": self.signature}


def signed_body(document: dict[str, Any], public_key: bytes) -> dict[str, Any] | None:
    """What `document` says without its signature; None where that is not of this key."""
    body = {key: value for key, value in document.items() if key != "signature"}
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(document["signature"]), canonical_json(body)
        )
    except (InvalidSignature, KeyError, ValueError, TypeError):
        return None
    return body
