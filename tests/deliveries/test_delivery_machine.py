"""Whatever happens, in whatever order: everybody who was chosen gets it, and nobody gets it twice.

Hypothesis chooses the order. See `tests/harness/machines.py` for long runs and for repeating one.
"""

import asyncio
import secrets
import string
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keystore import KeyStore
from service.deliveries import certificate, receipts
from service.deliveries.preparing import begin_sending
from service.deliveries.states import MOVES, UNSENT, DeliveryState
from service.errors import Conflict
from service.holds.holding import holds_in_force, lift_hold, set_hold
from service.holds.tables import Scope
from service.notify.pacing import BUCKET
from service.registrations import links
from service.settings import WorkerSettings
from service.updates import halting
from service.updates.states import UpdateState
from tests.deliveries.looking import contact_of, fault
from tests.deliveries.stepping import Hand, claims, hands_over, offers_late, settles
from tests.harness.machines import Ground, play
from tests.harness.people import BODY, COMMS, SENIOR, now
from tests.harness.servers import RATE, Database, StandIn
from workers import reconcile

PEOPLE: Final = 9
LATER: Final = 120.0
"""Seconds by which a lease has ended, and no token is fresh any more."""
ROUNDS: Final = 60

LOST: Final = ("before-commit", "after-commit", "after-queueing", "commit-then-delete")
SYMPTOMS: Final = ("reset", "truncation", "html-502", "json-504", "not-json-201", "error-500", "proxy-400")
ENDS: Final = {
    "delivered": DeliveryState.DELIVERED,
    "permanent-failure": DeliveryState.BOUNCED,
    "temporary-failure": DeliveryState.FAILED,
    "technical-failure": DeliveryState.FAILED,
}
# Seen by itself, so that a guard that is gone is missed.
WATCH: Final = """
    CREATE TABLE moves_seen (old text, new text, UNIQUE (old, new));
    CREATE FUNCTION see_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
    BEGIN
        INSERT INTO moves_seen VALUES (OLD.state, NEW.state) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER moves_are_seen AFTER UPDATE OF state ON deliveries
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION see_move();
"""
# An attempt that nobody would ask about any more, of a delivery that waits for the answer.
FORGOTTEN: Final = """
    SELECT count(*) FROM deliveries d JOIN attempts a ON a.delivery_id = d.id AND a.number = d.attempts
    WHERE d.state = 'uncertain' AND a.ask_at IS NULL
"""

UNKNOWN: Final = ("d-{}-1", "c-{}-1", "{}", "somebody")
WORKERS: Final = (
    *("claim", "claim", "claim", "hand over", "hand over", "settle", "settle"),
    "hand over to a drained bucket",
    "stand still, and hand over late",
    "die",
    "are late",
    "ask Notify",
    "run the job",
)

Acts = list[tuple[str, int]]
# Hypothesis leaves some rules out of each example; so workers do something after each of the others.
acts = st.lists(st.tuples(st.sampled_from(WORKERS), st.integers(1, 3)), min_size=1, max_size=4)
some = st.integers(min_value=0, max_value=PEOPLE - 1)


