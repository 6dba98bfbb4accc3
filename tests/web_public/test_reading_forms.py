"""A form that is in order is read in one way, and any other in another: nobody can tell which."""

import json
from collections import Counter
from datetime import date
from typing import Final

import httpx

from tests.web_public.people import People, SchemeMade
from tests.web_public.test_json_api import ADA, seen

READ_HERE: Final = {"content-type": "application/json"}
READ_BY_FASTAPI: Final = {"content-type": "application/json; charset=utf-8"}

RIGHT: Final = (
    ADA,
    ADA | {"email": "  Ada@Exämple.org "},
    ADA | {"name": "Ada \U0001d49c", "topics": ["opening"] * 2},
)
BODIES: Final = (
    *(json.dumps(form).encode() for form in RIGHT),
    json.dumps(ADA).encode("utf-16"),
    b'{"consent": false, ' + json.dumps(ADA).encode()[1:],
    *(
        json.dumps(ADA | wrong).encode()
        for wrong in (
            {"consent": 1},
            {"email": "nobody"},
            {"email": "\ud800@example.org"},
            {"topics": ["opening", "unheard-of"]},
            {"surname": "Lovelace"},
        )
    ),
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff",
    b"[" * 16_000,
    b" " * 16_385,
)


def test_a_form_is_answered_and_kept_the_same_by_whichever_way_it_is_read(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    closed, statuses = people.scheme(closed_on=date(2026, 5, 1)), Counter[int]()
    for slug in (scheme.slug, closed.slug, "nobody-made-this", "No Scheme", "x"):
        path = f"/v1/schemes/{slug}/registrations"
        for body in BODIES:
            answers = [client.post(path, content=body, headers=way) for way in (READ_HERE, READ_BY_FASTAPI)]
            assert seen(answers[0]) == seen(answers[1]), (slug, body[:80])
            statuses[answers[0].status_code] += 1
    assert statuses.keys() == {202, 400, 404, 409, 413, 422}
    kept = Counter(json.dumps(letter, sort_keys=True) for letter in people.letters(scheme))
    assert len(kept) >= len(RIGHT)
    assert all(times % 2 == 0 for times in kept.values())
