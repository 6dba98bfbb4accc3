"""Registering everybody through the public API, and confirming with the links that reach them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from deploy.demo.main_job.calling import REPEATED, Caller, Refused, broken_rules, for_each, reason
from deploy.demo.main_job.inboxes import Inboxes, Message, NewMessages, by_inbox
from deploy.demo.main_job.patience import Patience, TookTooLong
from deploy.demo.main_job.people import BrokenRule, People, RefusedRow, Row
from deploy.demo.main_job.steps import Steps

SCHEME: Final = "windrush"
LOOK_EVERY_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 3.0
"""How long nothing arrives before messages that Notify refused count as lost."""

_OF_THE_ROW: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)


@dataclass(slots=True)
class Person:
    """Somebody whose registration was taken."""

    row: Row
    known_before: bool
    """Had messages before this job: the choices that were confirmed then still hold."""
    confirmed: bool = False


@dataclass(slots=True)
class Registered:
    """What became of the rows."""

    people: dict[str, Person] = field(default_factory=dict, repr=False)
    """By inbox."""
    refused: list[RefusedRow] = field(default_factory=list)
    repeated: dict[int, int] = field(default_factory=dict)
    """Lines with an address that an earlier line has, and that line."""
    answers: set[bytes] = field(default_factory=set, repr=False)
    """Every different answer to a registration that was taken."""

    @property
    def unconfirmed(self) -> list[int]:
        return sorted(person.row.line for person in self.people.values() if not person.confirmed)


async def register_and_confirm(
    people: People, public: Caller, inboxes: Inboxes, *, patience: Patience, steps: Steps
) -> Registered:
    """Register all rows, confirm all that can be. Raises what ends the whole job."""
    begun = datetime.now(UTC)
    refused_before = await inboxes.refusals()
    before = by_inbox(await inboxes.since(None))
    registered = Registered(refused=list(people.refused))
    later = await _register(people.rows, registered, set(before), public, steps)
    wait = patience.begin("waiting for the messages that ask to confirm")
    arriving = NewMessages(inboxes, begun)
    with steps.step("confirm", "Confirming", len(registered.people)) as at:
        await for_each(_earlier_links(registered, before), lambda message: _use(message, registered, public))
        while left := registered.unconfirmed:
            links = [message for message in await arriving.look() if message.inbox in registered.people]
            await for_each(links, lambda message: _use(message, registered, public))
            at(len(registered.people) - len(registered.unconfirmed))
            try:
                wait.saw(len(registered.unconfirmed))
            except TookTooLong:
                if len(left) == len(registered.people):
                    raise
                break
            if wait.idle > QUIET_SECONDS and await inboxes.refusals() - refused_before >= len(left):
                break  # Notify takes no message for these addresses: none will ever arrive.
            await asyncio.sleep(LOOK_EVERY_SECONDS if not links else 0)
        at(len(registered.people) - len(registered.unconfirmed))
    # Only now: an address that has its link gets no second one, and the service swallows these.
    await for_each(later, lambda row: _again(row, registered, public))
    registered.refused.sort(key=lambda row: row.line)
    return registered


async def _register(
    rows: Sequence[Row], registered: Registered, known: set[str], public: Caller, steps: Steps
) -> list[Row]:
    """Register one row of each address; the rows that are left, with addresses that are taken by then."""
    same: dict[str, list[Row]] = {}
    for row in rows:
        same.setdefault(row.inbox, []).append(row)
    later: list[Row] = []
    done = 0

    async def first_of(group: list[Row]) -> None:
        nonlocal done
        waiting = iter(group)
        for row in waiting:
            done += 1
            if await _taken(row, registered, public):
                registered.people[row.inbox] = Person(row, known_before=row.inbox in known)
                break
        later.extend(waiting)
        at(done)

    with steps.step("register", "Registering", len(rows)) as at:
        await for_each(same.values(), first_of)
        at(len(rows))
    return later


async def _again(row: Row, registered: Registered, public: Caller) -> None:
    if await _taken(row, registered, public):
        registered.repeated[row.line] = registered.people[row.inbox].row.line


async def _taken(row: Row, registered: Registered, public: Caller) -> bool:
    """Send one registration; False where it breaks rules, which are then noted."""
    answer = await public.call("POST", f"/v1/schemes/{SCHEME}/registrations", json=dict(row.form))
    if answer.status_code == HTTPStatus.ACCEPTED:
        registered.answers.add(answer.content)
        return True
    if answer.status_code not in _OF_THE_ROW:
        raise Refused("a registration", answer)
    errors = broken_rules(answer) or [BrokenRule("", reason(answer))]
    registered.refused.append(RefusedRow(row.line, errors))
    return False


def _earlier_links(registered: Registered, before: dict[str, list[Message]]) -> list[Message]:
    """The newest link of each who was asked before, and need not be asked again."""
    links: list[Message] = []
    for inbox, person in registered.people.items():
        asked = [message for message in before.get(inbox, []) if message.confirmation is not None]
        links += asked[-1:]
        person.confirmed = person.known_before and not asked
    return links


async def _use(message: Message, registered: Registered, public: Caller) -> None:
    """Confirm with the link in a message, if there is one."""
    token = message.confirmation
    person = registered.people[message.inbox]
    if token is None or person.confirmed:
        return
    answer = await public.call("POST", "/v1/confirmations", json={"token": token})
    # A link that has been used is as dead as one that never was: what it was for is done.
    used = answer.status_code == HTTPStatus.GONE and (person.known_before or answer.extensions[REPEATED])
    if not used and answer.status_code not in {HTTPStatus.OK, HTTPStatus.GONE}:
        raise Refused("a confirmation", answer)
    person.confirmed = used or answer.status_code == HTTPStatus.OK