class DeliveryMachine(RuleBasedStateMachine):
    """One update to a handful of people, and everything that may come between."""

    def __init__(self, ground: Ground, people: list[str], flusher: redis.Redis) -> None:
        super().__init__()
        self.stage = ground.copy()
        self.service = self.stage.service
        self.notify = ground.notify
        self.people, self.redis = people, flusher
        self.owner = self.stage.database.connect()
        # The people's inboxes hold the messages of other examples, too. Digits might be a telephone number.
        self.subject = "News " + "".join(secrets.choice(string.ascii_lowercase) for _ in range(12))
        self.hands: list[Hand] = []
        self.gone: set[str] = set()
        """Those who left, or whose address was suppressed, before anything of theirs was under way."""
        self.going: set[str] = set()
        """Those of whom something was under way then: one message at most."""
        self.receipts: dict[str, DeliveryState] = {}
        """What a message's first receipt says, by Notify's id."""
        self.missed: set[str] = set()
        self.stopped = False
        self.taken = self.accepted()
        self._flush()
        self.run(self._begin())

    async def _begin(self) -> None:
        self.contacts = {person: await contact_of(self.service, person) for person in self.people}
        words = {language: {"subject": self.subject, "body": "Words."} for language in ("en", "cy")}
        self.update = await self.service.approved({**BODY, "email": words})
        async with self.service.worker.transactions.begin() as tx:
            assert await begin_sending(tx, self.update, now=now())

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.stage.run(step)

    # Workers, whole and left in the middle. A rule does nothing where there is nothing to do: with threads
    # and servers, what Hypothesis may draw next must not depend on what came of the last step.

    def _hand(self, *, handed_over: bool) -> Hand | None:
        return next((hand for hand in self.hands if (hand.sent is not None) is handed_over), None)

    async def _send(self, times: int) -> None:
        await asyncio.gather(*(self.service.send() for _ in range(times)))

    @rule(workers=acts)
    def workers_go_on(self, workers: Acts) -> None:
        for does, limit in workers:
            self._worker(does, limit)

    def _worker(self, does: str, limit: int) -> None:
        waiting, handed_over = self._hand(handed_over=False), self._hand(handed_over=True)
        match does:
            case "run the job":
                self.run(self._send(limit))
            case "ask Notify":
                self.run(reconcile.ask_notify(self.service.worker))
            case "are late":
                self._leases_end()
            case "claim" if len(self.hands) < 3:
                hand = self.run(claims(self.service, self.update, limit=limit))
                assert not (self.stopped and hand.batch.claimed), "claimed while stopped"
                self.hands += [hand] if hand.batch.claimed else []
            case "hand over" if waiting is not None:
                self.run(hands_over(self.service, waiting))
            case "hand over to a drained bucket" if waiting is not None:
                # By another system that shares the service.
                self.notify.admin("limits", {"rate_per_minute": 60})
                self.notify.admin("bucket/drain", {})
                self.run(hands_over(self.service, waiting))
                self.notify.admin("limits", {"rate_per_minute": RATE})
            case "stand still, and hand over late" if waiting is not None:
                # It looked at its token, stood still until its lease had ended and others had asked, and
                # goes on.
                self._leases_end()
                for _ in range(limit):
                    self.run(reconcile.ask_notify(self.service.worker))
                before = self.accepted()
                self.notify.admin("clock", {"advance_seconds": LATER})
                self.run(offers_late(self.service, waiting))
                self.notify.admin("clock", {"offset_seconds": 0})
                assert self.accepted() <= before, "a token of two minutes ago was taken"
            case "settle" if handed_over is not None:
                self.hands.remove(handed_over)
                self.run(settles(self.service, handed_over))
                self._flush()  # Nobody waits for the silence after a 429 to end.
            case "die" if self.hands:
                self.hands.pop(limit % len(self.hands))

    def _leases_end(self) -> None:
        self.owner.execute("UPDATE deliveries SET lease_until = now() WHERE state = 'claimed'")
        for hand in self.hands:
            hand.age(LATER)

    def _flush(self) -> None:
        """Nobody waits for the bucket to fill, which begins empty."""
        self.redis.flushdb()
        self.redis.hset(BUCKET, mapping={"level": RATE / 3, "at": time.time()})

    # Notify.

    @rule(
        workers=acts,
        position=st.sampled_from(LOST),
        symptom=st.sampled_from(SYMPTOMS),
        times=st.integers(1, 3),
    )
    def answers_are_lost(self, position: str, symptom: str, times: int, workers: Acts) -> None:
        fault(self.notify, f"{position}:{symptom}", times=times, seconds=0.05)
        self.workers_go_on(workers)

    @rule(
        workers=acts,
        which=some,
        happens=st.sampled_from(["look-up fails", "look-up misses", "replays", "redis flushed"]),
    )
    def something_else_happens(self, which: int, happens: str, workers: Acts) -> None:
        match happens:
            case "look-up fails":
                fault(self.notify, "look-up:html-502")
            case "look-up misses":
                self._miss_one(which)
            case "replays":
                # What Notify had kept and not queued, it finds by itself after a while.
                self.notify.admin("clock", {"advance_seconds": 6})
                time.sleep(0.1)
                self.notify.admin("clock", {"offset_seconds": 0})
            case "redis flushed":
                self._flush()
        self.workers_go_on(workers)

    def _miss_one(self, which: int) -> None:
        """Once for each attempt: a second miss is the window that nobody can close (notify.md)."""
        unclear = self.owner.execute(
            "SELECT reference FROM attempts WHERE outcome = 'unknown' AND misses = 0 ORDER BY 1"
        ).fetchall()
        new = [reference for (reference,) in unclear if reference not in self.missed]
        if new:
            reference = new[which % len(new)]
            self.missed.add(reference)
            plan = [{"fault": "look-up:miss", "match": {"reference": reference}}]
            self.notify.admin("faults", {"plan": plan})
            self.run(reconcile.ask_notify(self.service.worker))

    # Receipts.

    @rule(workers=acts, which=some, status=st.sampled_from([*ENDS, "none"]), apply=st.booleans())
    def a_receipt_comes(self, which: int, status: str, apply: bool, workers: Acts) -> None:
        told = sorted(self.messages(), key=lambda each: str(each["reference"]))
        if status == "none":
            reference = UNKNOWN[which % len(UNKNOWN)].format(uuid4())
            self.run(self._receive({"id": str(uuid4()), "reference": reference}, "permanent-failure"))
        elif told:
            self.run(self._receive(told[which % len(told)], status))
        if apply:
            self.run(self.service.finish())
        self.workers_go_on(workers)

    async def _receive(self, message: dict[str, Any], status: str) -> None:
        self.receipts.setdefault(message["id"], ENDS[status])
        async with self.stage.callbacks.begin() as tx:
            await receipts.record(
                tx,
                receipt=uuid4(),
                reference=message["reference"],
                notify_id=UUID(message["id"]),
                status=status,
            )

    # People.

    @rule(workers=acts, which=some, leaves=st.booleans())
    def somebody_leaves_or_is_suppressed(self, which: int, leaves: bool, workers: Acts) -> None:
        person = self.people[which]
        contact = self.contacts[person]
        [state] = self._one(
            "SELECT state FROM deliveries WHERE contact_id = %s AND update_id = %s", contact, self.update
        )
        if person not in self.gone | self.going:
            (self.gone if state == "planned" else self.going).add(person)
        if leaves:
            [registration] = self._one(
                "SELECT registration_id FROM registration_contacts WHERE contact_id = %s", contact
            )
            self.run(self._leave(registration))
        else:
            self.owner.execute("UPDATE contacts SET suppressed_at = now() WHERE id = %s", [contact])
        self.workers_go_on(workers)

    async def _leave(self, registration: UUID) -> None:
        token = self.service.worker.keys.tokens.unsubscribe_token(registration, 0)
        async with self.service.public.begin() as tx:
            await links.leave(tx, token)

    # Staff.

    @rule(workers=acts, act=st.sampled_from(["halt", "go on", "go on", *Scope]))
    def staff(self, act: str, workers: Acts) -> None:
        if act == "go on":
            self.stopped = False
            self.run(self._lift())
            self.run(self._by_staff(halting.resume, SENIOR))
        elif act == "halt":
            self.run(self._by_staff(halting.halt, COMMS, reason="a test"))
        else:
            self.run(self._hold(Scope(act)))
        if act != "go on":
            self.taken, self.stopped = self.accepted(), True
            self._worker("hand over", 1)
        self.workers_go_on(workers)

    async def _by_staff(self, act: Any, who: Any, **more: Any) -> None:
        try:
            async with self.service.staff.begin() as tx:
                await act(tx, who, self.update, now=now(), **more)
        except Conflict:
            assert act is halting.resume or self.state() is not UpdateState.SENDING

    async def _hold(self, scope: Scope) -> None:
        async with self.service.staff.begin() as tx:
            await set_hold(tx, COMMS, scope=scope, reason="a test", now=now())

    async def _lift(self) -> None:
        async with self.service.staff.begin() as tx:
            for hold in await holds_in_force(tx):
                await lift_hold(tx, SENIOR, hold.id, now=now())

    # What is true after every step.

    @invariant()
    def deliveries_move_as_they_may(self) -> None:
        may = {(old.value, new.value) for old, to in MOVES.items() for new in to}
        assert set(self.owner.execute("SELECT old, new FROM moves_seen").fetchall()) <= may

    @invariant()
    def the_counts_add_up(self) -> None:
        numbers = self._one(
            "SELECT planned, (SELECT count(*) FROM deliveries WHERE update_id = u.id) FROM updates u"
        )
        assert numbers == (PEOPLE, PEOPLE)

    @invariant()
    def nobody_is_told_twice(self) -> None:
        told = self.told()
        assert all(count <= 1 for count in told.values()), told
        assert not any(told[person] for person in self.gone), "somebody was told who had left"
        assert self._one("SELECT count(*) FROM duplicates") == (0,)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        assert self._one(FORGOTTEN) == (0,)

    @invariant()
    def nothing_leaves_while_it_is_stopped(self) -> None:
        taken = self.accepted()
        assert not (self.stopped and taken > self.taken), "handed over while stopped"
        self.taken = taken
        [held] = self._one("SELECT count(*) FROM holds WHERE lifted_at IS NULL")
        self.stopped = bool(held) or self.state() is not UpdateState.SENDING

    # The end.

    def teardown(self) -> None:
        try:
            # After a failure there is nothing more to learn, and the database may be in any state.
            if sys.exc_info()[0] is None:
                self.run(self._let_everything_go_on())
                self.everybody_has_one_message_and_the_certificate_says_so()
        finally:
            self.owner.close()
            self.stage.close()

    async def _let_everything_go_on(self) -> None:
        self.notify.reset()
        self.notify.admin("clock", {"offset_seconds": 6})
        self.hands.clear()
        for _ in range(ROUNDS):
            await self._lift()
            if self.state() is UpdateState.HALTED:
                await self._by_staff(halting.resume, SENIOR)
            self._leases_end()
            await reconcile.ask_notify(self.service.worker)
            await self.service.send()
            await self.service.finish()
            if self.state() is UpdateState.SENT:
                break
        for message in self.messages():
            await self._receive(message, "delivered")
        await self.service.finish()

    def everybody_has_one_message_and_the_certificate_says_so(self) -> None:
        counted = self.run(self.service.outcomes(self.update))
        assert sum(counted.values()) == PEOPLE
        told = self.told()
        assert all(told[person] == 1 for person in self.people if person not in self.gone | self.going), told
        self.nobody_is_told_twice()
        self.deliveries_move_as_they_may()
        assert self.state() is UpdateState.SENT
        states = dict(self.owner.execute("SELECT contact_id, state FROM deliveries").fetchall())
        for person, contact in self.contacts.items():
            expected = {self.receipts[each["id"]] for each in self.messages() if each["to"] == person} or {
                DeliveryState.WITHDRAWN,
                DeliveryState.SUPPRESSED,
            }
            assert states[contact] in expected
        self.run(self._certified(Counter(states.values())))

    async def _certified(self, expected: Counter[str]) -> None:
        asked = now()
        async with self.service.staff.begin() as tx:
            await certificate.ask(tx, SENIOR, self.update, now=asked)
        await reconcile.make_certificates(self.service.worker)
        async with self.service.staff.begin() as tx:
            made = await certificate.made_since(tx, self.update, asked)
        assert made is not None
        body = made.body
        assert {state: count for state, count in body["outcomes"].items() if count} == dict(expected)
        assert body["planned"] == sum(body["outcomes"].values()) == PEOPLE
        assert (body["final"], body["duplicates"]) == (True, 0)
        assert not any(body["outcomes"][state] for state in UNSENT)

    # Looking.

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        row = self.owner.execute(query.encode(), values).fetchone()
        assert row is not None
        return row

    def state(self) -> UpdateState:
        return UpdateState(self._one("SELECT state FROM updates WHERE id = %s", self.update)[0])

    def accepted(self) -> int:
        """How many messages lie at Notify, queued or not."""
        return int(self.notify.http.get("/admin/counts").json()["accepted"])

    def messages(self) -> list[dict[str, Any]]:
        """What has been sent since this example began."""
        answer = self.notify.http.get("/admin/inboxes", params={"subject": self.subject})
        answer.raise_for_status()
        return [{**each, "to": inbox} for inbox, messages in answer.json().items() for each in messages]

    def told(self) -> Counter[str]:
        return Counter(message["to"] for message in self.messages())


@pytest.mark.early
@pytest.mark.timeout(0)
def test_everybody_is_told_once_whatever_happens_in_whatever_order(
    database: Database,
    worker_settings: WorkerSettings,
    keys: KeyStore,
    notify: StandIn,
    valkey_server: EmbeddedValkey,
) -> None:
    ground = Ground(database, worker_settings, keys, notify)
    people = ground.prepare(lambda service: service.people(PEOPLE))
    with database.connect() as owner:
        owner.execute(WATCH)
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as flusher:
        play(lambda: DeliveryMachine(ground, people, flusher), examples=10, steps=20)
