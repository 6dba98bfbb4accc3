"""Whatever staff do, in whatever order: nothing leaves without a senior stranger's approval of exactly it.

Hypothesis chooses who does what, through the service and with plain SQL as the staff process's own role.
See `tests/harness/machines.py` for long runs and for repeating one.
"""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from typing import Any, Final, LiteralString
from uuid import UUID

import psycopg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from service.audit.chain import START, Link, Walk
from service.crypto.keystore import KeyStore
from service.database import Transaction
from service.deliveries.preparing import begin_sending
from service.errors import KeptError
from service.settings import WorkerSettings
from service.staff.principal import NotYourRole, Staff
from service.staff.roles import Act, Role
from service.staff.step_up import SignInAgain
from service.updates import approval, drafting, halting
from service.updates.approval import Decision, SelfApproval, StaleApproval
from service.updates.body import UpdateBody
from service.updates.states import MOVES, UpdateState, WrongState
from service.updates.tables import Update
from tests.harness.machines import Ground, play
from tests.harness.people import Service, now, staff
from tests.harness.servers import Database, StandIn
from tests.updates.approving import approve_by_sql, describe
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body
from workers import plan

S = UpdateState
STALE: Final = "0" * 64

STAFF: Final = [
    staff("comms", Role.COMMS),
    staff("comms2", Role.COMMS),
    staff("both", Role.COMMS, Role.SENIOR),
    staff("senior", Role.SENIOR),
    staff("senior2", Role.SENIOR),
    staff("sleepy", Role.SENIOR, signed_in=timedelta(minutes=10)),
    staff("caseworker", Role.CASEWORKER),
    staff("reviewer", Role.REVIEWER, Role.DPO, Role.OPERATOR),
    staff("nobody"),
]
LEFT_THE_HOUSE: Final = {S.APPROVED, S.SENDING, S.SENT}

# Seen by itself, so that a guard that is gone is missed.
WATCH: Final = """
    CREATE TABLE moves_seen (old text, new text, UNIQUE (old, new));
    CREATE FUNCTION see_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public AS $$
    BEGIN
        INSERT INTO moves_seen VALUES (OLD.state, NEW.state) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER moves_are_seen AFTER UPDATE OF state ON updates
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION see_move();
"""

# What a mistake in the staff process might say. Most of it is refused; what is not must do no harm.
MISTAKES: Final[list[LiteralString]] = [
    *(
        f"UPDATE updates SET state = '{state}', approved_at = now(), not_before = now() WHERE id = %s"
        for state in ("approved", "sending", "draft", "preparing", "awaiting_approval", "sent")
    ),
    "UPDATE updates SET state = 'halted', halted_why = 'x' WHERE id = %s",
    "UPDATE updates SET state = 'sending', halted_why = NULL WHERE id = %s",
    "UPDATE updates SET version = version - 1 WHERE id = %s",
    "UPDATE updates SET version = version - 1, state = 'draft' WHERE id = %s",
    "UPDATE updates SET audience_sha256 = repeat('0', 64) WHERE id = %s",
    "UPDATE updates SET planned = 1, state = 'approved' WHERE id = %s",
    "UPDATE updates SET planned = 1, state = 'awaiting_approval', audience_sha256 = repeat('0', 64)"
    " WHERE id = %s",
    "UPDATE updates SET submitted_at = now() WHERE id = %s",
    "UPDATE update_versions SET content_sha256 = repeat('0', 64) WHERE update_id = %s",
    "DELETE FROM approvals WHERE update_id = %s",
    "DELETE FROM audience_members WHERE update_id = %s",
    "INSERT INTO audience_members (update_id, registration_id, contact_id, channel, language)"
    " VALUES (%s, gen_random_uuid(), gen_random_uuid(), 'email', 'en')",
]

CHANGES: Final[dict[str, dict[str, Any]]] = {
    "title": {"title": "Another title"},
    "email": {"email": bilingual("Other words.")},
    "audience": {"audience": {"kinds": ["individual"]}},
}

