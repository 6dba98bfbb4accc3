"""The notice: prepared words that nothing stands against, to those of one list, and what follows from it."""

import pytest

from service.imports.looking_up import awaiting_notice
from service.imports.notice import NobodyWaits, NoticeThere, draft_notice
from service.registrations.recipients import AudienceRule
from service.registrations.words import Channel
from service.schemes.reading import public_list
from service.updates.checks import check
from service.updates.counting import count_rule
from service.updates.drafting import current_version
from service.updates.states import UpdateState
from tests.deliveries.looking import run_sql
from tests.harness.people import BODY, COMMS, Service, now, somebody
from tests.harness.servers import Database
from tests.imports.lists import Office, csv_of
from workers import plan

PUBLIC = "https://kept.example.gov.uk"


async def test_whom_the_notice_reached_is_told_like_anybody_and_the_others_wait(
    office: Office, service: Service, database: Database
) -> None:
    here, bounces, leaves, home = somebody(), somebody(), somebody(), "1 Stryd Fawr, Caerdydd, CF10 3NQ"
    columns = {"email": [0], "mobile": [1], "name": [2], "postal_address": [3]}
    data = csv_of(
        f"{here},,,",
        f"{bounces},,,",
        f"{leaves},,,",
        f',,Mary,"{home}"',
        ",07700 900341,,",
        header="Email,Mobile,Name,Address",
    )
    done = await office.commit(await office.checked(data, columns))
    with database.connect() as owner:
        owner.execute(
            "UPDATE registrations SET state = 'left', left_at = now() WHERE id = (SELECT registration_id "
            "FROM registration_contacts JOIN contacts c ON c.id = contact_id WHERE blind_index = %s)",
            [service.worker.keys.index.email(leaves)],
        )
    await plan.see_templates(service.worker)

    async with service.staff.begin() as tx:
        notice = await draft_notice(tx, COMMS, done.id, public_url=PUBLIC, now=now())
        content = (await current_version(tx, notice)).content
        # Nothing blocks these words, and nothing in them wants a reason.
        assert check(content, await public_list(tx, service.scheme.id)) == []
        assert set(content["channels"]) == {"email", "sms", "letter"}
    async with service.staff.begin() as tx:
        with pytest.raises(NoticeThere):
            await draft_notice(tx, COMMS, done.id, public_url=PUBLIC, now=now())
    assert (await service.submit(notice.id)).planned == 4
    another = await service.draft({**BODY, "audience": {"imported_in": str(done.id)}})
    assert "on its way" in ((await service.submit(another)).sent_back_why or "")
    await service.approve(notice.id)
    await service.send()
    [message] = service.notify.inbox(bounces)
    said = "SELECT record_receipt(gen_random_uuid(), %s, %s, 'permanent-failure')"
    run_sql(database, said, message["reference"], message["id"])
    await service.finish()
    await office.work()

    assert (await service.update(notice.id)).state is UpdateState.SENT
    async with service.staff.begin() as tx:
        waiting = await awaiting_notice(tx, done.id)
        told = await count_rule(
            tx, service.scheme.id, AudienceRule(), [Channel.EMAIL, Channel.SMS, Channel.LETTER], now=now()
        )
    assert (len(waiting), told.channels) == (1, {"email": 1, "sms": 1, "letter": 1})
    assert [len(service.notify.inbox(each)) for each in (here, bounces, leaves)] == [1, 1, 0]
    # Another notice is for those who are left alone, and their address does not exist.
    assert "Nobody who can be reached" in ((await service.submit(another)).sent_back_why or "")


async def test_nobody_begins_a_notice_that_nobody_waits_for(office: Office, service: Service) -> None:
    found = await office.checked(csv_of(f"{somebody()},,"))

    async with service.staff.begin() as tx:
        with pytest.raises(NobodyWaits):
            await draft_notice(tx, COMMS, found.id, public_url=PUBLIC, now=now())
