"""Playing a scenario to its end, and what has to be true then."""

import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.crypto.keystore import Purpose
from service.deliveries.certificate import verify
from service.errors import KeptError
from tests.chaos.scenarios import Event, Scenario
from tests.chaos.stage import Stage

NO_RECEIPT_SECONDS = 3.0
OTHER_TOPIC = "evidence"
"""Of people who only register: no update is for them."""


def play(stage: Stage, scenario: Scenario, *, seconds: float = 200) -> dict[str, Any]:
    """Send one update through a scenario: everybody is told once. Its certificate, which says so."""
    playing: _Update = _begin(stage, scenario, _Update)
    stage.until(playing.is_over, f"it ended: {scenario}", seconds=seconds)
    _check_messages(stage.notify.inboxes(playing.subject), stage.people)
    _check_certificate(stage, playing.certificate)
    _check_events(playing)
    stage.sound = True
    return playing.certificate


def play_registering(stage: Stage, scenario: Scenario, *, people: int, seconds: float = 200) -> None:
    """So many people register through a scenario: each gets one link."""
    playing: _Registering = _begin(stage, scenario, lambda *about: _Registering(*about, people=people))
    stage.until(playing.is_over, f"it ended: {scenario}", seconds=seconds)
    told = {address: len(bodies) for address, bodies in stage.notify.bodies().items()}
    _check_messages({address: told.get(address, 0) for address in playing.people}, playing.people)
    _check_events(playing)
    stage.sound = True


class Playing(ABC):
    """Something under way on a stage, and what is still to befall it."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        self.stage = stage
        self.scenario = scenario
        self.waiting = list(scenario.events)
        stage.freezer.arm(event.when for event in self.waiting if isinstance(event.when, str))

    def is_over(self) -> bool:
        """Do whatever is due; whether there is nothing left to do."""
        with suppress(KeptError):  # PostgreSQL may be gone for a moment.
            self._befall()
            return self.step()
        return False

    @abstractmethod
    def step(self) -> bool:
        """Do what people would do now; whether it is over."""

    @abstractmethod
    def begun(self) -> int:
        """How many are not waiting for their turn any more."""

    def _befall(self) -> None:
        point = self.stage.freezer.frozen()
        for event in list(self.waiting):
            due = event.when == point if isinstance(event.when, str) else self.begun() >= event.when
            if due:
                self.waiting.remove(event)
                print(f"  {event.when}: {event.act}")
                self._do(event)
                return

    def _do(self, event: Event) -> None:
        event.act.do(self.stage)
        if isinstance(event.when, str):
            if event.act.kills and event.when.endswith("@statement"):
                self.stage.freezer.break_off(event.when)
            self.stage.freezer.release(event.when)


class _Update(Playing):
    """An update, from its submission to its certificate."""

    def __init__(self, stage: Stage, scenario: Scenario) -> None:
        super().__init__(stage, scenario)
        self.subject = f"The news {time.monotonic_ns()}"
        self.certificate: dict[str, Any] = {}
        self._asked = False
        self._accepted_since: float | None = None
        self.update: UUID = stage.office.submit(self.subject)

    def step(self) -> bool:
        stage = self.stage
        [(state, why)] = stage.rows("SELECT state, halted_why FROM updates WHERE id = %s", self.update)
        if state == "awaiting_approval":
            stage.office.approve(self.update)
        elif state == "halted":
            assert self.scenario.resumes, f"it halted: {why}"
            stage.notify.give_key_back()
            stage.office.resume(self.update)
        elif state == "sent" and self._all_have_receipts() and stage.crew.is_awake():
            return self._has_certificate()
        return False

    def begun(self) -> int:
        begun = "SELECT count(*) FROM deliveries WHERE update_id = %s AND state <> 'planned'"
        return int(self.stage.value(begun, self.update))

    def _all_have_receipts(self) -> bool:
        """Notify calls again, after a while, where its call was not answered."""
        accepted = self.stage.rows(
            "SELECT a.notify_id FROM deliveries d JOIN attempts a ON a.delivery_id = d.id "
            "WHERE d.update_id = %s AND d.state = 'accepted' AND a.outcome = 'accepted'",
            self.update,
        )
        if not accepted:
            return True
        self._accepted_since = self._accepted_since or time.monotonic()
        if time.monotonic() - self._accepted_since > NO_RECEIPT_SECONDS:
            self._accepted_since = None
            for (notify_id,) in accepted:
                self.stage.notify.call_again(notify_id)
        return False

    def _has_certificate(self) -> bool:
        if not self._asked:
            self.stage.office.ask_for_certificate(self.update)
            self._asked = True
        found = self.stage.rows(
            "SELECT body, encode(signature, 'hex') FROM certificates "
            "WHERE update_id = %s AND made_at >= asked_at",
            self.update,
        )
        if found:
            self.certificate = {**found[0][0], "signature": found[0][1]}
        return bool(found)


class _Registering(Playing):
    """People who register, from their forms to their links."""

    def __init__(self, stage: Stage, scenario: Scenario, *, people: int) -> None:
        super().__init__(stage, scenario)
        self.people = stage.register(people, topic=OTHER_TOPIC)

    def step(self) -> bool:
        return self.stage.confirmations_sent() and self.stage.crew.is_awake()

    def begun(self) -> int:
        left = "SELECT (SELECT count(*) FROM intake) + count(*) FROM confirmations WHERE state = 'due'"
        return len(self.people) - int(self.stage.value(left))


def _begin(stage: Stage, scenario: Scenario, kind: Any) -> Any:
    stage.sound = False
    stage.put_right(level=scenario.level)
    for act in scenario.at_first:
        act.do(stage)
    return kind(stage, scenario)


def _check_events(playing: Playing) -> None:
    """A scenario in which something did not come to pass has proved nothing."""
    never = [str(event.when) for event in playing.waiting]
    assert never == [], f"nobody came to {never}"


def _check_messages(told: dict[str, int], people: list[str]) -> None:
    assert {address: count for address, count in told.items() if count != 1} == {}, "more than once, or not"
    assert told.keys() == set(people)


def _check_certificate(stage: Stage, certificate: dict[str, Any]) -> None:
    everybody = len(stage.people)
    assert verify(certificate, public_key(stage))
    assert certificate["planned"] == everybody
    assert sum(certificate["outcomes"].values()) == everybody
    assert certificate["outcomes"]["delivered"] == everybody
    assert certificate["duplicates"] == 0
    assert certificate["final"] is True


def public_key(stage: Stage) -> bytes:
    """The public half of the key that signs certificates, as an operator publishes it."""
    private = Ed25519PrivateKey.from_private_bytes(stage.keys.one(Purpose.SIGNING))
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
