"""The scanner itself: it finds every form, and nothing where there is nothing."""

import base64
import codecs
import email.message
import email.policy
import hashlib
import html
import json
import os
import pickle
import quopri
import urllib.parse
from collections.abc import Callable

import pytest

from tests.security.scanning import Found, Scanner

EMAIL = "Zoë.Quixworth+tag@Flumdiddle-Fen.example"
NAME = "Siân 'Zobeide' <Ptarmigan> & Daughters"
POST = "9 Gŵyddel Row\nTrefflumddl\nZZ9 9ZQ"
DETAILS = {"email": EMAIL, "name": NAME, "post": POST}

TEXT_FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "percent-encoded": lambda text: urllib.parse.quote(text, safe=""),
    "percent-encoded, lower case": lambda text: urllib.parse.quote(text, safe="").lower(),
    "percent-encoded path": urllib.parse.quote,
    "percent-encoded twice": lambda text: urllib.parse.quote(urllib.parse.quote(text)),
    "form field": urllib.parse.quote_plus,
    "query": lambda text: urllib.parse.urlencode({"q": text}),
    "JSON": json.dumps,
    "JSON, as it is": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "ascii": ascii,
    "HTML": html.escape,
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "bytea of a dump": lambda text: rf"\x{text.encode().hex()}",
    "unicode escapes": lambda text: codecs.encode(text, "unicode_escape").decode(),
}

BYTE_FORMS: dict[str, Callable[[str], bytes]] = {
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big-endian, lower case": lambda text: text.lower().encode("utf-16-be"),
    "Latin-1": lambda text: text.encode("latin-1", "replace"),
    "pickle": pickle.dumps,
    "quoted-printable": lambda text: quopri.encodestring(text.encode() * 3),
    "mail": lambda text: _mail(text, "quoted-printable"),
    "mail in base64": lambda text: _mail(text, "base64"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after one byte": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64 after two bytes": lambda text: base64.b64encode(b"xy" + text.encode() + b"tail"),
    "base64 in lines": lambda text: base64.encodebytes(b"x" * 40 + text.encode() + b"y" * 40),
    "base64url": lambda text: base64.urlsafe_b64encode(b"??>" + text.encode() + b"??>"),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")),
    "base64 of lower case": lambda text: base64.b64encode(text.lower().encode()),
    "SHA-256": lambda text: hashlib.sha256(text.encode()).digest(),
    "SHA-256 of lower case, in hex": lambda text: hashlib.sha256(text.lower().encode()).hexdigest().encode(),
    "SHA-256 in HEX": lambda text: hashlib.sha256(text.encode()).hexdigest().upper().encode(),
    "SHA-256 in base64": lambda text: base64.b64encode(b"x" + hashlib.sha256(text.encode()).digest()),
    "MD5": lambda text: hashlib.md5(text.lower().encode()).hexdigest().encode(),
}


def _mail(text: str, encoding: str) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message.set_content(f"{'before ' * 20}\n{text}\nafter", cte=encoding)
    return message.as_bytes()


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(DETAILS)


def found_in(scanner: Scanner, data: bytes) -> set[str]:
    return {found.detail for found in scanner.scan("here", data)}


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("form", TEXT_FORMS)
def test_every_form_of_text_is_found(scanner: Scanner, form: str, detail: str) -> None:
    data = b"\0\1 before" + TEXT_FORMS[form](DETAILS[detail]).encode() + b"after \xff"

    assert detail in found_in(scanner, data)


@pytest.mark.parametrize(
    ("form", "detail"),
    [
        (form, detail)
        for form in BYTE_FORMS
        for detail in DETAILS
        # An address of several lines is looked for line by line in these.
        if not (detail == "post" and form.startswith(("mail", "Latin-1", "quoted")))
    ],
)
def test_every_form_of_bytes_is_found(scanner: Scanner, form: str, detail: str) -> None:
    assert detail in found_in(scanner, os.urandom(64) + BYTE_FORMS[form](DETAILS[detail]) + os.urandom(64))


def test_two_megabytes_of_anything_hold_nothing(scanner: Scanner) -> None:
    noise = os.urandom(1_000_000)

    assert scanner.scan("noise", noise + base64.encodebytes(noise)) == []


def test_what_is_found_is_said_by_name_and_form_and_not_repeated(scanner: Scanner) -> None:
    found = scanner.scan("a log", EMAIL.encode())

    assert Found("a log", "email", "plain") in found
    assert "quixworth" not in repr(found).lower()
    assert "quixworth" not in repr(scanner.needles[0]).lower()


def test_every_place_is_looked_into(scanner: Scanner) -> None:
    places = [("one", b""), ("two", EMAIL.encode()), ("three", NAME.upper().encode())]

    assert {each.where for each in scanner.scan_all(places)} == {"two", "three"}


def test_a_detail_that_would_be_found_everywhere_is_refused() -> None:
    with pytest.raises(ValueError, match="too short to be told from anything else: name"):
        Scanner({"name": "Li"})
