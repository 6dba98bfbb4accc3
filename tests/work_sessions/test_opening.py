"""What a worker opens, for whom, and that nothing of it stays."""

import asyncio
import json
from typing import Any

import pytest

from service.crypto.one_answer import OneAnswer
from service.errands.asking import put, sealed_answer_to
from service.errands.tables import ErrandKind, answer_place
from service.staff.roles import Role
from tests.deliveries.looking import run_sql
from tests.harness.people import now, staff
from tests.security.places import dumped
from tests.security.scanning import Scanner
from tests.security.sentinel import DETAILS, EMAIL, FORM, WHOLE
from tests.work_sessions.working import Desk


async def test_a_worker_opens_a_person_for_whom_they_are_leased_to_and_for_nobody_else(desk: Desk) -> None:
    """Whatever the staff process asks for: somebody may have taken it over."""

    async def answered(by: str, item: str) -> Any:
        key = OneAnswer()
        async with desk.service.staff.begin() as tx:
            asked = {"item": item, "key": key.public}
            who = staff(by, Role.CASEWORKER)
            errand = await put(tx, who, ErrandKind.WORK_ITEM, desk.service.scheme, asked, now=now())
        while True:
            async with desk.service.staff.begin() as tx:
                if (sealed := await sealed_answer_to(tx, errand)) is not None:
                    return json.loads(key.open(sealed, answer_place(errand)))
            await asyncio.sleep(0.05)

    await desk.to_ring(1)
    session = await desk.approved(await desk.sent())
    item = (await desk.opened(session))["item"]
    assert (await answered("demo-caseworker", item))["person"]["name"] == "Person 0 Quillfeather"
    assert await answered("demo-caseworker2", item) == {"status": "refused"}
    run_sql(desk.database, "UPDATE work_sessions SET state = 'expired'")
    assert await answered("demo-caseworker", item) == {"status": "refused"}


async def test_09_nothing_of_somebody_who_was_opened_stays_in_the_database_or_in_a_log(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    ways = ("letter", "email", "sms", "phone")
    form = {
        name: FORM[name] for name in ("kind", "email", "mobile", "postal_address", "name", "organisation")
    }
    await desk.office.person(*ways, **form, formats=["large-print"])
    session = await desk.approved(await desk.sent(), "formats")
    found = await desk.opened(session)
    shown = json.dumps(found["person"], ensure_ascii=False)
    assert all(text in shown for text in (EMAIL, FORM["name"], "Trefflumddl", FORM["organisation"]))

    scanner = Scanner(DETAILS, whole=WHOLE)
    assert scanner.scan_all(dumped(desk.database.url("postgres"))) == []
    assert (await desk.says(session, found["item"], "sent")).status_code == 200
    assert scanner.scan_all(dumped(desk.database.url("postgres"))) == []
    said = capfd.readouterr()
    assert "/next" in said.out
    assert scanner.scan("log", (said.out + said.err).encode()) == []
