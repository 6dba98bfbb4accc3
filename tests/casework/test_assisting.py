"""Registering somebody who rang or wrote, and ringing those whom no message can ask."""

from tests.casework.office import at_work, number
from tests.deliveries.looking import one_row, one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.registrations.living import may_be_asked_again
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.serving import StaffHost
from workers import intake

CALLS = "SELECT id::text, purpose, state FROM confirmations WHERE used_at IS NULL AND state = 'to_ring'"


async def test_somebody_who_rang_is_registered_as_anybody_and_confirmed_by_nobody_else(
    service: Service, host: StaffHost, database: Database
) -> None:
    address = somebody("rang")
    async with at_work(service, host, database) as caseworker:
        answer = await caseworker.assists(email=address, given_by="letter")
        assert (answer.status_code, answer.json()["status"]) == (201, "registered")
        [told] = answer.json()["numbers"]
        held = "SELECT number, state, given_by, privacy_notice_version, lawful_basis FROM registrations"
        version, basis = service.scheme.privacy_notice_version, service.scheme.lawful_basis
        assert one_row(database, held) == (told, "pending", "letter", version, basis)
        await service.send_confirmations()
        await service.confirm(address)
        assert one_value(database, "SELECT state FROM registrations") == "confirmed"

        # Whoever is known is not changed by a caseworker either: their own link decides.
        may_be_asked_again(database)
        answer = await caseworker.assists(email=address, language="cy", topics=["evidence"])
        assert (answer.status_code, answer.json()) == (200, {"status": "known", "numbers": [told]})
        assert one_value(database, "SELECT language FROM registrations") == "en"
        await service.send_confirmations()
        await service.confirm(address)
        assert one_row(database, "SELECT language, given_by FROM registrations") == ("cy", "letter")

        for wrong in ({"consent": False}, {"given_by": "rumour"}, {"email": None}, {"topics": ["none"]}):
            refused = await caseworker.assists(**{"email": address, **wrong})
            assert (refused.status_code, address in refused.text) == (422, False)
        said = {"scheme": str(service.scheme.id), "write_again": False}
        assert caseworker.events("registration-assisted") == [
            {**said, "given_by": "letter"},
            {**said, "given_by": "phone"},
        ]


async def test_a_number_for_calls_is_confirmed_by_whoever_rang_it(
    service: Service, host: StaffHost, database: Database, browser: StaffBrowser
) -> None:
    mobile, shared = number(), {"contact_by": ["phone"], "email": None}
    async with at_work(service, host, database) as caseworker:
        [told] = (await caseworker.assists(**shared, mobile=mobile)).json()["numbers"]
        await browser.sign_in("caseworker")
        call, purpose, _ = one_row(database, CALLS)
        assert purpose == "confirm"
        page = (await browser.get("/calls")).text
        assert told in page
        assert mobile.replace(" ", "")[1:] not in page.replace(" ", "")
        await browser.post(f"/calls/{call}", {"outcome": "not-reached"})
        assert told not in (await browser.get("/calls")).text
        assert one_row(database, CALLS)[0] == call
        run_sql(database, "UPDATE confirmations SET try_at = now()")
        assert "Nobody was reached 1 time" in (await browser.get("/calls")).text
        assert (await browser.post(f"/calls/{call}", {"outcome": "mine"})).status_code == 409
        assert (await browser.post(f"/calls/{call}", {"outcome": "done"})).status_code == 303
        assert one_value(database, "SELECT state FROM registrations") == "confirmed"
        assert (await browser.post(f"/calls/{call}", {"outcome": "done"})).status_code == 409

        # A change of theirs is asked about by a call, too.
        may_be_asked_again(database)
        answer = await caseworker.assists(**shared, mobile=mobile, language="cy")
        assert answer.json() == {"status": "known", "numbers": [told]}
        call, purpose, _ = one_row(database, CALLS)
        assert (purpose, told in (await browser.get("/calls")).text) == ("change", True)
        await browser.post(f"/calls/{call}", {"outcome": "mine"})
        await intake.apply_changes(service.worker)
        assert one_value(database, "SELECT language FROM registrations") == "cy"
        said = [each["decision"] for each in caseworker.events("call-settled")]
        assert said == ["not-reached", "done", "mine"]
