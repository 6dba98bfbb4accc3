"""Texts that people send: sealed on arrival, STOP obeyed in both languages, the rest kept for a person."""

import json
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.crypto.blind_index import IndexKey
from service.registrations import links
from service.replies.receiving import received_text_place
from service.replies.stopping import says_stop
from tests.channels.people import Office
from tests.deliveries.looking import one_value
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_callbacks.conftest import Notify
from workers import intake
from workers.replies import read_texts

Sql = psycopg.Connection[tuple[Any, ...]]
UNKNOWN = "447700900299"


@pytest.fixture
def office(service: Service, database: Database) -> Office:
    return Office(service, database)


def text_from(notify: Notify, number: str, message: str, /, **changes: Any) -> httpx.Response:
    """What Notify posts about a text, as its documentation has it."""
    sent = {
        "id": str(uuid4()),
        "source_number": number,
        "destination_number": "07700900111",
        "message": message,
        "date_received": "2027-01-11T12:00:00.000000Z",
        **changes,
    }
    return notify.http.post("/received-texts", json=sent)


def as_notify_writes(mobile: str) -> str:
    return "44" + mobile.replace(" ", "").removeprefix("0")


def kept(owner: Sql) -> list[tuple[Any, ...]]:
    return owner.execute("SELECT id, sealed, read_at IS NOT NULL, scheme_id FROM received_texts").fetchall()


@pytest.mark.parametrize(
    "message",
    [
        *("STOP", "stop", " Stop. ", "STOP!!", "“stop”", "s t o p", "stop please", "Please stop, thank you"),
        *("STOPALL", "Stop all", "UNSUBSCRIBE", "cancel", "End", "QUIT", "opt-out", "No more texts"),
        *("STOPIO", "stopiwch os gwelwch yn dda", "Peidio", "PEIDIWCH", "diwedd", "Atal", "dim mwy, diolch"),
        *("ｓｔｏｐ", "STOP\u200b", "Stop\n"),
    ],
)
def test_a_text_that_says_stop_says_stop_however_it_is_written(message: str) -> None:
    assert says_stop(message)


@pytest.mark.parametrize(
    "message",
    [
        *("", "?", "Please", "Thank you", "diolch", "Don't stop", "stop ringing me at work, write instead"),
        *("When does it end?", "My mother has died", "cancel my appointment", "nonstop", "stop 07700 900123"),
    ],
)
def test_a_text_that_says_more_is_for_a_person(message: str) -> None:
    assert not says_stop(message)


async def test_stop_takes_texts_away_and_whoever_had_nothing_else_has_left(
    service: Service, office: Office, notify_calls: Notify, owner: Sql
) -> None:
    texts_only = await office.person("sms")
    both = await office.person("sms", "email")
    calls = await office.person("sms", "phone")
    other = await office.person("sms")
    office.share(texts_only, both, "sms")
    for person in (texts_only, calls):
        assert text_from(notify_calls, as_notify_writes(person.mobile), "Stop!").status_code == 200
    await read_texts(service.worker)

    state = "SELECT state FROM registrations WHERE id = %s"
    told_by = (
        "SELECT array_agg(channel ORDER BY channel) FROM registration_contacts "
        "WHERE registration_id = %s AND confirmed_at IS NOT NULL"
    )
    for person, expected in (
        (texts_only, ("left", None)),
        (both, ("confirmed", ["email"])),
        (calls, ("confirmed", ["phone"])),
        (other, ("confirmed", ["sms"])),
    ):
        found = [one_value(office.database, each, person.registration) for each in (state, told_by)]
        assert tuple(found) == expected
    assert kept(owner) == []


async def test_a_code_that_was_texted_before_a_stop_confirms_nothing_after_it(
    service: Service, office: Office, notify_calls: Notify, owner: Sql
) -> None:
    other = await office.person("email")
    number, challenge = "07700 900297", "A" * 22
    await service.drop(None, mobile=number, contact_by=["sms"], challenge=challenge)
    await intake.take_in(service.worker)
    await service.send_confirmations()
    [(confirmation,)] = owner.execute("SELECT id FROM confirmations").fetchall()

    text_from(notify_calls, as_notify_writes(number), "Peidiwch")
    await read_texts(service.worker)

    async with service.public.begin() as tx:
        code = service.worker.keys.tokens.digits(confirmation)
        assert not await links.use_code(tx, challenge, code)
    states = owner.execute("SELECT id = %s, state FROM registrations", (other.registration,)).fetchall()
    assert set(states) == {(True, "confirmed"), (False, "left")}


