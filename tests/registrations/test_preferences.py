"""What the holder of a link changes, and what nobody else can."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.crypto.tokens import new_token
from service.errors import Gone, Invalid
from service.registrations import links, preferences
from service.registrations.asks import InboxAsk, ReplacementAsk
from service.registrations.preferences import HasLeft, NotAnOrganisation
from service.registrations.states import RegistrationState
from service.registrations.words import ContactBy, Kind, Language, Relationship
from tests.deliveries.looking import one_row, one_value, run_sql, times_told
from tests.harness.people import Service, now, somebody
from tests.harness.servers import Database
from tests.registrations.living import (
    change,
    choose,
    drop,
    hashed,
    look,
    manage_link,
    may_be_asked_again,
    take_in,
    undo,
    unsubscribe_token,
)

STANDS = """
    SELECT json_build_array(state, kind, relationship, contact_by, (
        SELECT json_agg(json_build_array(channel, confirmed_at IS NOT NULL) ORDER BY position, confirmed_at)
        FROM registration_contacts rc WHERE rc.registration_id = r.id))
    FROM registrations r ORDER BY created_at LIMIT 1
"""


async def send_news(service: Service) -> None:
    """An update to everybody, and to two others: one recipient alone needs no approval."""
    await service.people(2)
    await service.approved()
    await service.send()


async def test_choices_change_at_once(service: Service, database: Database) -> None:
    token = await manage_link(service, await service.person())
    until = datetime.now(UTC) + timedelta(days=30)
    after = await change(
        service,
        token,
        language="cy",
        topics=["evidence", "family-members", "evidence"],
        formats=["braille"],
        paused_until=until.isoformat(),
    )
    assert (after.language, after.topics) == (Language.WELSH, ("evidence", "family-members"))
    assert ([need.value for need in after.formats], after.paused_until) == (["braille"], until)
    assert await look(service, token) == after
    after = await change(service, token, paused_until=None, language=None)
    assert (after.paused_until, after.language) == (None, Language.WELSH)
    assert await change(service, token) == after


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        ({"topics": ["eligibility", "cats"]}, {"topics.1"}),
        ({"contact_by": ["email", "sms"]}, {"mobile"}),
        ({"contact_by": ["sms", "letter"], "mobile": "020 7946 0123"}, {"mobile", "postal_address"}),
        ({"mobile": "07700 900123"}, {"mobile"}),
        ({"name": "A name"}, {"name"}),
        ({"paused_until": "2020-01-31"}, {"paused_until"}),
        ({"paused_until": (datetime.now(UTC) + timedelta(days=400)).isoformat()}, {"paused_until"}),
        (
            {"contact_by": ["letter"], "postal_address": "1\n2 Row\n3\n4\n5\nTown\nSW1A 2AA"},
            {"postal_address"},
        ),
    ],
)
async def test_what_does_not_fit_is_refused_by_field_and_changes_nothing(
    service: Service, wanted: dict[str, Any], wrong: set[str]
) -> None:
    token = await manage_link(service, await service.person())
    before = await look(service, token)
    with pytest.raises(Invalid) as refused:
        await change(service, token, **wanted)
    assert set(refused.value.fields) == wrong
    assert await look(service, token) == before


async def test_another_address_changes_nothing_until_its_holder_confirms_it(
    service: Service, database: Database
) -> None:
    old, new = await service.person(), somebody("new")
    token = await manage_link(service, old)
    after = await change(service, token, email=new)
    assert after.contact_by == (ContactBy.EMAIL,)
    assert (await look(service, token)).waiting_ways == {ContactBy.EMAIL}
    assert one_value(database, STANDS)[4] == [["email", True], ["email", False]]
    await send_news(service)
    assert times_told(service, [old, new]) == [1, 0]
    await service.confirm(new)
    await service.send_confirmations()
    await send_news(service)
    assert times_told(service, [old, new]) == [1, 1]
    assert service.notify.inbox(old)[-1]["subject"] == "We will write to another address from now on"
    assert new not in service.notify.inbox(old)[-1]["body"]


async def test_of_several_new_addresses_the_last_counts(service: Service, database: Database) -> None:
    old, first, second = await service.person(), somebody("first"), somebody("second")
    token = await manage_link(service, old)
    await change(service, token, email=first)
    await change(service, token, email=second)
    with pytest.raises(Gone):
        await service.confirm(first)
    await service.confirm(second)
    assert one_value(database, STANDS)[4] == [["email", True]]
    await send_news(service)
    assert times_told(service, [old, first, second]) == [0, 0, 1]


async def test_another_way_takes_over_only_when_it_is_confirmed(service: Service, database: Database) -> None:
    """Nobody is lost between an old way and a new one."""
    old = await service.person()
    token = await manage_link(service, old)
    await change(service, token, contact_by=["sms"], mobile="07700 900123")
    assert one_value(database, STANDS)[3:] == [["sms"], [["sms", False], ["email", True]]]
    await send_news(service)
    assert times_told(service, [old]) == [1]
    async with service.public.begin() as tx:
        await links.use(tx, service.link("+447700900123"))
    assert one_value(database, STANDS)[3:] == [["sms"], [["sms", True]]]
    await service.send_confirmations()
    assert service.notify.inbox(old)[-1]["subject"] == "We will write to another address from now on"


async def test_a_way_that_is_not_wanted_goes_at_once_where_another_stays(
    service: Service, database: Database
) -> None:
    address = await service.person(mobile="07700 900123", contact_by=["sms", "email"])
    token = await manage_link(service, address)
    after = await change(service, token, contact_by=["email"])
    assert after.confirmed_ways == {ContactBy.EMAIL}
    assert not after.waiting_ways
    assert one_value(database, STANDS)[4] == [["email", True]]
    # What was asked of its holder leads nowhere any more.
    with pytest.raises(Gone):
        await service.confirm("+447700900123")
    assert one_value(database, STANDS)[4] == [["email", True]]


async def test_a_pause_stops_what_is_planned_and_ends_by_itself(service: Service, database: Database) -> None:
    paused, other = await service.people(2)
    token = await manage_link(service, paused)
    update = await service.approved()
    await change(service, token, paused_until=(now() + timedelta(days=5)).isoformat())
    await service.send()
    assert times_told(service, [paused, other]) == [0, 1]
    assert await service.outcomes(update) == {"accepted": 1, "withdrawn": 1}
    run_sql(
        database,
        "UPDATE registrations SET paused_until = now() - interval '1 s' WHERE paused_until IS NOT NULL",
    )
    assert (await look(service, token)).paused_until is None
    await send_news(service)
    assert times_told(service, [paused, other]) == [1, 2]


async def test_who_left_sees_it_and_may_come_back_while_the_link_works(
    service: Service, database: Database
) -> None:
    address = await service.person()
    token = await manage_link(service, address)
    async with service.public.begin() as tx:
        await preferences.leave(tx, token)
        await preferences.leave(tx, token)
    assert (await look(service, token)).status is RegistrationState.LEFT
    with pytest.raises(HasLeft):
        await change(service, token, topics=["evidence"])
    await send_news(service)
    assert times_told(service, [address]) == [0]
    async with service.public.begin() as tx:
        await preferences.come_back(tx, token)
    await send_news(service)
    assert times_told(service, [address]) == [1]


async def test_leaving_is_undone_for_thirty_days_by_the_link_below_every_message(
    service: Service, database: Database
) -> None:
    address = await service.person()
    await send_news(service)
    token = unsubscribe_token(service, address)
    async with service.public.begin() as tx:
        await links.leave(tx, token)
    await choose(service, token, Language.WELSH, "evidence")
    state = "SELECT json_build_array(state, language, left_at) FROM registrations ORDER BY created_at LIMIT 1"
    assert one_value(database, state) == ["confirmed", "cy", None]
    async with service.public.begin() as tx:
        await links.leave(tx, token)
    await undo(service, token)
    await undo(service, token)
    assert one_value(database, state) == ["confirmed", "cy", None]
    run_sql(database, "UPDATE registrations SET state = 'left', left_at = now() - interval '31 days'")
    for late in (token, new_token(), ""):
        with pytest.raises(Gone):
            await undo(service, late)
        with pytest.raises(Gone):
            await choose(service, late, Language.ENGLISH, "evidence")
    # The link below a message shows no more than it may change.
    with pytest.raises(Gone):
        await look(service, token)


async def test_who_never_confirmed_is_not_brought_in_by_undoing(service: Service, database: Database) -> None:
    await service.register(somebody())
    token = new_token()
    run_sql(
        database,
        "UPDATE registrations SET state = 'left', left_at = now(), unsubscribe_hash = %s",
        bytes.fromhex(hashed(token)),
    )
    with pytest.raises(Gone):
        await undo(service, token)


async def test_a_representative_takes_over_once_their_own_address_is_confirmed(
    service: Service, database: Database
) -> None:
    person, other = await service.person(mobile="07700 900123", contact_by=["email", "sms"]), somebody("heir")
    run_sql(database, "UPDATE registration_contacts SET confirmed_at = now()")
    token = await manage_link(service, person)
    async with service.public.begin() as tx:
        await preferences.take_over(
            tx, token, Relationship.ESTATE, ContactBy.EMAIL, {"email": other}, now=now()
        )
        # The person has died: nothing more is sent, from now on.
        await preferences.leave(tx, token)
    run_sql(database, "UPDATE intake SET received_at = now()")
    run_sql(database, "UPDATE registrations SET left_at = now()")
    await take_in(service)
    assert one_value(database, STANDS)[:4] == ["left", "individual", None, ["email", "sms"]]
    await service.confirm(other)
    assert one_value(database, STANDS) == [
        "confirmed",
        "representative",
        "estate",
        ["email"],
        [["email", True]],
    ]
    with pytest.raises(Gone):
        await look(service, token)
    await send_news(service)
    assert times_told(service, [person, other]) == [0, 1]


async def test_leaving_after_a_takeover_was_asked_for_counts(service: Service, database: Database) -> None:
    person, other = await service.person(), somebody("heir")
    token = await manage_link(service, person)
    await drop(
        service,
        ReplacementAsk(link=hashed(token), ways=[ContactBy.EMAIL], email=other, becomes=Relationship.FAMILY),
    )
    async with service.public.begin() as tx:
        await preferences.leave(tx, token)
    with pytest.raises(Gone):
        await service.confirm(other)
    assert one_value(database, STANDS)[:2] == ["left", "individual"]


async def test_a_further_inbox_is_a_registration_of_its_own(service: Service, database: Database) -> None:
    first, second = somebody("first"), somebody("second")
    await service.person(
        first, kind="organisation", organisation="A centre", language="cy", topics=["evidence"]
    )
    token = await manage_link(service, first)
    async with service.public.begin() as tx:
        await preferences.add_inbox(tx, token, second, now=now())
        await preferences.add_inbox(tx, token, first, now=now())
        await preferences.add_inbox(tx, token, second.upper(), now=now())
    await take_in(service)
    await service.confirm(second)
    rows = one_row(
        database,
        "SELECT count(*), count(belongs_to), count(DISTINCT unsubscribe_hash), min(kind), max(kind),"
        " count(*) FILTER (WHERE state = 'confirmed' AND language = 'cy') FROM registrations",
    )
    assert rows == (2, 1, 2, "organisation", "organisation", 2)
    may_be_asked_again(database)
    other = await manage_link(service, second)
    assert (await look(service, other)).topics == ("evidence",)
    async with service.public.begin() as tx:
        await preferences.leave(tx, other)
    assert (await look(service, token)).status is RegistrationState.CONFIRMED


async def test_a_person_has_no_further_inboxes(service: Service) -> None:
    token = await manage_link(service, await service.person())
    with pytest.raises(NotAnOrganisation):
        async with service.public.begin() as tx:
            await preferences.add_inbox(tx, token, somebody(), now=now())


async def test_who_knows_an_address_and_has_no_link_of_its_holder_changes_nothing(
    service: Service, database: Database
) -> None:
    """Sealed by somebody who goes around the public process, with every link but a living one."""
    victim, attacker = await service.person(), await service.person(somebody("attacker"))
    dead = await manage_link(service, victim)
    run_sql(
        database,
        "UPDATE confirmations SET expires_at = now() - interval '1 s' WHERE purpose = 'manage'",
    )
    before = one_value(database, STANDS)
    forged = [new_token(), dead, service.link(victim), service.link(attacker), victim]
    for token in forged:
        with pytest.raises(Gone):
            await change(service, token, topics=["evidence"])
        for act in (
            preferences.erase,
            preferences.leave,
            preferences.come_back,
            preferences.ask_for_copy,
        ):
            with pytest.raises(Gone):
                async with service.public.begin() as tx:
                    await act(tx, token)
    await drop(
        service,
        *(
            ask
            for token in forged
            for ask in (
                ReplacementAsk(link=hashed(token), ways=[ContactBy.EMAIL], email=somebody("theirs")),
                ReplacementAsk(
                    link=hashed(token),
                    ways=[ContactBy.SMS],
                    mobile="07700 900123",
                    becomes=Relationship.LEGAL,
                ),
                InboxAsk(link=hashed(token), email=somebody("theirs")),
            )
        ),
    )
    assert one_value(database, STANDS) == before
    assert one_value(database, "SELECT count(*) FROM registrations") == 2
    assert one_value(database, "SELECT count(*) FROM contacts") == 2
    assert one_value(database, "SELECT count(*) FROM intake") == 0


async def test_what_was_asked_while_the_link_worked_counts_however_late_it_is_opened(
    service: Service, database: Database
) -> None:
    token, new = await manage_link(service, await service.person()), somebody("new")
    async with service.public.begin() as tx:
        await preferences.change(tx, token, preferences.PreferencesChange(email=new), now=now())
    run_sql(database, "UPDATE confirmations SET expires_at = now() WHERE purpose = 'manage'")
    await take_in(service)
    await service.confirm(new)
    assert one_value(database, STANDS)[4] == [["email", True]]


def test_kind_is_no_choice() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        preferences.PreferencesChange.model_validate({"kind": Kind.ORGANISATION})
