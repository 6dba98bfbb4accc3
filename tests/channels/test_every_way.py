"""One update, by email to one, text to another, letter to a third and a call to a fourth."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from service.deliveries import certificate
from service.deliveries.costing import by_channel, cost
from service.deliveries.fulfilling import needed, needing
from service.notify.gateway import MessageType
from service.notify.govuk import GovukNotify
from service.updates import drafting
from service.updates.checks import Blocked
from service.updates.costs import Cost, segments
from service.updates.states import UpdateState
from tests.channels.people import EVERY_WAY, LETTERS, TEXTS, Office
from tests.conftest import PUBLIC_URL
from tests.deliveries.looking import run_sql
from tests.harness.people import BODY, COMMS, Service, now
from tests.harness.servers import EMAIL_TEMPLATE, LETTER_TEMPLATE, SMS_TEMPLATE
from workers import plan, reconcile


async def shown(service: Service, update: UUID) -> tuple[dict[str, int], Cost, dict[str, int]]:
    """The channels, the cost and the needs of an update, as staff see them."""
    async with service.staff.begin() as tx:
        found = await drafting.locked(tx, update)
        content = (await drafting.current_version(tx, found)).content
        channels = await by_channel(tx, found)
        costs = await cost(tx, update, content, channels, public_url=PUBLIC_URL)
        return {each.value: count for each, count in channels.items()}, costs, await needed(tx, found)


async def test_each_person_is_told_by_the_way_they_chose_and_a_call_is_somebodys_work(
    service: Service, office: Office
) -> None:
    by_email = await office.person("email", formats=["braille", "text-relay"])
    by_text = await office.person("sms", "email")
    by_letter = await office.person("letter", name="A. Person", formats=["large-print"])
    by_call = await office.person("phone", "email", formats=["text-relay"])
    update = await service.approved(EVERY_WAY)

    channels, costs, needs = await shown(service, update)
    assert channels == {"email": 1, "sms": 1, "letter": 1}
    assert (costs.texts, costs.letters) == (1, 1)
    assert {need: count for need, count in needs.items() if count} == {
        "phone": 1,
        "braille": 1,
        "large-print": 1,
    }
    async with service.staff.begin() as tx:
        listed = await needing(tx, await drafting.locked(tx, update))
    assert {each.registration: [need.value for need in each.needs] for each in listed} == {
        by_call.registration: ["phone"],
        by_email.registration: ["braille"],
        by_letter.registration: ["large-print"],
    }

    await office.send()
    assert await service.outcomes(update) == {"accepted": 3}
    assert len(service.updates_to(by_email.email)) == 1
    [text] = office.texts(by_text.mobile)
    assert (text["type"], text["template_id"]) == ("sms", SMS_TEMPLATE)
    assert text["body"].startswith(TEXTS["en"])
    assert f"{PUBLIC_URL}/unsubscribe/" in text["body"]
    assert segments(text["body"]) == costs.segments
    [letter] = office.got(f"a. person, {by_letter.postal_inbox}")
    assert (letter["type"], letter["template_id"]) == ("letter", LETTER_TEMPLATE)
    assert letter["subject"] == LETTERS["en"]["heading"]
    assert letter["body"].startswith(LETTERS["en"]["body"])
    assert "ring 0800 678 1925" in letter["body"]
    assert "/unsubscribe/" not in letter["body"]
    assert office.got(by_text.email) == office.got(by_call.email) == []

    for person, channel in ((by_email, "email"), (by_text, "sms")):
        await office.hear(channel, person.registration, "delivered")
    assert (await service.update(update)).state is UpdateState.SENT
    assert await service.outcomes(update) == {"delivered": 2, "accepted": 1}


async def test_nothing_but_calls_is_sent_at_once_and_its_certificate_adds_up(
    service: Service, office: Office
) -> None:
    people = {(await office.person("phone")).registration for _ in range(2)}
    update = await service.draft(EVERY_WAY)
    submitted = await service.submit(update)
    assert (submitted.state, submitted.planned) == (UpdateState.AWAITING_APPROVAL, 0)
    await service.approve(update)
    await office.send()
    await service.finish()

    assert (await service.update(update)).state is UpdateState.SENT
    async with service.staff.begin() as tx:
        assert {each.registration for each in await needing(tx, await drafting.locked(tx, update))} == people
        asked = now()
        await certificate.ask(tx, COMMS, update, now=asked)
    await reconcile.make_certificates(service.worker)
    async with service.staff.begin() as tx:
        signed = await certificate.made_since(tx, update, asked)
    assert signed is not None
    assert signed.body["planned"] == sum(signed.body["outcomes"].values()) == 0


async def test_whoever_has_no_words_in_their_first_channel_is_told_by_the_next(
    service: Service, office: Office
) -> None:
    person = await office.person("letter", "sms", "email")
    update = await service.draft({**EVERY_WAY, "letter": None})
    await service.submit(update)  # One recipient needs no senior.
    await office.send()

    assert len(office.texts(person.mobile)) == 1
    assert office.got(person.email) == office.got(person.postal_inbox) == []


async def test_two_who_share_a_number_get_one_text_in_both_languages_with_a_link_each(
    service: Service, office: Office
) -> None:
    one = await office.person("sms")
    office.share(one, await office.person("sms", language="cy"), "sms")
    update = await service.approved(EVERY_WAY)
    _, costs, _ = await shown(service, update)
    await office.send()

    [text] = office.texts(one.mobile)
    assert TEXTS["en"] in text["body"]
    assert TEXTS["cy"] in text["body"]
    assert text["body"].count("/unsubscribe/") == 2
    assert costs == Cost(texts=1, segments=segments(text["body"]), letters=0)


async def test_a_changed_template_of_any_channel_gives_the_update_back(
    service: Service, office: Office
) -> None:
    await office.person("email")
    update = await service.draft(EVERY_WAY)
    service.notify.admin(f"templates/{SMS_TEMPLATE}", {"name": "renamed"})

    submitted = await service.submit(update)
    assert submitted.state is UpdateState.DRAFT
    assert submitted.sent_back_why == "Notify's template has changed. Save the update again."


async def test_04_a_letter_template_that_changes_while_sending_halts_the_update(
    service: Service, office: Office
) -> None:
    await office.person("letter")
    await office.person("letter")
    update = await service.approved(EVERY_WAY)
    service.notify.admin(f"templates/{LETTER_TEMPLATE}", {"name": "renamed"})
    await office.send()

    halted = await service.update(update)
    assert halted.state is UpdateState.HALTED
    assert "template" in (halted.halted_why or "")


def started_anew_without(service: Service, lost: MessageType) -> None:
    """The workers know no template for this any more."""
    templates = {
        MessageType.EMAIL: EMAIL_TEMPLATE,
        MessageType.SMS: SMS_TEMPLATE,
        MessageType.LETTER: LETTER_TEMPLATE,
    }
    del templates[lost]
    service.worker.notify.close()
    service.worker.notify = GovukNotify(
        api_key=SecretStr(service.notify.api_key), base_url=service.notify.url, templates=templates
    )


async def test_a_channel_without_a_template_is_a_finding_and_no_more_offered(
    service: Service, office: Office
) -> None:
    await office.person("email")
    started_anew_without(service, MessageType.SMS)
    update = await service.draft(EVERY_WAY)
    with pytest.raises(Blocked) as blocked:
        await service.submit(update)
    assert [(each.code, each.where) for each in blocked.value.findings] == [("channel-not-offered", "sms")]

    without = await service.draft({**EVERY_WAY, "sms": None})
    assert (await service.submit(without)).state is not UpdateState.DRAFT


async def test_a_channel_that_lost_its_template_after_submission_gives_the_update_back(
    service: Service, office: Office
) -> None:
    await office.person("email")
    update = await service.draft(EVERY_WAY)
    async with service.staff.begin() as tx:
        await drafting.submit(tx, COMMS, update, now=now())
    started_anew_without(service, MessageType.LETTER)
    await plan.plan_updates(service.worker)

    assert (await service.update(update)).sent_back_why == (
        "Nothing can be sent by letter any more. Leave those words out."
    )


async def test_whoever_says_stop_before_their_text_leaves_gets_none(service: Service, office: Office) -> None:
    people = [await office.person("sms") for _ in range(2)]
    update = await service.approved(EVERY_WAY)
    run_sql(
        office.database,
        "UPDATE registration_contacts SET confirmed_at = NULL WHERE registration_id = %s",
        people[0].registration,
    )
    await office.send()

    assert [len(office.texts(each.mobile)) for each in people] == [0, 1]
    assert await service.outcomes(update) == {"withdrawn": 1, "accepted": 1}


async def test_an_update_whose_words_are_for_email_only_leaves_everybody_else_out(
    service: Service, office: Office
) -> None:
    await office.person("sms")
    await office.person("email")
    update = await service.draft(dict[str, Any](BODY))
    submitted = await service.submit(update)
    assert submitted.planned == 1
