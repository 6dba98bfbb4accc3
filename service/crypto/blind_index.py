"""The blind index: how a worker finds an address without any table holding one.

HMAC-SHA256 over `v1|email|address` and `v1|phone|E.164`. Only workers hold the key: with it all UK
mobiles can be tried in minutes. Gmail's dots and plus tags are kept: two people may differ by them.
"""

import hmac
from hashlib import sha256
from typing import NewType, NoReturn

BlindIndex = NewType("BlindIndex", bytes)


class IndexKey:
    """32 bytes that no `repr` and no pickle shows."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("an index key is 32 bytes")
        self._key = key

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")

    def email(self, index_form: str) -> BlindIndex:
        """`index_form` is the address lower-cased, its domain in IDNA form."""
        return self._index("email", index_form)

    def phone(self, e164: str) -> BlindIndex:
        return self._index("phone", e164)

    def post(self, index_form: str) -> BlindIndex:
        """`index_form` is the postal address in capitals, without spaces and punctuation."""
        return self._index("post", index_form)

    def number(self, number: str) -> BlindIndex:
        """`number` is a registration's: `KI-7F3K-9QXM`."""
        return self._index("number", number)

    def _index(self, kind: str, value: str) -> BlindIndex:
        return BlindIndex(hmac.digest(self._key, f"v1|{kind}|{value}".encode(), sha256))
