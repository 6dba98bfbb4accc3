"""The scanner: finds a person's details in bytes, however they were encoded on the way there.

It knows each form by what it does to the text, and looks for all of them. What it cannot see is what
was compressed or encrypted: look into those before.
"""

import hashlib
import json
import quopri
import re
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple
from urllib.parse import quote

HASHES = ("sha256", "sha1", "md5", "sha512")
SHORTEST = 6
"""Characters. A shorter text is found everywhere."""


class Found(NamedTuple):
    """A detail that was found: where, whose, and in which form. Never the bytes themselves."""

    where: str
    detail: str
    form: str


@dataclass(frozen=True, slots=True)
class Needle:
    detail: str
    form: str
    pattern: bytes = field(repr=False)
    folded: bool
    """Whether the case of ASCII letters may differ."""


class Scanner:
    """Looks for `details`: a name for each, and its text. `whole` are those to look for hashes of."""

    def __init__(self, details: Mapping[str, str], *, whole: Collection[str] | None = None) -> None:
        short = [name for name, text in details.items() if len(text) < SHORTEST]
        if short:
            raise ValueError(f"too short to be told from anything else: {', '.join(short)}")
        unique: dict[bytes, Needle] = {}
        for name, text in details.items():
            for each in needles(name, text, hashed=whole is None or name in whole):
                unique.setdefault(each.pattern, each)
        self.needles = tuple(unique.values())

    def scan(self, where: str, data: bytes) -> list[Found]:
        """Every detail in `data`, once for each form that it is there in."""
        folded = data.lower()
        # Long lines are broken by base64 (MIME) and by quoted-printable.
        unwrapped = re.sub(rb"=?\r?\n", b"", data) if b"\n" in data else b""
        views = {True: (folded, unwrapped.lower()), False: (data, unwrapped)}
        return [
            Found(where, each.detail, each.form)
            for each in self.needles
            if any(each.pattern in view for view in views[each.folded])
        ]

    def scan_all(self, places: Iterable[tuple[str, bytes]]) -> list[Found]:
        return [found for where, data in places for found in self.scan(where, data)]


def needles(name: str, text: str, *, hashed: bool = True) -> Iterator[Needle]:
    """Everything that `text` may have become, in each case that a program would put it in."""
    cases = {text, text.lower(), text.upper(), unicodedata.normalize("NFD", text)}
    for case in cases:
        raw = case.encode()
        for form, pattern in _folding(case):
            yield Needle(name, form, pattern.lower(), True)
        for form, pattern in _base64(raw):
            yield Needle(name, form, pattern, False)
        for form, pattern in _base64(case.encode("utf-16-le")):
            yield Needle(name, f"{form} of UTF-16", pattern, False)
        for algorithm in HASHES if hashed else ():
            digest = hashlib.new(algorithm, raw).digest()
            yield Needle(name, algorithm, digest, False)
            yield Needle(name, f"{algorithm} in hex", digest.hex().encode(), True)
            for form, pattern in _base64(digest):
                yield Needle(name, f"{algorithm} in {form}", pattern, False)


def _folding(text: str) -> Iterator[tuple[str, bytes]]:
    """Forms in which the case of ASCII letters is free, or may as well be."""
    raw = text.encode()
    yield "plain", raw
    yield "Latin-1", text.encode("latin-1", "replace")
    for safe in ("", "/", "@+/"):
        yield "percent-encoded", quote(text, safe=safe).encode()
        yield "percent-encoded twice", quote(quote(text, safe=safe), safe="").encode()
        yield "in a form", quote(text, safe=f"{safe} ").replace(" ", "+").encode()
    yield "percent-encoded throughout", "".join(f"%{byte:02x}" for byte in raw).encode()
    yield "hex", raw.hex().encode()
    yield "hex, with escapes", "".join(rf"\x{byte:02x}" for byte in raw).encode()
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON in JSON", json.dumps(json.dumps(text)[1:-1])[1:-1].encode()
    yield "JSON, every character escaped", "".join(rf"\u{ord(c):04x}" for c in text).encode()
    yield "JSON, not escaped", json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield "Python, text", repr(text)[1:-1].encode()
    yield "Python, escaped", text.encode("unicode_escape")
    yield "Python, bytes", repr(raw)[2:-1].encode()
    yield "octal", "".join(chr(b) if 32 <= b < 127 else rf"\{b:03o}" for b in raw).encode()
    yield "HTML", escape(text).encode()
    yield (
        "HTML, numbered",
        "".join(c if c.isalnum() and c.isascii() else f"&#{ord(c)};" for c in text).encode(),
    )
    yield "UTF-16, little-endian", text.encode("utf-16-le")
    yield "UTF-16, big-endian", text.encode("utf-16-be")
    yield "UTF-32", text.encode("utf-32-le")
    for tabs in (False, True):
        # Joined, as `scan` joins what it looks into.
        printable = quopri.encodestring(raw, quotetabs=tabs).replace(b"=\n", b"")
        yield "quoted-printable", printable.replace(b"\n", b"")
    yield "quoted-printable header", quopri.encodestring(raw, quotetabs=True, header=True)
    yield "backwards", raw[::-1]


def _base64(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What stands in base64 for `raw`, whatever stands before and after it: three alignments."""
    for before in range(3):
        for name, encode in (("base64", b64encode), ("base64url", urlsafe_b64encode)):
            encoded = encode(b"\0" * before + raw)
            # Characters that share bits with a neighbour are left out.
            first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            yield f"{name}, {before} before", encoded[first:last]
