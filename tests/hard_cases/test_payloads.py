"""What is wrong with one message, with all of them, or with whoever stands between Notify and us."""

from typing import Any

import pytest

from service.deliveries.asking import ERRORS
from service.deliveries.claiming import claim
from service.deliveries.preparing import begin_sending
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from tests.deliveries.looking import (
    ask_until_settled,
    begins_with,
    contact_of,
    fault,
    one_value,
    run_sql,
    times_told,
)
from tests.harness.people import BODY, Service, now
from tests.harness.servers import EMAIL_TEMPLATE, Database
from workers import reconcile

UNSHAPED = ("html-403", "html-404", "html-429", "proxy-400", "proxy-other-400", "v1-404")


@pytest.mark.parametrize("position", ["before-commit", "after-queueing"])
async def test_case_12_a_4xx_that_is_not_notifys_own_marks_nobody_and_stops_nothing(
    service: Service, position: str
) -> None:
    people = await service.people(len(UNSHAPED) + 1)
    update = await service.approved()
    for symptom in UNSHAPED:
        fault(service.notify, f"{position}:{symptom}")
    await ask_until_settled(service, times=1)
    await service.send()
    assert (await service.update(update)).state is UpdateState.SENDING
    await ask_until_settled(service)
    assert times_told(service, people) == [1] * len(people)
    assert await service.outcomes(update) == {"accepted": len(people)}


async def test_case_12_a_template_that_wants_more_than_we_give_stops_the_whole_update(
    service: Service,
) -> None:
    people = await service.people(4)
    update = await service.approved()
    service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"body": "Dear ((first name)), ((body))"})
    try:
        for _ in range(2):
            await service.send()
    finally:
        service.notify.admin(f"templates/{EMAIL_TEMPLATE}", {"body": "((body))"})
    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == (UpdateState.HALTED, WHAT_TO_DO[Why.TEMPLATE])
    assert await service.outcomes(update) == {"planned": 4}
    assert times_told(service, people) == [0] * 4


@pytest.mark.parametrize(
    ("symptoms", "state"),
    [
        (["error-500"] * ERRORS, "set_aside"),
        (["error-500"] * (ERRORS - 1), "accepted"),
        (
            ["error-500"] * 5 + ["reset", "html-502", "json-504", "not-json-201"] + ["error-500"] * 5,
            "set_aside",
        ),
        (["error-500"] * (ERRORS - 1) + ["reset", "html-502", "json-504"], "accepted"),
    ],
    ids=["ten", "nine", "ten and unclear ones", "nine and unclear ones"],
)
async def test_case_13_a_payload_that_gets_ten_500s_is_set_aside_and_the_rest_goes_on(
    service: Service, database: Database, symptoms: list[str], state: str
) -> None:
    people = await service.people(3)
    update = await service.approved()
    begins_with(service, 100)
    plan = [
        {"fault": f"before-commit:{symptom}", "match": {"to": people[1], "reference": "d-"}}
        for symptom in symptoms
    ]
    service.notify.admin("faults", {"plan": plan})
    await service.send()
    assert await service.outcomes(update) == {"accepted": 2, "uncertain": 1}
    for _ in symptoms:
        await reconcile.ask_notify(service.worker)
        await reconcile.ask_notify(service.worker)
        await service.send()
    contact = await contact_of(service, people[1])
    assert one_value(database, "SELECT state FROM deliveries WHERE contact_id = %s", contact) == state
    assert times_told(service, people) == [1, int(state == "accepted"), 1]
    await service.finish()
    assert (await service.update(update)).state is UpdateState.SENT


async def test_case_13_an_outage_of_500s_sets_nobody_aside(service: Service, database: Database) -> None:
    """Everybody gets them: it is Notify that is ill, and no payload."""
    people = await service.people(2)
    update = await service.approved()
    service.notify.admin(
        "faults",
        {"plan": [{"fault": "before-commit:error-500", "match": {"reference": "d-"}, "times": 1000}]},
    )
    for _ in range(ERRORS + 1):
        await service.send()
        await reconcile.ask_notify(service.worker)
        await reconcile.ask_notify(service.worker)
    assert await service.outcomes(update) == {"planned": 2}
    service.notify.reset()
    await service.send()
    assert times_told(service, people) == [1, 1]


async def test_case_13_crashes_of_our_own_do_not_count(service: Service, database: Database) -> None:
    people = await service.people(2)
    update = await service.approved()
    async with service.worker.transactions.begin() as tx:
        await begin_sending(tx, update, now=now())
    for _ in range(ERRORS + 1):
        async with service.worker.transactions.begin() as tx:
            assert len(await claim(tx, update, limit=2, now=now())) == 2
        run_sql(database, "UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
        await reconcile.ask_notify(service.worker)
        await reconcile.ask_notify(service.worker)
    assert await service.outcomes(update) == {"planned": 2}
    await service.send()
    assert times_told(service, people) == [1, 1]


HOSTILE = (
    "[Claim here](https://evil.example.com)",
    "# **Urgent** https://evil.example.com",
    "((subject)) ((body)) ((x??y))",
    "\u202eelpmaxe\u202c \u200f\u200e\u2066",
    "^ * 1. --- `code`",
    "x" * 200,
)


async def test_case_21_no_name_that_anybody_typed_is_in_any_message(service: Service) -> None:
    people = [
        await service.person(kind="organisation", name=name, organisation=name[::-1]) for name in HOSTILE
    ]
    await service.approved()
    await service.send()
    assert times_told(service, people) == [1] * len(people)
    for person in people:
        for message in service.notify.inbox(person):
            whole = f"{message['subject']}\n{message['body']}"
            for name in HOSTILE:
                assert name not in whole
                assert name[::-1] not in whole
            assert "evil" not in whole


def words(subject: str, body: str) -> dict[str, Any]:
    written = {"subject": subject, "body": body}
    return {**BODY, "email": {"en": written, "cy": written}}


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Claims ((subject)) and ((x??y))", "Dear ((name)),\n\n((body)) ((x))"),
        (
            "# A *heading* [x](https://www.gov.uk)",
            "# Heading\n\n* [text](https://www.gov.uk)\n\n^ inset\n\n---",
        ),
        ("\u200fשלום \u202eabc\u202c", "\u2067مرحبا\u2069 and \u200eback\n\n\u202eabc\u202c"),
        ("x" * 300, "A long line. " * 7_600),
        ("ŵ" * 300, "Ŷ\U0001f4e7" * 50_000),
    ],
    ids=["placeholders", "markdown", "right to left", "long", "long in bytes"],
)
async def test_case_21_words_arrive_as_they_were_approved(service: Service, subject: str, body: str) -> None:
    people = await service.people(2)
    update = await service.approved(words(subject, body))
    await service.send()
    assert await service.outcomes(update) == {"accepted": 2}
    for person in people:
        [message] = service.updates_to(person, subject)
        arrived, below = message["body"].rsplit("\n\n---\n\n", 1)
        assert arrived == body.rstrip()
        assert below.count("/unsubscribe/") == 1
