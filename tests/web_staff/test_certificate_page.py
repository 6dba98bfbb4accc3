"""The page of a certificate: what people read of it, who may, and what they see where there is none."""

import re
from html import unescape
from typing import Any

import psycopg
import pytest

from deploy.one_machine.valkey import EmbeddedValkey
from service.deliveries.certificate import FROM_THE_FIRST_MESSAGE_ON
from service.deliveries.states import DeliveryState
from service.updates.halting import WHAT_TO_DO, Why
from service.updates.states import UpdateState
from service.web import brand, headers
from service.web.problems import KINDS
from service.web.staff.wording import BEFORE_THE_FIRST_MESSAGE, OUTCOMES, PROBLEMS, finished
from tests.deliveries.certifying import receipt
from tests.demo_issuer.running import RunningIssuer
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.staff.forging import Forger
from tests.updates.words import body
from tests.web_staff.routes import EVERYBODY, SOME_ID
from tests.web_staff.serving import PEOPLE, StaffHost, Tokens, staff_host, workers_running
from workers import plan

HTML = "text/html; charset=utf-8"


def path(update: str) -> str:
    return f"/updates/{update}/certificate"


def words(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])))


async def approved(service: Service, host: StaffHost, **changes: Any) -> str:
    await plan.see_templates(service.worker)
    return await host.approved(service, body(**changes))


async def read(service: Service, host: StaffHost, update: str, *, by: str = "reviewer") -> str:
    """The page, made by workers that run."""
    async with workers_running(service):
        answer = await host.call(by, "GET", path(update))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == HTML
    return answer.text


async def test_it_says_what_became_of_everybody_and_names_nobody(
    service: Service, host: StaffHost, database: Database
) -> None:
    people = await service.people(4)
    update = await approved(service, host)
    await service.send()
    for person, status in zip(people, ("delivered", "delivered", "permanent-failure"), strict=False):
        await receipt(service, database, person, status)

    page = await read(service, host, update)
    shown = await host.shown(update)
    certificate = await _as_json(service, host, update)

    said = words(page)
    assert shown["title"] in said
    assert f"Words approved {shown['content_sha256']}" in said
    assert f"People approved {shown['audience_sha256']}" in said
    assert f"Subject in English {shown['email']['en']['subject']}" in said
    assert f"Subject in Welsh {shown['email']['cy']['subject']}" in said
    assert "By demo-senior, on " in said
    assert "Delivered 2" in said
    assert "Came back: the address does not exist 1" in said
    assert "All messages that were planned 4" in said
    assert "contact the people at 1 address in another way" in said
    assert "set aside" not in said
    assert "This certificate is not final" in said
    assert "With GOV.UK Notify, which has not said whether it arrived: 1" in said
    assert "Messages that were sent twice None." in said
    assert f"Root of all outcomes {certificate['root']}" in said
    assert re.search(r"Signature [0-9a-f]{128} ", said)
    assert f'href="/v1{path(update)}"' in page
    assert not any(person.partition("@")[0] in page for person in people)


async def _as_json(service: Service, host: StaffHost, update: str) -> dict[str, Any]:
    async with workers_running(service):
        answer = await host.call("reviewer", "GET", f"/v1{path(update)}")
    found: dict[str, Any] = answer.json()
    return found


async def test_a_final_one_says_that_nothing_more_is_awaited(
    service: Service, host: StaffHost, database: Database
) -> None:
    people = await service.people(2)
    update = await approved(service, host)
    await service.send()
    for person in people:
        await receipt(service, database, person, "delivered")

    said = words(await read(service, host, update))

    assert "This certificate is final. Nothing more is awaited." in said
    assert "Still awaited" not in said
    assert "People who could not be reached Nobody. No message came back" in said


