"""Known answers, computed apart from our code (hmac of Python's library, and again with openssl)."""

import hmac
import re
from base64 import urlsafe_b64decode
from hashlib import sha256
from uuid import UUID

import pytest

from service.crypto.blind_index import IndexKey
from service.crypto.canonical import canonical_json, canonical_sha256
from service.crypto.tokens import TokenKey, new_token, token_hash
from service.notify.addresses import email_address, phone_number, postal_index_form

KEY = bytes(range(32))
PERSON = UUID("01890000-0000-7000-8000-000000000001")


def mac(text: str) -> str:
    return hmac.new(KEY, text.encode(), sha256).hexdigest()


def index_of_email(typed: str) -> str:
    return IndexKey(KEY).email(email_address(typed).index_form).hex()


def test_the_index_of_an_email_address_is_a_known_mac() -> None:
    known = "a007449e3d0833343cca096c9f7c04172a0259087fbfd5f79349f5e89bc9ff97"

    assert mac("v1|email|mabel.tag+news@googlemail.com") == known
    assert index_of_email("Mabel.Tag+News@GoogleMail.com") == known


def test_the_index_of_a_number_is_a_known_mac() -> None:
    known = "35cbbac4f10f7d47195e8a444f34589aa61cc300b06ac03aafaf226afa299a71"

    assert mac("v1|phone|+447700900417") == known
    for typed in ("07700 900417", "+44 7700 900417", "0044 7700 900 417", "(07700) 900-417"):
        assert IndexKey(KEY).phone(phone_number(typed).e164).hex() == known


def test_the_index_of_a_postal_address_is_a_known_mac() -> None:
    known = "3d2980b4d326d00fff2d5cc6c2c7292aaa25f5f905b65edbe0cf26dad08c20e6"

    assert mac("v1|post|1HIGHSTREETLLANDUDNOLL302XX") == known
    for typed in ("1 High Street\nLlandudno\nLL30 2XX", "1, high street, LLANDUDNO, ll302xx"):
        assert IndexKey(KEY).post(postal_index_form(typed)).hex() == known


@pytest.mark.parametrize("other", ["mabeltag+news@googlemail.com", "mabel.tag@googlemail.com"])
def test_dots_and_plus_tags_are_kept_because_two_people_may_differ_by_them(other: str) -> None:
    assert index_of_email(other) != index_of_email("mabel.tag+news@googlemail.com")


def test_gmail_and_googlemail_are_two_domains() -> None:
    assert index_of_email("mabel@gmail.com") != index_of_email("mabel@googlemail.com")


def test_a_domain_is_the_same_in_its_own_letters_and_in_idna() -> None:
    assert index_of_email("sian@ysgol-aberpŵr.cymru") == index_of_email("SIAN@xn--ysgol-aberpr-lvc.cymru")


def test_composed_and_combining_letters_are_one_address() -> None:
    assert index_of_email("a@aberp\u0175r.cymru") == index_of_email("a@aberpw\u0302r.cymru")


def test_a_number_and_an_address_of_the_same_text_have_different_indexes() -> None:
    key = IndexKey(KEY)

    assert len({key.email("x"), key.phone("x"), key.post("x")}) == 3


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    for kind in (IndexKey, TokenKey):
        with pytest.raises(ValueError, match="32 bytes"):
            kind(b"k" * length)


def test_a_token_is_32_bytes_in_base64url() -> None:
    tokens = {new_token() for _ in range(500)}

    assert len(tokens) == 500
    for token in tokens:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        assert len(urlsafe_b64decode(token + "=")) == 32


def test_an_unsubscribe_token_is_derived_from_the_registration_and_its_generation() -> None:
    key = TokenKey(KEY)

    assert key.unsubscribe_token(PERSON, 3) == "C_lgGtLFHTqGSXAcycvP0XA61TW2Wwg03bUEvEyvsnU"
    assert key.unsubscribe_token(PERSON, 4) != key.unsubscribe_token(PERSON, 3)
    assert key.unsubscribe_token(UUID(int=PERSON.int + 1), 3) != key.unsubscribe_token(PERSON, 3)
    assert TokenKey(KEY[::-1]).unsubscribe_token(PERSON, 3) != key.unsubscribe_token(PERSON, 3)


def test_what_is_stored_of_a_token_is_its_sha256() -> None:
    assert token_hash("a") == sha256(b"a").digest()


@pytest.mark.parametrize("token", ["", "\0", "é" * 5000, "\ud800", "../../etc/passwd", "%00"])
def test_a_malformed_token_has_a_hash_like_any_other(token: str) -> None:
    assert len(token_hash(token)) == 32


def test_canonical_json_is_one_text_for_one_value() -> None:
    assert canonical_json({"b": [1, None, True], "a": "é"}) == '{"a":"é","b":[1,null,true]}'.encode()
    known = "43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777"
    assert canonical_sha256({"b": 2, "a": 1}) == known == sha256(b'{"a":1,"b":2}').hexdigest()


@pytest.mark.parametrize("value", [{1, 2}, PERSON, float("nan"), float("inf"), b"bytes", object()])
def test_canonical_json_refuses_what_json_does_not_have(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical_json({"value": value})
