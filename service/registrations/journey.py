"""Answers on their way through a form of several pages.

They lie in a table, encrypted under a random key that only the browser's cookie has, for an hour.
Whoever takes the table has neither the key nor the name of the row, which is the key's hash.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select

from service.crypto.canonical import canonical_json
from service.crypto.envelope import pad, unpad
from service.database import Transaction

NONCE: Final = 12

Answers = dict[str, str | list[str]]
"""By field of `RegistrationForm`, as they were given."""


def new_key() -> str:
    """A key for one journey: 32 random bytes, base64url."""
    return urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


async def remember(tx: Transaction, key: str, answers: Answers) -> None:
    """Keep `answers` under `key` for an hour, in place of what was there."""
    nonce = secrets.token_bytes(NONCE)
    encrypted = nonce + _cipher(key).encrypt(nonce, pad(canonical_json(answers)), _row(key))
    await tx.execute(select(func.journey_put(_row(key), encrypted)))


async def recall(tx: Transaction, key: str) -> Answers | None:
    """The answers kept under `key`; None where there are none, or no more."""
    encrypted = await tx.scalar(select(func.journey_get(_row(key))))
    if encrypted is None:
        return None
    try:
        padded = _cipher(key).decrypt(encrypted[:NONCE], encrypted[NONCE:], _row(key))
    except InvalidTag:
        return None
    answers: Answers = json.loads(unpad(padded))
    return answers


async def forget(tx: Transaction, key: str) -> None:
    """Drop what is kept under `key`."""
    await tx.execute(select(func.journey_end(_row(key))))


def _cipher(key: str) -> AESGCM:
    return AESGCM(sha256(b"journey/v1/encrypt" + key.encode()).digest())


def _row(key: str) -> bytes:
    return sha256(b"journey/v1/row" + key.encode()).digest()
