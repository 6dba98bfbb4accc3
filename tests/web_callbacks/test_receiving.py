"""Receipts as they come in: kept, each once for each time it came, with nobody's address."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.web_callbacks.conftest import TOKEN, Notify

Sql = psycopg.Connection[tuple[Any, ...]]
OURS = "d-11111111-2222-4333-8444-555555555555-1"
GOOD = f'{{"id": "11111111-2222-4333-8444-555555555555", "reference": "{OURS}", "status": "delivered"}}'


def _kept(owner: Sql) -> list[tuple[Any, ...]]:
    return owner.execute("SELECT reference, status, applied_at FROM receipts ORDER BY received_at").fetchall()


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"",
        b"Bearer",
        b"Bearer wrong-token-of-somebody",
        TOKEN.encode(),
        f"Basic {TOKEN}".encode(),
        f"Bearer {TOKEN}x".encode(),
        f"Bearer {TOKEN[:-1]}".encode(),
        f"Bearer {TOKEN.upper()}".encode(),
        b"Bearer \xff\xfe",
    ],
)
def test_without_the_token_nothing_is_kept(
    notify_calls: Notify, owner: Sql, authorization: bytes | None
) -> None:
    del notify_calls.http.headers["Authorization"]
    headers = {b"Content-Type": b"application/json"}
    if authorization is not None:
        headers[b"Authorization"] = (
            authorization.encode() if isinstance(authorization, str) else authorization
        )

    for sent in (GOOD, "{", '{"status": 7}'):
        answer = notify_calls.http.post("/receipts", content=sent, headers=headers)
        assert answer.status_code == 401, sent
    assert _kept(owner) == []


def test_a_receipt_is_kept_and_its_address_is_not(notify_calls: Notify, owner: Sql) -> None:
    answer = notify_calls.receipt(OURS, "permanent-failure")

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    assert _kept(owner) == [(OURS, "permanent-failure", None)]
    columns = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'receipts'"
    ).fetchall()
    assert {name for (name,) in columns} == {
        "id",
        "reference",
        "notify_id",
        "status",
        "received_at",
        "applied_at",
    }
    (text,) = owner.execute("SELECT string_agg(r::text, ' ') FROM receipts r").fetchone() or ("",)
    assert "mary" not in text


@pytest.mark.parametrize("reference", ["somebody-elses", "", None, "x" * 1000, "d-\u2028", "'; DROP TABLE"])
def test_case_15_an_unknown_reference_is_200(notify_calls: Notify, reference: str | None) -> None:
    assert notify_calls.receipt(reference).status_code == 200


def test_case_15_one_that_comes_twice_is_200_twice(notify_calls: Notify, owner: Sql) -> None:
    same = str(uuid4())

    assert [notify_calls.receipt(OURS, id=same).status_code for _ in range(2)] == [200, 200]
    assert len(_kept(owner)) == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("", 422),
        ("{", 400),
        ("[", 400),
        (b"\xff\xfe\x00", 400),
        ("null", 422),
        ("[]", 422),
        ('"delivered"', 422),
        ("{}", 422),
        ('{"id": "x", "reference": "d-11111111-2222-4333-8444-555555555555-1", "status": "delivered"}', 422),
        (GOOD.replace("delivered", "De livered"), 422),
        (GOOD.replace("delivered", "d" * 41), 422),
        (GOOD.replace('"delivered"', "null"), 422),
        (GOOD.replace(OURS, "x" * 1001), 422),
        (GOOD.replace(OURS, "a\\u0000b"), 422),
        (GOOD.replace(OURS, "a\\ud800b"), 422),
        (GOOD.replace(f'"{OURS}"', '["d-1"]'), 422),
        ("[" * 16_000, 400),
    ],
)
def test_a_body_that_is_no_receipt_is_refused_and_not_repeated(
    notify_calls: Notify, owner: Sql, sent: str | bytes, status: int
) -> None:
    answer = notify_calls.http.post("/receipts", content=sent, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert OURS not in answer.text
    assert "livered" not in answer.text
    assert _kept(owner) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_16_kib_is_413(notify_calls: Notify, owner: Sql, chunked: bool) -> None:
    large = GOOD[:-1].encode() + b', "more": "' + b"x" * 16_384 + b'"}'
    content: Any = iter([large[:9000], large[9000:]]) if chunked else large

    answer = notify_calls.http.post(
        "/receipts", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert _kept(owner) == []


def test_nothing_else_answers(notify_calls: Notify) -> None:
    assert notify_calls.http.get("/receipts").status_code == 405
    for path in ("/", "/docs", "/openapi.json", "/v1/me"):
        assert notify_calls.http.get(path).status_code == 404
    assert notify_calls.http.get("/health/ready").status_code == 200


def test_the_process_sees_nothing(notify_calls: Notify, database: Any) -> None:
    notify_calls.receipt(OURS)
    with database.connect("kept_callbacks") as connection:
        for table in ("receipts", "deliveries", "attempts", "contacts", "registrations"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT FROM {table}")