BY_NAME: Final = {str(who.subject): who for who in STAFF}
anybody = st.sampled_from(sorted(BY_NAME))
SEEN: Final[Counter[Any]] = Counter()
"""In how many examples an update made each move: an idle machine proves nothing."""

some = st.integers(0, 2)
Course = list[tuple[str, int]]
# Hypothesis leaves some rules out of each example, and seldom finds the whole way of an update by itself.
courses = st.lists(
    st.tuples(st.sampled_from(["draft", "submit", "plan", "approve", "begin", "send"]), some), max_size=4
)
AUTHORS: Final = [who for who in STAFF if who.may(Act.DRAFT_UPDATE)]
SENIORS: Final = [who for who in STAFF if who.may(Act.APPROVE_UPDATE)]
# Mostly those who may, or an example would be refusals and nothing else.
authors = st.sampled_from([who.subject for who in (*AUTHORS, *AUTHORS, *STAFF)])
seniors = st.sampled_from([who.subject for who in (*SENIORS, *SENIORS, *STAFF)])


@dataclass(frozen=True)
class Approved:
    """Somebody's approval, and what it was over, read from the tables in its own moment."""

    by: str
    words: str
    people: frozenset[UUID]


@dataclass
class Written:
    """What we know of one update: who had a hand in it, what it is, and what was approved of it."""

    id: UUID
    state: UpdateState
    authors: set[str]
    approvals: list[Approved] = field(default_factory=list)
    read: tuple[str, str] | None = None
    """The hashes that somebody read some time ago."""


