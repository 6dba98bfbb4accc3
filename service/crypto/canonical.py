"""Canonical JSON: one text for one value, so that a hash over it means something."""

import json
from hashlib import sha256


def canonical_json(value: object) -> bytes:
    """Sorted keys, no spaces, UTF-8. Only JSON's own types: anything else raises TypeError."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def canonical_sha256(value: object) -> str:
    """The SHA-256 of `canonical_json(value)`, in lower-case hex."""
    return sha256(canonical_json(value)).hexdigest()
