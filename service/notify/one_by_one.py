"""Messages that are rows of their own, apart from updates: confirmations and links, notices to staff.

Each attempt has a reference, committed before the hand-over. Where no answer came, Notify is asked before
anything is sent again: a link that arrived keeps working, and nobody is told twice.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar, assert_never
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, select

from service.database import MOMENT, Transaction
from service.notify.gateway import (
    Accepted,
    AddressRefused,
    Found,
    Outcome,
    ServiceRefused,
    TryLater,
    Unknown,
)

ASKED: Final = 2
"""How often Notify has to miss an attempt before it is made again."""
REPAIRED: Final = timedelta(minutes=1)
"""When to try again what Notify refused because of its settings or ours: nobody is given up for that."""


class MessageState(StrEnum):
    """The states that every such message has, by the names that its own states have, too."""

    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    SET_ASIDE = "set_aside"


class OneMessage(SQLModel):
    """What every such row has. `state` is the feature's own enum."""

    id: UUID = Field(primary_key=True)
    state: StrEnum
    attempt: int = 0
    reference: str | None = Field(default=None, unique=True)
    notify_id: UUID | None = None
    misses: int = 0
    """How often Notify was asked about an unclear attempt and did not know it."""
    try_at: datetime = Field(sa_type=MOMENT)
    """When to act next: send, or, while claimed, when the lease ends, or, while uncertain, ask."""
    created_at: datetime = Field(sa_type=MOMENT)
    sent_at: datetime | None = Field(default=None, sa_type=MOMENT)


Row = TypeVar("Row", bound=OneMessage)
NotHandedOver: TypeAlias = Callable[[Transaction, Sequence[UUID], StrEnum], Awaitable[None]]


class OneByOne(Generic[Row]):
    """The messages of one table, once they were claimed.

    `later` is when to try again what Notify will take later; `not_handed_over` hears of those that certainly
    were not handed over, and of the state that they are in.
    """

    def __init__(
        self,
        table: type[Row],
        states: type[StrEnum],
        moves: Mapping[Any, frozenset[Any]],
        *,
        later: timedelta,
        not_handed_over: NotHandedOver | None = None,
    ) -> None:
        self._table = table
        self._states = states
        self._moves = moves
        self._later = later
        self._not_handed_over = not_handed_over

    async def settle(
        self,
        tx: Transaction,
        outcomes: Sequence[tuple[UUID, Outcome]],
        *,
        ask_after: timedelta,
        now: datetime,
    ) -> None:
        """Write down what Notify said of each claimed message."""
        stayed = [message for message, outcome in outcomes if isinstance(outcome, TryLater | ServiceRefused)]
        # Before the rows are locked: whoever registers locks contacts first, then what is sent to them.
        await self._say_not_handed_over(tx, stayed, MessageState.CLAIMED)
        rows = await self._locked(tx, [message for message, _ in outcomes], MessageState.CLAIMED)
        for message, outcome in outcomes:
            row = rows.get(message)
            if row is None:
                continue  # A newer registration took its place, or its lease ended.
            match outcome:
                case Accepted():
                    self.move(row, MessageState.SENT)
                    row.notify_id, row.sent_at = outcome.notify_id, now
                case TryLater():
                    self.move(row, MessageState.DUE)
                    row.try_at = now + self._later
                case ServiceRefused():
                    self.move(row, MessageState.DUE)
                    row.try_at = now + REPAIRED
                case AddressRefused():
                    self.move(row, MessageState.REFUSED)
                case Unknown():
                    self.move(row, MessageState.UNCERTAIN)
                    row.try_at = now + ask_after
                case _:
                    assert_never(outcome)
        await tx.flush()

    async def set_aside(self, tx: Transaction, ids: Sequence[UUID]) -> None:
        """Claimed messages that cannot be sent as they are: a person must look."""
        for row in (await self._locked(tx, ids, MessageState.CLAIMED)).values():
            self.move(row, MessageState.SET_ASIDE)
        await tx.flush()

    async def abandon(self, tx: Transaction, *, now: datetime) -> None:
        """A lease that ended: its worker died, perhaps after handing over. Notify is asked."""
        await tx.execute(
            update(self._table)
            .where(self._is(MessageState.CLAIMED), col(self._table.try_at) <= now)
            .values(state=self._state(MessageState.UNCERTAIN), try_at=now)
        )

    async def to_ask_about(self, tx: Transaction, *, limit: int, now: datetime) -> list[tuple[UUID, str]]:
        """Unclear attempts whose time to be asked about has come: id and reference."""
        rows = await tx.exec(
            select(self._table.id, self._table.reference)
            .where(self._is(MessageState.UNCERTAIN), col(self._table.try_at) <= now)
            .limit(limit)
        )
        return [(message, reference) for message, reference in rows if reference is not None]

    async def settle_asked(
        self,
        tx: Transaction,
        message: UUID,
        found: Sequence[Found],
        *,
        ask_after: timedelta,
        now: datetime,
    ) -> None:
        """What Notify said when it was asked: sent, or, after two misses, due again."""
        row = (await self._locked(tx, [message], MessageState.UNCERTAIN)).get(message)
        if row is None:
            return
        row.try_at = now + ask_after
        if any(each.status == "created" for each in found):
            pass  # It may still be deleted (notify.md, Finding out).
        elif found:
            self.move(row, MessageState.SENT)
            row.notify_id, row.sent_at = found[0].notify_id, now
        else:
            row.misses += 1
            if row.misses >= ASKED:
                await self._say_not_handed_over(tx, [message], MessageState.UNCERTAIN)
                self.move(row, MessageState.DUE)
                row.try_at = now
        await tx.flush()

    def move(self, row: Row, to: MessageState) -> None:
        """Move one message. Raises ValueError where it does not move so."""
        state = self._state(to)
        if state not in self._moves[row.state]:
            raise ValueError(f"a message does not move from {row.state} to {state}")
        row.state = state

    async def _say_not_handed_over(self, tx: Transaction, ids: Sequence[UUID], state: MessageState) -> None:
        if ids and self._not_handed_over is not None:
            await self._not_handed_over(tx, ids, self._state(state))

    async def _locked(self, tx: Transaction, ids: Sequence[UUID], state: MessageState) -> dict[UUID, Row]:
        rows = await tx.exec(
            select(self._table)
            .where(col(self._table.id).in_(ids), self._is(state))
            .order_by(col(self._table.id))
            .with_for_update()
        )
        return {row.id: row for row in rows}

    def _is(self, state: MessageState) -> Any:
        return col(self._table.state) == self._state(state)

    def _state(self, state: MessageState) -> StrEnum:
        return self._states(state.value)