class ApprovalMachine(RuleBasedStateMachine):
    """A handful of staff, up to three updates, people who come and go."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.stage = ground.copy()
        self.service = self.stage.service
        self.owner = self.stage.database.connect()
        self.as_staff = self.stage.database.connect("kept_staff")
        self.directory = Directory(self.owner, self.service.scheme.id)
        self.person = self._value("SELECT id FROM registrations ORDER BY id LIMIT 1")
        self.updates: list[Written] = []
        self.acts: Counter[tuple[str, str, str]] = Counter()
        """What was done by whom to what, and has to be in the record."""

    # Staff, through the service.

    def _act(
        self,
        written: Written,
        who: Staff,
        name: str,
        act: Callable[[Transaction], Coroutine[Any, Any, Update]],
        *,
        refused: type[KeptError] | None,
        becomes: UpdateState,
    ) -> bool:
        """Do it, where nothing is against it; and be refused for exactly that, where something is."""
        if refused is not None:
            with pytest.raises(refused) as caught:
                self.stage.run(self._in_a_transaction(act))
            assert caught.type is refused
            return False
        done = self.stage.run(self._in_a_transaction(act))
        assert done.state is becomes
        written.state = becomes
        self.acts[name, who.subject, str(written.id)] += 1
        return True

    async def _in_a_transaction(self, act: Callable[[Transaction], Coroutine[Any, Any, Update]]) -> Update:
        async with self.service.staff.begin() as tx:
            return await act(tx)

    @rule(name=authors, alone=st.booleans())
    def somebody_drafts(self, name: str, alone: bool) -> None:
        who = BY_NAME[name]
        if len(self.updates) == 3:
            return
        to: dict[str, Any] = {"registrations": [str(self.person)]} if alone else {"topics": ["eligibility"]}
        form = UpdateBody.model_validate(body(audience=to))
        if not who.may(Act.DRAFT_UPDATE):
            with pytest.raises(NotYourRole):
                self.stage.run(self._draft(who, form))
            return
        update = self.stage.run(self._draft(who, form))
        self.updates.append(Written(update.id, S.DRAFT, {who.subject}))
        self.acts["update-drafted", who.subject, str(update.id)] += 1

    async def _draft(self, who: Staff, form: UpdateBody) -> Update:
        async with self.service.staff.begin() as tx:
            return await drafting.draft(tx, who, self.service.scheme, form, now=now())

    @rule(course=courses, which=some, name=authors, what=st.sampled_from(sorted(CHANGES)))
    def somebody_edits(self, course: Course, which: int, name: str, what: str) -> None:
        self._usually(course)
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        may_move = written.state is S.DRAFT or S.DRAFT in MOVES[written.state]
        refused = NotYourRole if not who.may(Act.EDIT_UPDATE) else None if may_move else WrongState
        if self._act(
            written,
            who,
            "update-edited",
            lambda tx: drafting.edit(tx, who, written.id, CHANGES[what], now=now()),
            refused=refused,
            becomes=S.DRAFT,
        ):
            written.authors.add(who.subject)

    @rule(which=some, name=authors)
    def somebody_submits(self, which: int, name: str) -> None:
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        refused = (
            NotYourRole
            if not who.may(Act.SUBMIT_UPDATE)
            else None
            if written.state is S.DRAFT
            else WrongState
        )
        if self._act(
            written,
            who,
            "update-submitted",
            lambda tx: drafting.submit(tx, who, written.id, now=now()),
            refused=refused,
            becomes=S.PREPARING,
        ):
            written.authors.add(who.subject)

    @rule(course=courses, which=some)
    def somebody_reads(self, course: Course, which: int) -> None:
        self._usually(course)
        if (written := self._pick(which)) is not None:
            written.read = self._hashes(written)

    @rule(
        which=some,
        name=seniors,
        decision=st.sampled_from([Decision.APPROVE, Decision.APPROVE, Decision.SEND_BACK]),
        over=st.sampled_from(["now", "now", "then", "other words", "other people"]),
    )
    def somebody_decides(self, which: int, name: str, decision: Decision, over: str) -> None:
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        current = self._hashes(written)
        hashes = {
            "now": current,
            "then": written.read or current,
            "other words": (STALE, current[1]),
            "other people": (current[0], STALE),
        }[over]
        what = self._as_it_is(written, who.subject)
        approves = decision is Decision.APPROVE
        if (
            self._act(
                written,
                who,
                "update-approved" if approves else "update-sent-back",
                lambda tx: approval.decide(
                    tx,
                    who,
                    written.id,
                    decision,
                    content_sha256=hashes[0],
                    audience_sha256=hashes[1],
                    comment=None,
                    hold_window=timedelta(0),
                    now=now(),
                ),
                refused=_why_not(written, who, stale=hashes != current),
                becomes=S.APPROVED if approves else S.DRAFT,
            )
            and approves
        ):
            written.approvals.append(what)

    @rule(course=courses, which=some, name=anybody)
    def somebody_halts(self, course: Course, which: int, name: str) -> None:
        self._usually(course)
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        refused = NotYourRole if not who.roles else None if S.HALTED in MOVES[written.state] else WrongState
        self._act(
            written,
            who,
            "update-halted",
            lambda tx: halting.halt(tx, who, written.id, reason=None, now=now()),
            refused=refused,
            becomes=S.HALTED,
        )

    @rule(course=courses, which=some, name=seniors)
    def somebody_resumes(self, course: Course, which: int, name: str) -> None:
        self._usually(course)
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        refused: type[KeptError] | None = None
        if Role.SENIOR not in who.roles:
            refused = NotYourRole
        elif who.subject == "sleepy":
            refused = SignInAgain
        elif written.state is not S.HALTED:
            refused = WrongState
        self._act(
            written,
            who,
            "update-resumed",
            lambda tx: halting.resume(tx, who, written.id, now=now()),
            refused=refused,
            becomes=S.SENDING,
        )

    # Staff, by plain SQL.

    @rule(course=courses, which=some, mistake=st.sampled_from(MISTAKES))
    def the_staff_process_says_something_wrong(
        self, course: Course, which: int, mistake: LiteralString
    ) -> None:
        self._usually(course)
        if (written := self._pick(which)) is None:
            return
        before = written.state
        try:
            self.as_staff.execute(mistake, (written.id,))
        except psycopg.Error:
            return
        written.state = self._state(written)
        assert written.state is before or written.state in MOVES[before]

    @rule(
        course=courses,
        which=some,
        name=anybody,
        over=st.sampled_from(["now", "now", "other words", "other people"]),
    )
    def the_staff_process_writes_an_approval(self, course: Course, which: int, name: str, over: str) -> None:
        self._usually(course)
        who = BY_NAME[name]
        if (written := self._pick(which)) is None:
            return
        describe(self.as_staff, who.subject, *who.roles)
        what = self._as_it_is(written, who.subject)
        refused = (
            written.state is not S.AWAITING_APPROVAL
            or who.subject in written.authors
            or Role.SENIOR not in who.roles
            or over != "now"
        )
        content, people = STALE if over == "other words" else None, STALE if over == "other people" else None
        try:
            approve_by_sql(self.as_staff, written.id, by=who.subject, content=content, audience=people)
        except psycopg.errors.CheckViolation:
            assert refused, "an approval that counts was refused"
            return
        # Zeros can be the current people, by a mistake from above: they are nobody's then, too.
        assert not refused or over == "other people"
        written.approvals.append(what)

    # Workers and people.

    @rule(people=st.sampled_from(["stay", "stay", "join", "leave"]), course=courses)
    def a_worker_plans(self, people: str, course: Course) -> None:
        if people == "join":
            self.directory.person()
        elif people == "leave":
            self.owner.execute(
                """UPDATE registrations SET state = 'left', left_at = now() WHERE id =
                (SELECT id FROM registrations WHERE state = 'confirmed' ORDER BY id DESC LIMIT 1)"""
            )
        self._plan()
        self._usually(course)

    def _plan(self) -> None:
        self.stage.run(plan.plan_updates(self.service.worker))
        for written in self.updates:
            if written.state is S.PREPARING:
                written.state = self._state(written)
                count = len(self._people(written))
                expected = {0: {S.DRAFT}, 1: {S.APPROVED, S.AWAITING_APPROVAL}}
                assert written.state in expected.get(count, {S.AWAITING_APPROVAL})

    @rule(all_of_it=st.booleans(), course=courses)
    def a_worker_sends(self, all_of_it: bool, course: Course) -> None:
        self._send(all_of_it=all_of_it)
        self._usually(course)

    def _send(self, *, all_of_it: bool) -> None:
        if all_of_it:
            self.stage.run(self.service.send())
            self.stage.run(self.service.finish())
        else:
            self.stage.run(self._begin())
        for written in self.updates:
            was, written.state = written.state, self._state(written)
            assert was in {S.APPROVED, S.SENDING} or written.state is was

    async def _begin(self) -> None:
        for written in self.updates:
            async with self.service.worker.transactions.begin() as tx:
                await begin_sending(tx, written.id, now=now())

    # Its usual way, between everything else.

    def _usually(self, course: Course) -> None:
        for act, which in course:
            match act:
                case "draft":
                    self.somebody_drafts(name="comms", alone=False)
                case "submit":
                    self.somebody_submits(which=which, name="comms")
                case "plan":
                    self._plan()
                case "approve":
                    self.somebody_decides(which=which, name="senior", decision=Decision.APPROVE, over="now")
                case "begin":
                    self._send(all_of_it=False)
                case "send":
                    self._send(all_of_it=True)

    # What is true after every step.

    @invariant()
    def nothing_is_on_its_way_without_a_strangers_approval_of_just_this(self) -> None:
        for written in self.updates:
            if written.state not in LEFT_THE_HOUSE:
                continue
            current = self._as_it_is(written, "")
            strangers = [
                each
                for each in written.approvals
                if (each.words, each.people) == (current.words, current.people)
                and each.by not in written.authors
            ]
            assert strangers or len(current.people) == 1, written
            [rows] = self._row(
                """SELECT count(*) FROM approvals a JOIN updates u ON u.id = a.update_id
                JOIN update_versions v ON v.update_id = u.id AND v.version = u.version
                WHERE u.id = %s AND a.decision = 'approve' AND a.version = u.version
                    AND a.content_sha256 = v.content_sha256 AND a.audience_sha256 = u.audience_sha256""",
                written.id,
            )
            assert rows or len(current.people) == 1, written

    @invariant()
    def updates_move_as_they_may_and_are_what_we_think(self) -> None:
        may = {(old.value, new.value) for old, to in MOVES.items() for new in to}
        assert set(self.owner.execute("SELECT old, new FROM moves_seen").fetchall()) <= may
        for written in self.updates:
            assert written.state is self._state(written)

    @invariant()
    def each_act_is_in_the_record_once_and_the_chain_holds(self) -> None:
        rows = self.owner.execute("SELECT seq, body, previous_hash, hash FROM audit_events ORDER BY seq")
        links = [Link(seq, text, bytes(previous), bytes(own)) for seq, text, previous, own in rows]
        assert reduce(Walk.follow, links, START).broken_at is None
        people = {who.subject for who in STAFF}
        bodies = [json.loads(link.body) for link in links]
        recorded = Counter(
            (each["act"], each["actor"], each.get("update", "")) for each in bodies if each["actor"] in people
        )
        assert recorded == self.acts

    def teardown(self) -> None:
        try:
            SEEN.update(self.owner.execute("SELECT old, new FROM moves_seen").fetchall())
        finally:
            self.owner.close()
            self.as_staff.close()
            self.stage.close()

    # Looking.

    def _pick(self, which: int) -> Written | None:
        return self.updates[which % len(self.updates)] if self.updates else None

    def _row(self, query: LiteralString, *values: object) -> tuple[Any, ...]:
        row = self.owner.execute(query, values).fetchone()
        assert row is not None
        return row

    def _value(self, query: LiteralString, *values: object) -> Any:
        return self._row(query, *values)[0]

    def _state(self, written: Written) -> UpdateState:
        return UpdateState(self._value("SELECT state FROM updates WHERE id = %s", written.id))

    def _hashes(self, written: Written) -> tuple[str, str]:
        """What an approver is shown."""
        words, people = self._row(
            """SELECT v.content_sha256, u.audience_sha256 FROM updates u
            JOIN update_versions v ON v.update_id = u.id AND v.version = u.version WHERE u.id = %s""",
            written.id,
        )
        return words, people or ""

    def _people(self, written: Written) -> frozenset[UUID]:
        return frozenset(self.directory.members(written.id))

    def _as_it_is(self, written: Written, by: str) -> Approved:
        words = self._value(
            """SELECT v.content::text FROM updates u
            JOIN update_versions v ON v.update_id = u.id AND v.version = u.version WHERE u.id = %s""",
            written.id,
        )
        return Approved(by, words, self._people(written))


def _why_not(written: Written, who: Staff, *, stale: bool) -> type[KeptError] | None:
    """Why this person may not decide on this update, the first reason first."""
    if Role.SENIOR not in who.roles:
        return NotYourRole
    if who.subject in written.authors:
        return SelfApproval
    if who.subject == "sleepy":
        return SignInAgain
    if written.state is not S.AWAITING_APPROVAL:
        return WrongState
    return StaleApproval if stale else None


async def _see_the_template(service: Service) -> UUID:
    await plan.see_templates(service.worker)
    return service.scheme.id


@pytest.mark.early
@pytest.mark.timeout(0)
def test_nothing_leaves_without_a_senior_strangers_approval_of_exactly_it(
    database: Database, worker_settings: WorkerSettings, keys: KeyStore, notify: StandIn
) -> None:
    ground = Ground(database, worker_settings, keys, notify)
    scheme = ground.prepare(_see_the_template)
    with database.connect() as owner:
        owner.execute(WATCH)
        Directory(owner, scheme).people(3)
    play(lambda: ApprovalMachine(ground), examples=20, steps=25)
    print(SEEN)
