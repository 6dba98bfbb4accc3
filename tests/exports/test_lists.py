"""A list from its request to its expiry: what is in it, who can have it, and when nobody can any more."""

import asyncio
import json
import threading
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
import typer

from service.cli import certificates
from service.crypto.keystore import KeyName, KeyStore, Purpose
from service.crypto.one_answer import OneAnswer
from service.crypto.private_keys import signing_public_half
from service.exports import building, manifest, reading
from service.exports.approving import KeyChanged, OtherRequest, OwnRequest
from service.exports.columns import Column
from service.exports.downloading import DownloadedBefore
from service.exports.reading import NoSuchExport
from service.exports.releasing import KeyDestroyed
from service.exports.states import ExportState, WrongState
from service.exports.words import Decision, Refusal
from service.registrations import listing
from service.staff.principal import NotYourRole
from service.staff.step_up import SignInAgain
from tests.deliveries.looking import one_value, run_sql
from tests.exports.ceremony import CASEWORKER, CASEWORKER2, DPO, REVIEWER, SENIOR, Ceremony, long_ago
from tests.security.places import dumped
from workers import exporting, tidy
from workers import releasing as handing_over


async def test_a_list_holds_everybody_meant_with_what_was_asked_for_and_says_so_in_its_manifest(
    ceremony: Ceremony, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await ceremony.key_in_use()
    one = await ceremony.person("email", "letter", name="Siân Dear", language="cy")
    other = await ceremony.person(
        "sms", "phone", kind="organisation", organisation="=Hand & Co", topics=["evidence", "eligibility"]
    )
    left, elsewhere = await ceremony.person(), await ceremony.person(topics=["evidence"])
    paused = await ceremony.person("phone")
    database = ceremony.database
    run_sql(
        database, "UPDATE registrations SET state = 'left', left_at = now() WHERE id = %s", left.registration
    )
    run_sql(
        database,
        "UPDATE registrations SET paused_until = now() + interval '1 day' WHERE id = %s",
        paused.registration,
    )
    run_sql(
        database,
        "UPDATE contacts SET suppressed_at = now(), suppressed_why = 'do-not-contact' WHERE id = "
        "(SELECT contact_id FROM registration_contacts WHERE registration_id = %s)",
        paused.registration,
    )
    every = [each.value for each in Column]

    export = await ceremony.ready(
        columns=every, purpose="call-back", filter={"topics": ["eligibility"]}, row_cap=3
    )
    assert (export.state, export.people, export.rows) == (ExportState.READY, 3, 5)
    file = await ceremony.downloaded(export)
    assert sha256(file).hexdigest() == export.sha256
    rows = {row["number"]: row for row in ceremony.opened(file, await ceremony.released(export))}

    numbers = {
        each.registration: one_value(
            database, "SELECT number FROM registrations WHERE id = %s", each.registration
        )
        for each in (one, other, left, elsewhere, paused)
    }
    canaries = rows.keys() - set(numbers.values())
    assert rows.keys() - canaries == {numbers[each.registration] for each in (one, other, paused)}
    assert len(canaries) == 2
    day = "SELECT (created_at AT TIME ZONE 'Europe/London')::date::text FROM registrations WHERE id = %s"
    shown = rows[numbers[one.registration]]
    assert shown == {
        "number": numbers[one.registration],
        "kind": "individual",
        "name": "Siân Dear",
        "organisation": "",
        "email": one.email,
        "mobile": "",
        "postal_address": shown["postal_address"],
        "language": "cy",
        "topics": "eligibility",
        "registered_on": one_value(database, day, one.registration),
        "export": str(export.id),
    }
    assert one.home.split("\n")[0] in shown["postal_address"]
    told = rows[numbers[other.registration]]
    number = other.mobile.removeprefix("07")
    assert (told["organisation"], told["mobile"], told["topics"]) == (
        "'=Hand & Co",
        f"(+44) 7{number}",
        "eligibility;evidence",
    )
    # Whoever is not to be rung stands in a list to ring by, without the number.
    assert (rows[numbers[paused.registration]]["mobile"], rows[numbers[paused.registration]]["kind"]) == (
        "",
        "individual",
    )

    document = manifest.manifest_of(export).as_json()
    signing = ceremony.service.keys.one(Purpose.SIGNING)
    assert manifest.verify(document, signing_public_half(signing))
    assert (document["rows"], document["sha256"], document["purpose"]) == (5, export.sha256, "call-back")
    assert (document["requested_by"], document["approved_by"]) == ("caseworker", "senior")
    assert (document["columns"], document["fingerprint"]) == (every, export.fingerprint)
    key, files = tmp_path / "key", {"whole": document, "altered": {**document, "rows": 4}}
    key.write_text(signing_public_half(signing).hex())
    for name, each in files.items():
        (tmp_path / name).write_text(json.dumps(each))
    certificates.verify(tmp_path / "whole", key)
    assert "the manifest holds: a list of 5 rows" in capsys.readouterr().out
    with pytest.raises(typer.Exit):
        certificates.verify(tmp_path / "altered", key)
    assert not manifest.verify(document, bytes(32))


async def test_22_nobody_approves_their_own_list_and_two_approvals_at_once_make_one(
    ceremony: Ceremony,
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    export = await ceremony.requested(columns=["number", "language"])

    with pytest.raises(OwnRequest):
        await ceremony.decided(export, by=CASEWORKER)
    with pytest.raises(NotYourRole):
        await ceremony.decided(export, by=REVIEWER)
    with pytest.raises(SignInAgain):
        await ceremony.decided(export, by=long_ago(SENIOR))
    with pytest.raises(OtherRequest):
        await ceremony.decided(export, read="0" * 64)
    found = await asyncio.gather(
        *(ceremony.decided(export, by=who) for who in (CASEWORKER2, DPO)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in found) == ["Export", "WrongState"]

    # Plain SQL, as the process that was taken over would write it.
    with_contacts = await ceremony.requested()
    with pytest.raises(NotYourRole):
        await ceremony.decided(with_contacts, by=CASEWORKER2)
    for who in ("caseworker", "caseworker2", "nobody"):
        with (
            ceremony.database.connect("kept_staff") as connection,
            pytest.raises(psycopg.errors.CheckViolation),
        ):
            connection.execute(
                "UPDATE exports SET state = 'approved', decided_by = %s, decided_at = now() WHERE id = %s",
                [who, with_contacts.id],
            )
    assert (await ceremony.decided(with_contacts, by=SENIOR)).state is ExportState.APPROVED
    with ceremony.database.connect("kept_staff") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE exports SET decided_by = 'dpo' WHERE id = %s", [with_contacts.id])

    refused = await ceremony.decided(await ceremony.requested(), Decision.REFUSE)
    assert (refused.state, refused.refused_why) == (ExportState.REFUSED, Refusal.DECLINED)


async def test_23_a_list_is_downloaded_once_by_whoever_asked_for_it(ceremony: Ceremony) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    export = await ceremony.approved()
    with pytest.raises(WrongState):
        await ceremony.downloaded(export)
    await ceremony.build()
    for other in (CASEWORKER2, SENIOR):
        with pytest.raises(NoSuchExport):
            await ceremony.downloaded(export, by=other)
    with pytest.raises(WrongState):
        await ceremony.released(export)

    async def one() -> bytes:
        return await ceremony.downloaded(export)

    found = await asyncio.gather(one(), one(), return_exceptions=True)
    files = [each for each in found if isinstance(each, bytes)]
    assert len(files) == 1
    assert any(isinstance(each, DownloadedBefore) for each in found)
    assert pyrage.decrypt(files[0], [ceremony.key]).startswith(b"age-encryption.org/v1")
    assert one_value(ceremony.database, "SELECT count(*) FROM export_chunks") == 0


async def test_25_no_key_is_unwrapped_before_its_release_is_in_the_record(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    export = await ceremony.ready()
    file = await ceremony.downloaded(export)
    assert reading.account(await ceremony.shown(export)).as_json() == {
        "by": [],
        "since": None,
        "for_good": False,
    }
    database, unwrapped, get = ceremony.database, list[int](), KeyStore.get
    recorded = (
        "SELECT count(*) FROM audit_events WHERE body::jsonb ->> 'act' = 'export-released' "
        "AND body::jsonb ->> 'export' = %s"
    )

    def watched(store: KeyStore, name: KeyName) -> bytes:
        if name.purpose is Purpose.RELEASE:
            # As another connection sees it: what is not committed is not there.
            unwrapped.append(one_value(database, recorded, str(export.id)))
        return get(store, name)

    monkeypatch.setattr(KeyStore, "get", watched)
    with pytest.raises(SignInAgain):
        await ceremony.asked_for_key(export, OneAnswer(), by=long_ago(CASEWORKER))
    with pytest.raises(NoSuchExport):
        await ceremony.asked_for_key(export, OneAnswer(), by=SENIOR)

    # Everything but the record: the errand is there, the list says that it was released.
    key = OneAnswer()
    errand = await ceremony.asked_for_key(export, key)
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        kept = connection.execute("SELECT * FROM audit_events ORDER BY seq DESC LIMIT 1").fetchone()
        assert kept is not None
        connection.execute("DELETE FROM audit_events WHERE seq = %s", [kept[0]])
        await handing_over.hand_over_keys(ceremony.service.worker)
        assert (unwrapped, await ceremony.answer(errand, key)) == ([], None)
        connection.execute("INSERT INTO audit_events VALUES (%s, %s, %s, %s)", kept)

    rows = ceremony.opened(file, await ceremony.released(export))
    assert (unwrapped, len(rows)) == ([2], 3)
    shown = await ceremony.shown(export)
    told = reading.account(shown)
    assert (shown.state, told.who, told.since) == (ExportState.RELEASED, "caseworker", shown.released_at)
    # Asked again, it is handed over again, and that is in the record too.
    await ceremony.released(export)
    assert unwrapped == [2, 3]
    assert (await ceremony.shown(export)).released_at == shown.released_at


async def test_26_after_its_expiry_nobody_can_open_a_list_whatever_they_kept(
    ceremony: Ceremony, tmp_path: Path
) -> None:
    await ceremony.key_in_use()
    await ceremony.person(name="Zobeide Quixworth")
    export = await ceremony.ready()
    never_fetched = await ceremony.ready(reference="Another")
    file = await ceremony.downloaded(export)
    store = tmp_path / "key-store"
    before = {path.name: path.read_bytes() for path in store.iterdir() if path.name.startswith("release-")}
    assert len(before) == 2

    ceremony.at(timedelta(hours=23))
    await tidy.tidy(ceremony.service.worker)
    assert (await ceremony.shown(export)).state is ExportState.DOWNLOADED
    ceremony.at(timedelta(hours=25))
    await tidy.tidy(ceremony.service.worker)
    for each in (export, never_fetched):
        shown = await ceremony.shown(each)
        assert shown.state is ExportState.EXPIRED
        assert reading.account(shown).as_json() == {"by": [], "since": None, "for_good": True}
    with pytest.raises(KeyDestroyed):
        await ceremony.asked_for_key(export, OneAnswer())
    with pytest.raises(DownloadedBefore):
        await ceremony.downloaded(never_fetched)

    # Everything that is left of it anywhere, and the caseworker's own key, opens the outer layer alone.
    inner = pyrage.decrypt(file, [ceremony.key])
    left = b"".join(path.read_bytes() for path in sorted(store.iterdir()))
    left += b"".join(content for _, content in dumped(ceremony.database.url("postgres")))
    assert not any(wrapped in left for wrapped in before.values())
    assert not [path.name for path in store.iterdir() if path.name.startswith("release-")]
    assert b"AGE-SECRET-KEY" not in left
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(inner, [ceremony.key])
    assert one_value(ceremony.database, "SELECT count(*) FROM export_chunks") == 0


async def test_29_another_key_after_the_approval_voids_it_at_the_build_and_at_the_download(
    ceremony: Ceremony,
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    waits, approved = await ceremony.requested(), await ceremony.approved()
    built, fetched = await ceremony.ready(reference="Built"), await ceremony.ready(reference="Fetched")
    assert (await ceremony.shown(approved)).state is ExportState.READY
    approved = await ceremony.approved(reference="Approved")
    await ceremony.downloaded(fetched)

    await ceremony.confirmed(await ceremony.enrolled(pyrage.x25519.Identity.generate()), by=DPO)

    for each in (waits, approved, built):
        shown = await ceremony.shown(each)
        assert (shown.state, shown.refused_why) == (ExportState.REFUSED, Refusal.KEY_CHANGED)
    with pytest.raises(WrongState):
        await ceremony.decided(waits)
    with pytest.raises(WrongState):
        await ceremony.downloaded(built)
    with pytest.raises(KeyChanged):
        await ceremony.asked_for_key(fetched, OneAnswer())
    await ceremony.build()
    await tidy.tidy(ceremony.service.worker)
    assert (await ceremony.shown(fetched)).state is ExportState.EXPIRED
    assert ceremony.service.worker.keys.release_keys() == set()

    # A key that somebody revokes behind the back of the code: each step looks for itself.
    ready, next_one = await ceremony.ready(reference="Ready"), await ceremony.approved(reference="Next")
    run_sql(
        ceremony.database,
        "UPDATE recipient_keys SET revoked_by = 'x', revoked_at = now() WHERE revoked_at IS NULL",
    )
    with pytest.raises(KeyChanged):
        await ceremony.downloaded(ready)
    for state in ("building", "ready"):
        with ceremony.database.connect() as owner, pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(
                "UPDATE exports SET state = %s, build = gen_random_uuid(), lease_until = now() WHERE id = %s",
                [state, next_one.id],
            )
    await ceremony.build()
    for each in (ready, next_one):
        assert (await ceremony.shown(each)).refused_why is Refusal.KEY_CHANGED
    assert len(_events(ceremony, "export-refused")) == 2


async def test_a_build_that_was_broken_off_begins_again_with_another_key(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ceremony.key_in_use()
    await ceremony.person(name="Ann")
    export = await ceremony.approved()
    finish = building.finish

    async def killed(*_: Any, **__: Any) -> None:
        raise SystemError("killed")

    monkeypatch.setattr(building, "finish", killed)
    with pytest.raises(SystemError):
        await ceremony.build()
    monkeypatch.setattr(building, "finish", finish)
    first = ceremony.service.worker.keys.release_key(export.id)
    half = (
        (await ceremony.shown(export)).state,
        one_value(ceremony.database, "SELECT count(*) FROM export_chunks"),
    )
    assert half == (ExportState.BUILDING, 1)
    # Its worker may still live: nobody takes it away before its lease ends.
    await ceremony.build()
    assert (await ceremony.shown(export)).state is ExportState.BUILDING

    ceremony.at(timedelta(minutes=3))
    await ceremony.build()
    assert (await ceremony.shown(export)).state is ExportState.READY
    assert ceremony.service.worker.keys.release_key(export.id) != first
    ceremony.at(timedelta(0))
    rows = ceremony.opened(await ceremony.downloaded(export), await ceremony.released(export))
    assert (len(rows), [row["name"] for row in rows].count("Ann")) == (3, 1)


async def test_a_list_of_more_people_than_its_cap_or_of_somebody_who_cannot_be_opened_is_not_built(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    grown, growing = await ceremony.approved(row_cap=1), await ceremony.approved(row_cap=2)
    await ceremony.person()
    await ceremony.build()
    assert (await ceremony.shown(grown)).refused_why is Refusal.TOO_MANY
    assert (await ceremony.shown(growing)).state is ExportState.READY

    growing = await ceremony.approved(row_cap=2, reference="Growing")
    count, broken = listing.count_listed, await ceremony.approved(row_cap=9, reference="Broken")

    async def counted_before_they_came(*given: Any) -> int:
        found = await count(*given)
        return min(found, 2)

    await ceremony.person()
    monkeypatch.setattr(exporting, "count_listed", counted_before_they_came)
    run_sql(
        ceremony.database,
        "UPDATE registrations SET sealed_profile = 'x' || sealed_profile WHERE id = "
        "(SELECT max(id::text)::uuid FROM registrations)",
    )
    await ceremony.build()
    assert (await ceremony.shown(growing)).refused_why is Refusal.TOO_MANY
    assert (await ceremony.shown(broken)).refused_why is Refusal.CANNOT_OPEN
    left = "SELECT count(*) FROM export_chunks WHERE export_id = ANY (%s)"
    assert one_value(ceremony.database, left, [growing.id, broken.id]) == 0


async def test_what_happened_to_a_list_is_in_the_record_with_nobodys_details(ceremony: Ceremony) -> None:
    key = await ceremony.key_in_use()
    one = await ceremony.person(name="Zobeide Quixworth")
    export = await ceremony.ready()
    await ceremony.downloaded(export)
    await ceremony.released(export)
    ceremony.at(timedelta(hours=25))
    await tidy.tidy(ceremony.service.worker)

    events = [json.loads(body) for (body,) in _events(ceremony, "export-%", "recipient-key-%")]
    assert [(each["act"], each["actor"]) for each in events] == [
        ("recipient-key-enrolled", "caseworker"),
        ("recipient-key-confirmed", "senior"),
        ("export-requested", "caseworker"),
        ("export-approved", "senior"),
        ("export-built", "worker:exports"),
        ("export-downloaded", "caseworker"),
        ("export-released", "caseworker"),
        ("export-expired", "worker:exports"),
    ]
    assert events[-1]["opened"] is True
    assert {each["fingerprint"] for each in events if "fingerprint" in each} == {key.fingerprint}
    written = json.dumps(events).lower()
    assert one.email.lower() not in written
    assert "quixworth" not in written
    assert "inq/2027" not in written


def _events(ceremony: Ceremony, *acts: str) -> list[tuple[Any, ...]]:
    with ceremony.database.connect() as owner:
        return owner.execute(
            "SELECT body FROM audit_events WHERE body::jsonb ->> 'act' LIKE ANY (%s) ORDER BY seq",
            [list(acts)],
        ).fetchall()


async def test_a_worker_that_is_told_to_end_lets_go_of_the_list_that_it_builds(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ceremony.key_in_use()
    await ceremony.person()
    export = await ceremony.approved()
    begun = asyncio.Event()

    async def for_ever(*_: Any, **__: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(building, "store", for_ever)
    # So small that it waits in the middle of the encryption, with both layers under way.
    monkeypatch.setattr(exporting, "PIECE", 16)
    job = asyncio.create_task(ceremony.build())
    await begun.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    # Its threads have ended: a process that waited for them would be killed.
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 20)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("inner-layer")]
    assert (await ceremony.shown(export)).state is ExportState.BUILDING
