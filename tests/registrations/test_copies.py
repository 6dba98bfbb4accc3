"""The copy of what is held: everything, in plain words, to the person alone."""

from typing import Any

from service.notify import guard
from service.notify.addresses import EmailAddress
from service.notify.gateway import EmailMessage
from service.registrations import preferences
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.registrations.living import change, manage_link

EVERYTHING: dict[str, Any] = {
    "kind": "representative",
    "relationship": "estate",
    "name": "Ada Quill",
    "mobile": "07700 900123",
    "postal_address": "1 A Row\nTown\nSW1A 2AA",
    "contact_by": ["email", "sms", "letter", "phone"],
    "formats": ["large-print", "bsl"],
    "topics": ["eligibility", "evidence"],
}
NAMES = [
    "# A heading",
    "[Click here](https://phish.example.org/x)",
    "https://phish.example.org",
    "((subject)) ((x??y)) {number} {held} %s",
    "* one\n* two\r\n---\n^ inset",
    "write to eve@example.net or ring 07700 900999",
    "‮txet desrever",
    "<script>alert(1)</script>",
    "a" * 200,
]


async def copy_of(service: Service, address: str, token: str) -> dict[str, Any]:
    async with service.public.begin() as tx:
        await preferences.ask_for_copy(tx, token)
    await service.send_confirmations()
    return service.notify.inbox(address)[-1]


async def test_it_says_everything_that_is_held(service: Service, database: Database) -> None:
    address = await service.person(somebody("quill"), **EVERYTHING)
    await service.people(2)
    await service.approved()
    await service.send()
    token = await manage_link(service, address)
    message = await copy_of(service, address, token)
    assert message["subject"] == "A copy of what we hold about you"
    body = message["body"].replace("\\", "")
    number = one_value(database, "SELECT number FROM registrations ORDER BY created_at LIMIT 1")
    for said in (
        number,
        "Ada Quill",
        "executor",
        "English",
        address,
        "+447700900123",
        "Ada Quill, 1 A Row, Town, SW1A 2AA",
        "large print; British Sign Language",
        "waiting to be confirmed",
        "What you hear about: ",
        "lawful basis",
        "Days on which we sent you an update (1): ",
        "7 days",
    ):
        assert said in body, said
    assert "http" not in body


async def test_it_is_in_their_language_and_once_a_day(service: Service, database: Database) -> None:
    address = await service.person(language="cy")
    token = await manage_link(service, address)
    for _ in range(3):
        message = await copy_of(service, address, token)
    assert message["subject"].startswith("Copi o’r hyn")
    assert "{" not in message["body"]
    assert len(service.notify.inbox(address)) == 3
    run_sql(
        database,
        "UPDATE confirmations SET created_at = created_at - interval '1 day' WHERE purpose = 'copy'",
    )
    await copy_of(service, address, token)
    assert len(service.notify.inbox(address)) == 4


async def test_a_name_is_shown_as_it_is_and_does_nothing(service: Service) -> None:
    """The one message that holds what somebody typed: no heading, no link, no other person's details."""
    for name in NAMES:
        address = await service.person(name=name, organisation=f"Org {name}"[:200])
        body = (await copy_of(service, address, await manage_link(service, address)))["body"]
        assert "Name: " in body
        lines = body.splitlines()
        assert not any(line.lstrip("\\").startswith(("#", "* ", "---", "^")) for line in lines)
        assert "phish.example.org" not in body
        assert "eve@example" not in body.replace("\\", "")
        assert "900999" not in body
        assert address in body.replace("\\", "")


async def test_who_has_no_email_is_written_a_letter_and_else_rung(
    service: Service, database: Database
) -> None:
    address = await service.person(somebody("quill"), **EVERYTHING)
    token = await manage_link(service, address)
    run_sql(database, "UPDATE registration_contacts SET confirmed_at = now()")
    asked = (
        "SELECT json_build_array(k.channel, c.state) FROM confirmations c"
        " JOIN contacts k ON k.id = c.contact_id WHERE c.purpose = 'copy'"
    )
    for lost, reached in (("email", ["letter", "due"]), ("letter", ["phone", "to_ring"])):
        run_sql(database, "DELETE FROM registration_contacts WHERE channel = %s", lost)
        run_sql(database, "DELETE FROM confirmations WHERE purpose = 'copy'")
        async with service.public.begin() as tx:
            await preferences.ask_for_copy(tx, token)
        assert one_value(database, asked) == reached
        await service.send_confirmations()
        # What is due leaves; nobody is texted what is held.
        assert one_value(database, asked) == [reached[0], "sent" if reached[1] == "due" else "to_ring"]


async def test_it_goes_to_an_address_that_was_confirmed_and_shows_the_one_that_waits(
    service: Service,
) -> None:
    old, new = await service.person(), somebody("new")
    token = await manage_link(service, old)
    await change(service, token, email=new)
    body = (await copy_of(service, old, token))["body"].replace("\\", "")
    assert f"{new} (waiting to be confirmed)" in body
    assert all("copy" not in message["subject"] for message in service.notify.inbox(new))


def test_the_guard_lets_only_their_own_details_pass() -> None:
    def message(own: frozenset[str]) -> EmailMessage:
        return EmailMessage(
            recipient=EmailAddress.stored("ada@example.org"),
            subject="A copy",
            body="ada@example.org, ada.too@example.org, +447700900123",
            reference="c-1",
            own_details=own,
        )

    nothing = guard.Allowed(frozenset(), frozenset())
    own = frozenset({"ada.too@example.org", "+447700900123"})
    assert guard.read(message(own), nothing) is None
    assert guard.read(message(frozenset()), nothing) == guard.Stopped(1, 1)
