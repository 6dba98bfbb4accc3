"""Keys and requests: what is refused before there is a list, and why; and who tells on a stolen one."""

from typing import Any

import pytest
from psycopg.errors import CheckViolation
from pydantic import ValidationError
from pyrage.x25519 import Identity

from service.casework import acting, searching
from service.crypto.one_answer import OneAnswer
from service.errors import Invalid
from service.exports import keys, reading, requesting
from service.exports.keys import ConfirmedBefore, KnownKey, NoSuchKey, OtherFingerprint, OwnKey
from service.exports.requesting import MoreThanTheCap, NobodyMeant, NoConfirmedKey, NotForMessaging
from service.exports.states import ExportState
from service.holds.incidents import incidents
from service.registrations.recipients import AudienceRule
from service.registrations.words import GivenBy
from service.staff.principal import NotYourRole
from service.staff.step_up import SignInAgain
from service.updates.counting import count_rule
from tests.deliveries.looking import one_value
from tests.exports.ceremony import CASEWORKER, CASEWORKER2, DPO, REVIEWER, SENIOR, Ceremony, long_ago
from tests.harness.people import now
from workers import casework, intake


@pytest.mark.parametrize(
    ("recipient", "rule"),
    [
        (str(Identity.generate()), "secret half"),
        (str(Identity.generate().to_public()).upper(), "begins with age1"),
        (str(Identity.generate().to_public())[:-1], "begins with age1"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDYO9I5dUzJC5BX", "begins with age1"),
        # Its shape is right and its check is wrong; the key of all zeros, to which nothing can be sealed.
        ("age1" + "q" * 58, "begins with age1"),
        ("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z", "begins with age1"),
    ],
    ids=["secret", "capitals", "short", "ssh", "mistyped", "zero"],
)
async def test_what_is_no_recipient_is_refused_with_what_is_expected(
    ceremony: Ceremony, recipient: str, rule: str
) -> None:
    async with ceremony.service.staff.begin() as tx:
        with pytest.raises(Invalid) as refused:
            await keys.enrol(tx, CASEWORKER, recipient, now=now())
    assert rule in refused.value.fields["recipient"]
    assert recipient not in str(refused.value.fields)


async def test_a_key_is_its_holders_and_another_person_confirms_it_by_its_fingerprint(
    ceremony: Ceremony,
) -> None:
    with pytest.raises(NotYourRole):
        await ceremony.enrolled(ceremony.key, by=SENIOR)
    with pytest.raises(SignInAgain):
        await ceremony.enrolled(ceremony.key, by=long_ago(CASEWORKER))
    mistaken = await ceremony.enrolled(Identity.generate())
    key = await ceremony.enrolled(ceremony.key)
    with pytest.raises(NoSuchKey):  # The one that waited gave way.
        await ceremony.confirmed(mistaken)
    with pytest.raises(KnownKey):
        await ceremony.enrolled(ceremony.key, by=CASEWORKER2)
    with pytest.raises(OwnKey):
        await ceremony.confirmed(key, by=CASEWORKER)
    with pytest.raises(NotYourRole):
        await ceremony.confirmed(key, by=REVIEWER)
    async with ceremony.service.staff.begin() as tx:
        with pytest.raises(OtherFingerprint):
            await keys.confirm(tx, SENIOR, key.id, mistaken.fingerprint, now=now())
    for who in ("caseworker", "nobody"):
        with ceremony.database.connect("kept_staff") as staff, pytest.raises(CheckViolation):
            staff.execute(
                "UPDATE recipient_keys SET confirmed_by = %s, confirmed_at = now() WHERE id = %s",
                [who, key.id],
            )
    async with ceremony.service.staff.begin() as tx:
        as_heard = key.fingerprint.upper().replace("-", " ")
        await keys.confirm(tx, CASEWORKER2, key.id, as_heard, now=now())
    with pytest.raises(ConfirmedBefore):
        await ceremony.confirmed(key)

    async with ceremony.service.staff.begin() as tx:
        assert [each.id for each in await keys.keys(tx, DPO)] == [key.id]
        await keys.revoke(tx, CASEWORKER, key.id, now=now())
    with pytest.raises(NoConfirmedKey):
        await ceremony.requested()


async def test_a_list_is_asked_for_with_a_purpose_and_a_cap_and_never_to_write_to_people(
    ceremony: Ceremony,
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    with pytest.raises(NotForMessaging) as refused:
        await ceremony.requested(purpose="messaging")
    assert "/schemes/windrush/updates/new" in refused.value.fields["purpose"]
    wrong: list[dict[str, Any]] = [
        {"purpose": "curiosity"},
        {"reference": "ring 07700 900417"},
        {"reference": "mary.jones@example.com"},
        {"reference": ""},
        {"reference": "x" * 41},
        {"columns": []},
        {"columns": ["all"]},
        {"columns": ["number", "number"]},
        {"filter": {}},
        {"filter": {"reached_by": "00000000-0000-4000-8000-000000000000"}},
        {"filter": {"imported_in": "00000000-0000-4000-8000-000000000000"}},
        {"row_cap": 0},
    ]
    for changes in wrong:
        with pytest.raises(ValidationError):
            await ceremony.requested(**changes)
    with pytest.raises(NobodyMeant):
        await ceremony.requested(filter={"topics": ["evidence"]})
    await ceremony.person()
    with pytest.raises(MoreThanTheCap):
        await ceremony.requested(row_cap=1)
    with pytest.raises(SignInAgain):
        await ceremony.requested(by=long_ago(CASEWORKER))
    with pytest.raises(NotYourRole):
        await ceremony.requested(by=SENIOR)
    assert one_value(ceremony.database, "SELECT count(*) FROM exports") == 0

    export = await ceremony.requested(reference="INQ 7/2027_b.4-x")
    again = await ceremony.requested(reference="INQ 7/2027_b.4-x")
    assert (export.state, export.people) == (ExportState.REQUESTED, 2)
    assert export.request_sha256 != again.request_sha256
    async with ceremony.service.staff.begin() as tx:
        key = await keys.get_key(tx, export.key_id)
        assert {each.id for each in await reading.awaiting(tx, SENIOR)} == {export.id, again.id}
        # It has a column of addresses: only a senior decides.
        assert await reading.awaiting(tx, DPO) == []
    row = {name: getattr(export, name) for name in type(export).model_fields}
    assert requesting.request_sha256(row, key) == export.request_sha256
    for name, other in (("row_cap", 11), ("columns", ["number"]), ("reference", "B"), ("fingerprint", "x")):
        assert requesting.request_sha256(row | {name: other}, key) != export.request_sha256


async def test_28_two_canaries_are_in_each_list_and_nowhere_else_and_whoever_uses_one_is_noticed(
    ceremony: Ceremony,
) -> None:
    await ceremony.key_in_use()
    ours = [await ceremony.person("email", "sms", name="Ann") for _ in range(3)]
    columns = ["number", "name", "email", "mobile", "postal_address", "registered_on"]

    async def opened(reference: str) -> list[dict[str, str]]:
        export = await ceremony.ready(columns=columns, reference=reference)
        return ceremony.opened(await ceremony.downloaded(export), await ceremony.released(export))

    lists = [await opened(reference) for reference in ("One", "Two", "Three", "Four")]
    emails = {each.email for each in ours}
    one, two, three, four = ([row for row in rows if row["email"] not in emails] for rows in lists)
    made_up = [*one, *two, *three, *four]
    assert [len(each) for each in (one, two, three, four)] == [2] * 4
    assert all(value for row in made_up for value in row.values())
    for column in ("number", "email", "mobile"):
        seen = [row[column] for rows in lists for row in rows]
        assert len(set(seen)) == 3 + 8, column
    # In none of our tables is one of them, and no rule counts one.
    async with ceremony.service.staff.begin() as tx:
        everybody = AudienceRule(kinds=None)
        assert await requesting.count_people(tx, ceremony.service.scheme.id, everybody) == 3
        counted = await count_rule(tx, ceremony.service.scheme.id, everybody, [], now=now())
        assert counted.people == 0
    assert one_value(ceremony.database, "SELECT count(*) FROM canaries") == 24
    numbers = [row["number"] for row in made_up]
    found = "SELECT count(*) FROM registrations WHERE number = ANY (%s)"
    assert one_value(ceremony.database, found, numbers) == 0

    async def noticed() -> set[tuple[str, str]]:
        async with ceremony.service.worker.transactions.begin() as tx:
            return {(each.kind.value, str(each.subject)) for each in await incidents(tx)}

    await ceremony.service.drop("somebody.else@example.com")
    await intake.take_in(ceremony.service.worker)
    assert await noticed() == set()
    await ceremony.service.drop(one[0]["email"].upper())
    await intake.take_in(ceremony.service.worker)
    assert await noticed() == {("canary", one[0]["export"])}
    mobile = two[1]["mobile"].replace("(+44) ", "0")
    await ceremony.service.drop(None, mobile=mobile, contact_by=["sms"])
    await intake.take_in(ceremony.service.worker)
    assert await noticed() == {("canary", one[0]["export"]), ("canary", two[0]["export"])}
    async with ceremony.service.staff.begin() as tx:
        looked_for = searching.SearchForm(number=three[0]["number"])
        await searching.ask(
            tx, CASEWORKER, ceremony.service.scheme, looked_for, answer_to=OneAnswer().public, now=now()
        )
    await casework.serve_caseworkers(ceremony.service.worker)
    assert await noticed() == {("canary", each[0]["export"]) for each in (one, two, three)}
    async with ceremony.service.staff.begin() as tx:
        other = acting.CorrectionForm(given_by=GivenBy.PHONE, email=four[1]["email"])
        await acting.correct(tx, CASEWORKER, ours[0].registration, other, now=now())
    await casework.serve_caseworkers(ceremony.service.worker)
    assert await noticed() == {("canary", each[0]["export"]) for each in (one, two, three, four)}
