"""The manifest of a list: for what, of how many, between which people; signed, with no personal datum.

Verified offline with the key that certificates are verified with (`kept certificate verify`).
"""

from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.crypto.canonical import canonical_json
from service.crypto.signing import Signed, signed_body
from service.errors import Conflict
from service.exports.tables import Export

FORMAT: Final = "kept-informed/manifest/v1"


class NoManifestYet(Conflict):
    """A list has a manifest from the moment that it is ready."""

    code = "no-manifest-yet"


def make(
    export: Export,
    key: Ed25519PrivateKey,
    *,
    rows: int,
    sha256: str,
    built_at: datetime,
    expires_at: datetime,
) -> tuple[dict[str, Any], bytes]:
    """The manifest of a list that is built, and its signature."""
    body = {
        "format": FORMAT,
        "export": str(export.id),
        "scheme": str(export.scheme_id),
        "purpose": export.purpose.value,
        "reference": export.reference,
        "columns": export.columns,
        "rows": rows,
        "sha256": sha256,
        "requested_by": export.requested_by,
        "requested_at": export.requested_at.isoformat(),
        "request_sha256": export.request_sha256,
        "approved_by": export.decided_by,
        "approved_at": export.decided_at.isoformat() if export.decided_at else None,
        "fingerprint": export.fingerprint,
        "built_at": built_at.isoformat(),
        "expires_at": expires_at.isoformat(),
    }
    return body, key.sign(canonical_json(body))


def manifest_of(export: Export) -> Signed:
    """The manifest as it is handed out. Raises `NoManifestYet`."""
    if export.manifest is None or export.signature is None:
        raise NoManifestYet
    return Signed(export.manifest, bytes(export.signature).hex())


def verify(document: dict[str, Any], public_key: bytes) -> bool:
    """Whether `document` is a manifest signed with this key."""
    body = signed_body(document, public_key)
    return body is not None and body.get("format") == FORMAT
