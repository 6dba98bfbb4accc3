"""Whoever registers and whatever is written: each message has one address and nobody else's details.

Security check 1, over the whole path: register, confirm, draft, submit, approve, send through the
official client. A failure prints what to add to the test to see it again.
"""

import re
import unicodedata
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from service.notify.addresses import phone_number
from service.registrations import links
from service.registrations.words import Choice
from service.updates.checks import Blocked
from service.updates.halting import WHAT_TO_DO, Why
from tests.harness.people import BODY, Service, now
from tests.harness.servers import Database
from tests.journeys.guests import Guest, guests, texts, words
from workers import confirm, intake

WHOLE_PATH = settings(
    max_examples=25,
    deadline=None,
    database=None,
    print_blob=True,
    # Shrinking would take minutes; a failure prints its whole example.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LINK = re.compile(r"(?<=/)(?:confirm|unsubscribe)/[\w-]+")


async def register(service: Service, database: Database, people: list[Guest], sharing: Guest | None) -> None:
    """Everybody registers and uses their link; one more may share the first one's address."""
    await service.worker.stop.read()
    with database.connect() as owner:
        # Those of the example before have left: each begins with nobody.
        owner.execute("UPDATE registrations SET state = 'left', left_at = now() WHERE state <> 'left'")
    for person in people:
        await service.drop(person.typed, **person.form)
    await take_in_and_confirm(service, Choice.MINE)
    if sharing is not None:
        with database.connect() as owner:
            owner.execute("UPDATE contacts SET asked_at = '{}'")
        await service.drop(people[0].typed, **sharing.form)
        await take_in_and_confirm(service, Choice.ANOTHER)


async def take_in_and_confirm(service: Service, choice: Choice) -> None:
    """Send what confirmations are due, and have everybody who got one use it."""
    began = now().isoformat()
    await intake.take_in(service.worker)
    await confirm.send_confirmations(service.worker)
    for messages in messages_since(service, began).values():
        for message in messages:
            async with service.public.begin() as tx:
                await links.use(tx, LINK.findall(message["body"])[0].removeprefix("confirm/"), choice)
    await intake.apply_changes(service.worker)


def messages_since(service: Service, moment: str) -> dict[str, list[dict[str, Any]]]:
    """Every message that the stand-in took, by the one address that its request had."""
    answer = service.notify.http.get("/admin/inboxes", params={"after": moment})
    answer.raise_for_status()
    found: dict[str, list[dict[str, Any]]] = answer.json()
    return found


def requests(service: Service) -> Counter[str]:
    """How many requests to send the stand-in answered, by status; look-ups answer 200."""
    counted = Counter[str](service.notify.http.get("/admin/counts").json()["requests"])
    del counted["200"]
    return counted


def plain(text: str) -> str:
    """`text` without disguises."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Cf" and not c.isspace()).lower()


def names_none(message: dict[str, Any], others: list[Guest], everybody: list[Guest]) -> None:
    """No other person's address or number is in `message`, and nobody's name."""
    whole = "\n".join(
        str(message[part] or "") for part in ("subject", "body", "reference", "one_click_unsubscribe_url")
    )
    text = LINK.sub("", whole)
    digits = re.sub(r"\D", "", text.replace(message["reference"], ""))
    for other in others:
        for form in (other.typed, other.address, other.mark):
            assert plain(form) not in plain(text)
        assert phone_number(other.mobile).e164[3:] not in digits
    for person in everybody:
        for name in (person.form["name"], person.form["organisation"]):
            assert plain(name) not in plain(text)


@WHOLE_PATH
@given(people=guests(), share=st.booleans(), content=words())
async def test_01_whoever_registers_each_message_has_one_address_and_nobody_elses_details(
    service: Service, database: Database, people: list[Guest], share: bool, content: dict[str, Any]
) -> None:
    note(f"{people}")
    sharing = people.pop() if share else None
    everybody = [*people, *([sharing] if sharing else [])]
    began, before = now().isoformat(), requests(service)
    await register(service, database, people, sharing)
    reached = {person.address for person in people}
    update = await service.draft(content)
    if (await service.submit(update)).state == "awaiting_approval":
        await service.approve(update)
    await service.send()

    assert await service.outcomes(update) == {"accepted": len(reached)}
    got = messages_since(service, began)
    assert set(got) == reached
    # Nothing else was even tried.
    taken = sum(map(len, got.values()))
    assert requests(service) - before == Counter({"201": taken})
    all_links: list[str] = []
    rests: dict[tuple[str, int], set[str]] = {}
    for address, messages in got.items():
        assert sum(message["reference"].startswith("d-") for message in messages) == 1
        assert len(messages) - 1 == 1 + (sharing is not None and address == people[0].address)
        others = [person for person in people if person.address != address]
        for message in messages:
            names_none(message, others, everybody)
            own = LINK.findall(message["body"])
            all_links += own
            key = (message["subject"], len(own))
            rests.setdefault(key, set()).add(LINK.sub("", message["body"]))
    # Each link is in one message, and messages of one kind differ by nothing but their links.
    assert len(all_links) == len(set(all_links)) == taken + (sharing is not None)
    assert all(len(rest) == 1 for rest in rests.values())


DISGUISES = [
    lambda text: text,
    str.upper,
    lambda text: "\u200b".join(text),
    lambda text: text.replace("@", " (at) ").replace(".", " dot "),
    lambda text: text.replace("@", "＠"),
    lambda text: text.replace(" ", "\u2011"),
    lambda text: text.replace(" ", "").replace("07700", "+44 (0)7700 "),
    lambda text: text.replace(" ", " **") + "**",
]


@WHOLE_PATH
@given(
    people=guests(),
    disguise=st.sampled_from(DISGUISES),
    who=st.integers(0, 5),
    by_phone=st.booleans(),
    in_subject=st.booleans(),
    around=texts,
)
async def test_words_that_name_somebody_are_never_submitted(
    service: Service,
    people: list[Guest],
    disguise: Any,
    who: int,
    by_phone: bool,
    in_subject: bool,
    around: str,
) -> None:
    person = people[who % len(people)]
    detail = disguise(person.mobile if by_phone else f"{person.mark}@{urlsplit('//' + person.domain).netloc}")
    around = re.sub(r"[^\w ]|\d", "", around)
    place = "subject" if in_subject else "body"
    english = {**BODY["email"]["en"], place: f"{around} {detail} {around}"}
    update = await service.draft({**BODY, "email": {**BODY["email"], "en": english}})
    with pytest.raises(Blocked) as blocked:
        await service.submit(update)
    assert (await service.update(update)).state == "draft"
    # The finding says where, and never what.
    for finding in blocked.value.findings:
        assert finding.where.startswith(f"email.en.{place}")
        assert person.mark not in str(finding.as_json())


@pytest.mark.parametrize("detail", ["of another registrant", "no longer public"])
async def test_what_gets_past_the_checks_is_stopped_by_the_guard(
    service: Service, database: Database, detail: str
) -> None:
    people = await service.people(5)
    update = await service.approved()
    if detail == "no longer public":
        with database.connect() as owner:
            owner.execute("DELETE FROM scheme_public_details")
    else:
        with database.connect("postgres") as superuser:
            superuser.execute("SET session_replication_role = replica")
            superuser.execute(
                "UPDATE update_versions"
                " SET content = replace(content::text, 'Read the', %s || ' Read the')::jsonb",
                [people[0]],
            )

    await service.send()

    halted = await service.update(update)
    assert (halted.state, halted.halted_why) == ("halted", WHAT_TO_DO[Why.GUARD])
    with database.connect("kept_staff") as staff:
        [record] = staff.execute("SELECT body FROM audit_events ORDER BY seq DESC LIMIT 1").fetchall()
    assert '"guard"' in record[0]
    assert not any(person in record[0] for person in people)
    if detail == "no longer public":
        assert await service.outcomes(update) == {"planned": 5}
        assert not any(service.updates_to(person) for person in people)
    else:
        # Only the very person whose address it is could be sent it: it is their own.
        assert not any(service.updates_to(person) for person in people[1:])
    await service.send()
    assert not any(service.updates_to(person) for person in people[1:])