async def test_a_message_that_was_sent_twice_is_said_first_and_to_whom_to_tell_it(
    service: Service, host: StaffHost, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    await service.people(2)
    update = await approved(service, host)
    await service.send()
    owner.execute("INSERT INTO duplicates SELECT gen_random_uuid(), id, now() FROM deliveries LIMIT 1")

    page = await read(service, host, update)

    warning = page.partition('class="govuk-warning-text"')[2]
    assert "1 message was sent twice. Tell the data-protection officer." in words(f"<main>{warning}")
    assert page.index("govuk-warning-text") < page.index("What was approved")


async def test_people_who_could_not_be_reached_are_counted_over_every_reason(
    service: Service, host: StaffHost, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    await service.people(6)
    update = await approved(service, host)
    with owner.transaction():
        owner.execute("UPDATE updates SET state = 'sending', sending_since = now()")
        ids = [row[0] for row in owner.execute("SELECT id FROM deliveries ORDER BY id")]
        for delivery, moves in zip(
            ids,
            (
                ("claimed", "accepted", "bounced"),
                ("claimed", "accepted", "failed"),
                ("claimed", "refused"),
                ("claimed", "suppressed"),
                ("claimed", "set_aside"),
                ("claimed", "withdrawn"),
            ),
            strict=True,
        ):
            for state in moves:
                owner.execute(
                    "UPDATE deliveries SET state = %s, lease_until = CASE WHEN %s = 'claimed' "
                    "THEN now() + interval '1 minute' END WHERE id = %s",
                    [state, state, delivery],
                )

    said = words(await read(service, host, update))

    assert "contact the people at 5 addresses in another way" in said
    assert "A message that was set aside may have arrived." in said
    for state in ("bounced", "failed", "refused", "suppressed", "set_aside", "withdrawn"):
        assert f"{OUTCOMES[DeliveryState(state)]} 1" in said, state


@pytest.mark.parametrize("state", BEFORE_THE_FIRST_MESSAGE)
async def test_before_the_first_message_it_says_kindly_that_there_is_none(
    service: Service, host: StaffHost, state: UpdateState
) -> None:
    await service.people(2)
    await plan.see_templates(service.worker)
    update: str = (await host.drafted(body()))["id"]
    if state is not UpdateState.DRAFT:
        await host.call("comms", "POST", f"/v1/updates/{update}/submission")
    if state in (UpdateState.AWAITING_APPROVAL, UpdateState.APPROVED):
        await plan.plan_updates(service.worker)
    if state is UpdateState.APPROVED:
        update = await host.approved(service, body())

    answer = await host.call("caseworker", "GET", path(update))

    assert (answer.status_code, answer.headers["content-type"]) == (200, HTML)
    said = words(answer.text)
    assert BEFORE_THE_FIRST_MESSAGE[state] in said
    assert "There is one from the first message on." in said
    assert ("The first message leaves on " in said) is (state is UpdateState.APPROVED)
    assert (await host.shown(update))["title"] in said


async def test_a_halted_one_says_why_and_what_a_person_should_do(service: Service, host: StaffHost) -> None:
    await service.people(2)
    update = await approved(service, host)
    await host.call("comms", "POST", f"/v1/updates/{update}/halt", json={"reason": "A <b>wrong</b> date"})

    page = await read(service, host, update)

    assert "A &lt;b&gt;wrong&lt;/b&gt; date" in page
    assert "Why: A <b>wrong</b> date" in words(page)
    assert "Nothing more is sent until a senior person resumes it." in words(page)
    assert "Not sent yet: 2" in words(page)


async def test_one_that_the_service_halted_says_what_it_found(
    service: Service, host: StaffHost, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    await service.people(2)
    update = await approved(service, host)
    owner.execute("UPDATE updates SET state = 'halted', halted_why = %s", [WHAT_TO_DO[Why.KEY]])

    assert f"Why: {WHAT_TO_DO[Why.KEY]}" in words(await read(service, host, update))


async def test_one_to_a_single_address_says_that_nobody_else_had_to_approve(
    service: Service, host: StaffHost
) -> None:
    await service.people(1)
    await plan.see_templates(service.worker)
    update = (await host.drafted(body()))["id"]
    await host.call("comms", "POST", f"/v1/updates/{update}/submission")
    await plan.plan_updates(service.worker)
    await service.send()

    assert "By its author: an update to one address needs no second person" in words(
        await read(service, host, update)
    )


async def test_a_title_is_text_and_never_markup(service: Service, host: StaffHost) -> None:
    await service.people(2)
    update = await approved(service, host, title="<script>alert(1)</script> & more")
    await service.send()

    page = await read(service, host, update)

    assert "<script>alert" not in page
    assert "<script>alert(1)</script> & more" in words(page)


async def test_every_role_may_read_it(service: Service, host: StaffHost) -> None:
    await service.people(2)
    update = await approved(service, host)
    await service.send()
    roles = {person.rstrip("2") for person in PEOPLE}
    assert roles == set(EVERYBODY.split())

    async with workers_running(service):
        for person in PEOPLE:
            answer = await host.call(person, "GET", path(update))
            assert (answer.status_code, answer.headers["content-type"]) == (200, HTML), person


@pytest.mark.parametrize("update", [SOME_ID, "not-an-id"])
async def test_whoever_is_not_signed_in_gets_a_page_that_says_so_and_nothing_else(
    host: StaffHost, update: str
) -> None:
    asked = await host.call(None, "GET", path(update))
    assert asked.headers["location"].startswith("/sign-in?next=%2Fupdates%2F")
    for headers_sent in ({"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}):
        answer = await host.call(None, "GET", path(update), headers=headers_sent)
        assert (answer.status_code, answer.headers["content-type"]) == (401, HTML)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "You need to sign in" in words(answer.text)


@pytest.mark.parametrize("roles", [[], ["admin"]])
async def test_whoever_has_no_role_of_ours_may_not(host: StaffHost, forger: Forger, roles: list[str]) -> None:
    answer = await host.call(None, "GET", path(SOME_ID), token=forger.token({"roles": roles}))

    assert (answer.status_code, answer.headers["content-type"]) == (403, HTML)
    assert "You cannot see this page" in words(answer.text)


async def test_an_unknown_update_and_a_wrong_address_are_the_same_page_of_404(host: StaffHost) -> None:
    pages = [
        await host.call("comms", "GET", wrong)
        for wrong in (path(SOME_ID), path("not-an-id"), "/updates/", "/updates/x", f"/updates/{SOME_ID}/x")
    ]

    assert {(page.status_code, page.headers["content-type"]) for page in pages} == {(404, HTML)}
    assert len({page.text for page in pages}) == 1
    assert (await host.call("comms", "POST", path(SOME_ID))).status_code == 405


async def test_without_a_worker_it_is_a_page_with_the_time_to_wait(
    service: Service, host: StaffHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.staff.waiting.WAIT_SECONDS", 0.3)
    await service.people(2)
    update = await approved(service, host)
    await service.send()

    answer = await host.call("comms", "GET", path(update))

    assert (answer.status_code, answer.headers["content-type"]) == (503, HTML)
    assert int(answer.headers["retry-after"]) > 0
    assert "Nothing is lost" in words(answer.text)


async def test_it_has_the_headers_of_the_public_pages(host: StaffHost) -> None:
    answer = await host.call("comms", "GET", path(SOME_ID))

    expected = headers.ALWAYS | {"Content-Security-Policy": headers.WITH_LIVE_FIGURES}
    assert expected.items() <= {name: answer.headers.get(name, "") for name in expected}.items()
    assert answer.headers["cache-control"] == "no-store"


async def test_the_generic_brand_is_worn_without_signing_in_and_has_nothing_of_gov_uk(
    host: StaffHost,
) -> None:
    page = (await host.call(None, "GET", "/")).text
    stylesheet = await host.call(None, "GET", f"/assets/{brand.STYLESHEET}")

    assert stylesheet.status_code == 200
    assert stylesheet.text == brand.generic_brand((brand.ASSETS / "govuk" / brand.STYLESHEET).read_text())
    assert "govuk-generic-header" in page
    assert "<svg" not in page.replace("govuk-button__start-icon", "").partition("<main")[0]
    assert "/assets/images/" not in page
    for missing in ("fonts/bold-b542beb274-v2.woff2", "images/govuk-crest.svg"):
        assert (await host.call(None, "GET", f"/assets/{missing}")).status_code == 404


async def test_the_gov_uk_brand_has_its_own_header_and_fonts(
    service: Service,
    database: Database,
    valkey_server: EmbeddedValkey,
    issuer: RunningIssuer,
    tokens: Tokens,
) -> None:
    async with staff_host(database, valkey_server, issuer, tokens, brand="govuk") as host:
        page = (await host.call("comms", "GET", path(SOME_ID))).text
        font = await host.call(None, "GET", "/assets/fonts/bold-b542beb274-v2.woff2")

    assert 'class="govuk-header' in page
    assert "<svg" in page
    assert font.status_code == 200


def test_a_final_one_says_what_nobody_knows() -> None:
    assert finished(0) == "This certificate is final. Nothing more is awaited."
    assert finished(1) == f"{finished(0)} GOV.UK Notify never said whether 1 message arrived."
    assert finished(1598) == f"{finished(0)} GOV.UK Notify never said whether 1,598 messages arrived."


def test_there_are_words_for_every_state_and_every_problem() -> None:
    assert set(OUTCOMES) == set(DeliveryState)
    assert len(set(OUTCOMES.values())) == len(OUTCOMES)
    assert set(BEFORE_THE_FIRST_MESSAGE) == set(UpdateState) - FROM_THE_FIRST_MESSAGE_ON
    # What a page that is only read can run into.
    assert set(KINDS.values()) - {409, 410, 422} <= set(PROBLEMS)
