"""Every rule of the body of a registration, by field; and no answer that repeats what was sent."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web_public.people import SchemeMade
from tests.web_public.test_json_api import ADA


class _Lacks:
    """Stands for a field that is not sent."""

    def __repr__(self) -> str:
        return "not sent"


LACKS = _Lacks()

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"kind": LACKS}, "kind"),
    ({"kind": "somebody-else"}, "kind"),
    ({"kind": None}, "kind"),
    ({"kind": ["individual"]}, "kind"),
    ({"email": LACKS}, "email"),
    ({"email": "   "}, "email"),
    ({"email": "no-at-sign.example.org"}, "email"),
    ({"email": "two@at@example.org"}, "email"),
    ({"email": "ada@example.org, grace@example.org"}, "email"),
    ({"email": "ada@example.org\nBcc: grace@example.org"}, "email"),
    ({"email": "a" * 500 + "@example.org"}, "email"),
    ({"email": 17}, "email"),
    ({"email": "ada\0lovelace@example.org"}, "email"),
    ({"email": "\ud800@example.org"}, "email"),
    ({"contact_by": ["sms"]}, "mobile"),
    ({"contact_by": ["email", "sms"]}, "mobile"),
    ({"contact_by": ["email", "phone"]}, "mobile"),
    ({"contact_by": ["email", "letter"]}, "postal_address"),
    ({"contact_by": ["email", "sms"], "mobile": "not a number"}, "mobile"),
    ({"contact_by": ["email"], "mobile": "12"}, "mobile"),
    ({"contact_by": []}, "contact_by"),
    ({"contact_by": "email"}, "contact_by"),
    ({"contact_by": ["pigeon"]}, "contact_by.0"),
    ({"contact_by": LACKS}, "contact_by"),
    ({"postal_address": "x"}, "postal_address"),
    ({"postal_address": "x" * 1001}, "postal_address"),
    ({"name": "x" * 201}, "name"),
    ({"name": {"first": "Ada"}}, "name"),
    ({"name": "ada\0lovelace"}, "name"),
    ({"name": "ada \udc80 lovelace"}, "name"),
    ({"kind": "organisation"}, "organisation"),
    ({"kind": "organisation", "organisation": "x" * 201}, "organisation"),
    ({"kind": "representative"}, "relationship"),
    ({"kind": "representative", "relationship": "neighbour"}, "relationship"),
    ({"relationship": "family"}, "relationship"),
    ({"language": LACKS}, "language"),
    ({"language": "fr"}, "language"),
    ({"topics": LACKS}, "topics"),
    ({"topics": []}, "topics"),
    ({"topics": "opening"}, "topics"),
    ({"topics": [None]}, "topics.0"),
    ({"topics": ["opening", "unheard-of"]}, "topics.1"),
    ({"formats": ["smoke-signals"]}, "formats.0"),
    ({"challenge": "too short"}, "challenge"),
    ({"consent": LACKS}, "consent"),
    ({"consent": False}, "consent"),
    ({"consent": "yes"}, "consent"),
    ({"consent": 1}, "consent"),
    ({"surname-of-ada": "Lovelace"}, ""),
    ({"\ud800 half a pair": "x"}, ""),
]

MARK = "zq7x"
"""Round every text that is made up, so that even a part of it is found again."""

Text = st.one_of(
    st.text(max_size=30).map(lambda text: f"{MARK}{text}{MARK}"),
    st.sampled_from(["\ud800", "\0", "individual", "email", "opening", "en"]),
)
Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | Text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(Text, inner, max_size=4),
    max_leaves=12,
)
Bodies = Json | st.dictionaries(st.sampled_from([*ADA, "name", "mobile", "formats", "challenge"]), Json)


def strings_in(value: object) -> set[str]:
    match value:
        case str():
            return {value}
        case list():
            return {found for one in value for found in strings_in(one)}
        case dict():
            return {found for key, one in value.items() for found in {key} | strings_in(one)}
        case _:
            return set()


def post(client: httpx.Client, path: str, body: object) -> httpx.Response:
    # httpx refuses NaN and half pairs; a client that means harm does not.
    return client.post(path, content=json.dumps(body).encode(), headers={"content-type": "application/json"})


OUR_WORDS = {
    word
    for _, field in BROKEN
    for word in field.split(".")
} | {*ADA, "individual", "organisation", "representative", "opening", "sms", "phone", "letter"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"), BROKEN, ids=lambda value: str(value)[:50].encode("ascii", "replace").decode()
)
def test_a_broken_rule_is_said_of_its_field_without_the_value(
    client: httpx.Client, scheme: SchemeMade, changes: dict[str, Any], field: str
) -> None:
    body = {name: value for name, value in (ADA | changes).items() if value is not LACKS}
    answer = post(client, f"/v1/schemes/{scheme.slug}/registrations", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) <= {"type", "title", "status", "detail", "errors"}
    assert [error["field"] for error in problem["errors"]] == [field]
    assert all(error["rule"][0].isupper() and len(error["rule"]) < 120 for error in problem["errors"])
    for sent in strings_in(changes) - OUR_WORDS:
        assert len(sent) <= 3 or sent not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"kind": "individual",}',
        b"\xff\xfe{}",
        b'{"kind": "\xe9"}',
        b"[" * 8000 + b"]" * 8000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"kind": ' + b"9" * 5000 + b"}",
        b"null",
        b"[]",
        b'"text"',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_refused(client: httpx.Client, scheme: SchemeMade, body: bytes) -> None:
    for path in (f"/v1/schemes/{scheme.slug}/registrations", "/v1/confirmations"):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"kind": "\xe9"}', b"{"])
def test_bytes_that_cannot_be_decoded_are_400(client: httpx.Client, scheme: SchemeMade, body: bytes) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
)
def test_a_body_of_another_type_is_refused(client: httpx.Client, scheme: SchemeMade, kind: str) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    answer = client.post(path, content=json.dumps(ADA).encode(), headers={"content-type": kind})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == ""
    assert "Ada" not in answer.text


@pytest.mark.parametrize("path", ["/v1/schemes/{}/registrations", "/v1/confirmations"])
@given(body=Bodies)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_breaks_it_and_none_is_repeated(
    client: httpx.Client, scheme: SchemeMade, path: str, body: object
) -> None:
    answer = post(client, path.format(scheme.slug), body)
    assert 400 <= answer.status_code < 500
    assert MARK not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@given(body=st.binary(max_size=200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(client: httpx.Client, scheme: SchemeMade, body: bytes) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
