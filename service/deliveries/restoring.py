"""A database that is older than what was sent: found out by the witness, and held until it was compared.

A restore undoes what the ledger knew, and not what people got. So before anything leaves, a worker
compares its database with the witness: one that lacks what the witness has, or differs from it, or has
hand-overs and no witness, is held. Notify's list of the last seven days is then compared
(`service.deliveries.comparing`), and an operator lifts the hold. A new database has neither; a promoted
replica with everything intact has both.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func
from sqlmodel import col, select

from service.audit import chain
from service.audit.witness import Checkpoint, NewestAttempt, UnreadableWitness, Witness
from service.database import Transaction
from service.deliveries.tables import Attempt
from service.holds.holding import hold_by_service, lifted_about

ACTOR: Final = "worker:witness"
BETWEEN_CHECKPOINTS: Final = timedelta(minutes=10)
THEN: Final = (
    "The last seven days are being compared with Notify. "
    "Read the runbook on a restored database before you lift this."
)


async def keep(tx: Transaction, witness: Witness, *, now: datetime) -> bool:
    """Compare this database with the witness, and bring the witness up to date; whether they agree.

    Where they do not, everything is held, once, and the hold says why. After an operator has lifted that
    hold the witness starts anew from this database.
    """
    # One at a time: what one worker writes anew after a lift, another must not compare halfway.
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{ACTOR} compares"))))
    newest = await _newest(tx)
    why = await _difference(tx, witness, newest)
    if why is not None:
        lifted_at = await lifted_about(tx, witness.digest())
        if lifted_at is None or (newest is not None and newest.started_at > lifted_at and witness.is_empty()):
            await hold_by_service(
                tx, ACTOR, reason=f"{why} {THEN}", about=witness.digest(), awaits_comparison=True, now=now
            )
            return False
        witness.start_anew(now)
    await _write(tx, witness, newest, now=now)
    return True


async def _write(tx: Transaction, witness: Witness, newest: NewestAttempt | None, *, now: datetime) -> None:
    if newest is not None and newest != witness.newest_attempt():
        witness.put(newest)
    last = witness.newest_checkpoint()
    if last is None or now - last.at >= BETWEEN_CHECKPOINTS:
        await keep_checkpoint(tx, witness, now=now)


async def keep_checkpoint(tx: Transaction, witness: Witness, *, now: datetime) -> Checkpoint | None:
    """Write down how far the chain is; None where it has not begun."""
    last = await chain.head(tx)
    if last is None:
        return None
    checkpoint = Checkpoint(last, now)
    witness.add(checkpoint)
    return checkpoint


async def _newest(tx: Transaction) -> NewestAttempt | None:
    last = select(Attempt).order_by(col(Attempt.started_at).desc(), col(Attempt.id)).limit(1)
    row = (await tx.exec(last)).one_or_none()
    return NewestAttempt(row.reference, row.started_at) if row is not None else None


async def _difference(tx: Transaction, witness: Witness, newest: NewestAttempt | None) -> str | None:
    """What this database lacks, in a sentence; None where it has everything."""
    if witness.is_empty():
        return "There are hand-overs in the database, and nothing in the witness." if newest else None
    try:
        checkpoint, witnessed = witness.newest_checkpoint(), witness.newest_attempt()
    except UnreadableWitness as error:
        return error.message
    if checkpoint is not None and await chain.lacking(tx, [checkpoint.point]):
        return f"The database lacks event {checkpoint.point.seq} of the record, or has another in its place."
    if witnessed is not None and not await _has_attempt(tx, witnessed):
        return "The database lacks the newest hand-over that the witness has seen."
    return None


async def _has_attempt(tx: Transaction, newest: NewestAttempt) -> bool:
    found = await tx.exec(select(Attempt.id).where(Attempt.reference == newest.reference))
    return found.first() is not None
