"""Bytes that somebody made up: whatever they are, the answer is a refusal and never a crash."""

import asyncio
import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from service.staff.bearer import BadToken, BearerVerifier
from service.staff.issuer import Issuer
from service.staff.principal import Staff

ISSUER = "https://login.example.org"
AUDIENCE = "kept-staff-api"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", auto_kid=True)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIM_NAMES = st.sampled_from(
    ["iss", "aud", "sub", "exp", "iat", "nbf", "auth_time", "roles", "email", "jti", "nonce"]
)


def _answer(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/jwks":
        return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
    return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"})


def _verify(token: str) -> Staff:
    async def once() -> Staff:
        async with httpx.AsyncClient(transport=httpx.MockTransport(_answer)) as http:
            verifier = BearerVerifier(Issuer(issuer=ISSUER, http=http), audience=AUDIENCE, role_claim="roles")
            return await verifier.verify(token, now=NOW)

    return asyncio.run(once())


def _signed(payload: bytes) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": KEY.kid}, payload, KEY, algorithms=["ES256"])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _good_claims() -> dict[str, object]:
    moment = int(NOW.timestamp())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "s", "iat": moment, "exp": moment + 60}


def test_the_good_token_that_the_others_are_made_from_passes() -> None:
    assert _verify(_signed(json.dumps(_good_claims()).encode())).subject == "s"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\x00.\x00.\x00",
        "\ud800",
        "x" * 1_000_000,
        "." * 10_000,
        f"{_encoded(b'[]')}..",
        f"{_encoded(b'null')}.e30.AA",
        f"{_encoded(b'[' * 5_000)}.e30.AA",
        f"{_encoded(b'{' * 300)}.e30.AA",
        f"{_encoded(bytes(range(128, 256)))}.e30.AA",
        _signed(b"[" * 10_000),
        _signed(b"[]"),
        _signed(b"null"),
        _signed(b""),
        _signed(bytes(range(256))),
        _signed(b'{"exp": 1' + b"0" * 5_000 + b"}"),
    ],
    ids=lambda token: ascii(token[:16]) + f" {len(token)}",
)
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        _verify(token)


@given(st.text(max_size=200) | st.lists(st.text(max_size=40), min_size=3, max_size=3).map(".".join))
@settings(max_examples=150, deadline=None)
def test_no_text_passes_or_crashes(token: str) -> None:
    with pytest.raises(BadToken):
        _verify(token)


@given(header=JSON, payload=JSON)
@settings(max_examples=150, deadline=None)
def test_no_header_passes_or_crashes(header: object, payload: object) -> None:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), b"signature")
    with pytest.raises(BadToken):
        _verify(".".join(_encoded(part) for part in parts))


@given(changes=st.dictionaries(CLAIM_NAMES, JSON, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_signed_claims_of_any_shape_are_refused_or_understood(changes: dict[str, object]) -> None:
    token = _signed(json.dumps({**_good_claims(), **changes}).encode())
    try:
        staff = _verify(token)
    except BadToken:
        return
    assert isinstance(staff.subject, str)
    assert staff.auth_time is None or staff.auth_time.tzinfo is UTC
    assert staff.email is None or isinstance(staff.email, str)