async def test_anything_else_is_kept_sealed_for_a_caseworker_of_its_scheme(
    service: Service, office: Office, notify_calls: Notify, owner: Sql
) -> None:
    person = await office.person("sms")
    said = "When does the scheme open? Ring me on 07700 900456"
    text_from(notify_calls, as_notify_writes(person.mobile), said)
    text_from(notify_calls, UNKNOWN, "Who is this?")
    text_from(notify_calls, "GOVUK", "An alphanumeric sender has no number")
    await read_texts(service.worker)
    await read_texts(service.worker)

    rows = kept(owner)
    assert [(read, scheme) for _, _, read, scheme in rows].count((True, service.scheme.id)) == 1
    assert [(read, scheme) for _, _, read, scheme in rows].count((True, None)) == 2
    opened = {}
    for text_id, sealed, _, scheme in rows:
        assert b"scheme open" not in sealed
        opened[scheme] = json.loads(service.worker.keys.open(sealed, received_text_place(text_id)))
    assert opened[service.scheme.id] == {"number": as_notify_writes(person.mobile), "message": said}
    confirmed = "SELECT count(*) FROM registration_contacts WHERE confirmed_at IS NOT NULL"
    assert one_value(office.database, confirmed) == 1


async def test_a_replay_is_kept_once_and_a_stop_from_a_stranger_changes_nothing(
    service: Service, office: Office, notify_calls: Notify, owner: Sql
) -> None:
    person = await office.person("sms")
    same = str(uuid4())
    for _ in range(2):
        assert text_from(notify_calls, UNKNOWN, "Hello", id=same).status_code == 200
    text_from(notify_calls, UNKNOWN, "STOP")
    assert len(kept(owner)) == 2
    await read_texts(service.worker)

    assert [str(row[0]) for row in kept(owner)] == [same]
    state = one_value(office.database, "SELECT state FROM registrations WHERE id = %s", person.registration)
    assert state == "confirmed"
    # It comes once more after it was read: it stays as it is.
    assert text_from(notify_calls, UNKNOWN, "Hello", id=same).status_code == 200
    assert [row[2] for row in kept(owner)] == [True]


async def test_one_that_cannot_be_opened_is_kept_and_the_others_go_on(
    service: Service, office: Office, notify_calls: Notify, owner: Sql
) -> None:
    person = await office.person("sms")
    text_from(notify_calls, UNKNOWN, "STOP")
    owner.execute("UPDATE received_texts SET sealed = 'x'")
    text_from(notify_calls, as_notify_writes(person.mobile), "STOP")
    await read_texts(service.worker)

    assert [(read, scheme) for _, _, read, scheme in kept(owner)] == [(True, None)]
    state = one_value(office.database, "SELECT state FROM registrations WHERE id = %s", person.registration)
    assert state == "left"


async def test_only_notify_may_say_so_and_only_in_its_own_form(
    service: Service, notify_calls: Notify, owner: Sql
) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}):
        answer = notify_calls.http.post("/received-texts", headers=headers, content="{")
        assert answer.status_code == 401
    for changes in (
        {"id": "x"},
        {"source_number": ""},
        {"source_number": None},
        {"source_number": "4" * 61},
        {"message": None},
        {"message": "x" * 5001},
        {"message": ["STOP"]},
    ):
        answer = text_from(notify_calls, UNKNOWN, "STOP", **changes)
        assert answer.status_code == 422, changes
        assert UNKNOWN not in answer.text
        assert "STOP" not in answer.text
    half = json.dumps({"id": str(uuid4()), "source_number": UNKNOWN, "message": "\ud800"})
    answer = notify_calls.http.post(
        "/received-texts", content=half, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert kept(owner) == []


def test_the_index_of_a_number_is_the_same_from_a_text_as_from_a_form() -> None:
    key = IndexKey(b"k" * 32)
    assert key.phone("+447700900123") == key.phone("+" + as_notify_writes("07700 900123"))
