"""`kept audit verify` walks the hash chain and compares it with the witness, `checkpoint` brings that up to
date, `export` prints the record. The record is read as a stream."""

import json as jsonlib
import sys
from contextlib import aclosing
from typing import Annotated, NamedTuple

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.chain import Link, Walk, lacking, stored, walk
from service.audit.witness import Checkpoint, Witness
from service.cli.failing import DID_NOT_HOLD
from service.cli.operating import CLOCK, key_store, owner, run
from service.crypto.canonical import canonical_json
from service.crypto.keystore import Purpose
from service.database import Transaction
from service.deliveries.restoring import keep_checkpoint
from service.errors import Conflict, Misconfigured
from service.settings import OperatorSettings


class Witnessed(NamedTuple):
    """How many checkpoints the witness has, and the first event of theirs that the record lacks."""

    checkpoints: int
    differs_at: int | None


class NotWhatWasWitnessed(Conflict):
    """The record is not what the witness has seen: nothing was written. See `kept audit verify`."""

    code = "not-what-was-witnessed"


app = typer.Typer(help="The record of every act of staff.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="audit")


@app.command()
def verify(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Walk the chain from its first event; exit 1 and name the place where it does not hold."""

    async def work() -> tuple[Walk, Witnessed | None]:
        async with owner() as (settings, transactions), transactions.begin() as tx:
            return await walk(tx), await _witnessed(tx, settings)

    found, witnessed = run(work())
    if json:
        about_witness = None if witnessed is None else witnessed._asdict()
        document = {"events": found.size, "head": found.head.hex(), "broken_at": found.broken_at}
        print(jsonlib.dumps({**document, "witness": about_witness}))
    else:
        _say(found, witnessed)
    if found.broken_at is not None or (witnessed is not None and witnessed.differs_at is not None):
        raise typer.Exit(DID_NOT_HOLD)


@app.command()
def checkpoint() -> None:
    """Write down outside the database, in `KEPT_WITNESS`, how far the record is now."""

    async def work() -> Checkpoint | None:
        async with owner() as (settings, transactions), transactions.begin() as tx:
            witness = _witness(settings)
            if await lacking(tx, [each.point for each in witness.checkpoints()]):
                raise NotWhatWasWitnessed
            return await keep_checkpoint(tx, witness, now=CLOCK.now())

    kept = run(work())
    print(f"event {kept.point.seq} is witnessed" if kept is not None else "the record has not begun")


@app.command()
def export() -> None:
    """Print every event as JSON, one a line, in order: its number, what happened, its hash."""

    async def work() -> None:
        async with (
            owner() as (_, transactions),
            transactions.begin() as tx,
            aclosing(stored(tx)) as links,
        ):
            async for link in links:
                sys.stdout.write(_line(link) + "\n")
        sys.stdout.flush()

    run(work())


def _witness(settings: OperatorSettings) -> Witness:
    if settings.witness is None:
        raise Misconfigured("KEPT_WITNESS: it is not set; name the directory of the signed checkpoints")
    key = Ed25519PrivateKey.from_private_bytes(key_store(settings).one(Purpose.SIGNING))
    return Witness(settings.witness, key)


async def _witnessed(tx: Transaction, settings: OperatorSettings) -> Witnessed | None:
    """What the witness says; None where no witness is named."""
    if settings.witness is None:
        return None
    points = [each.point for each in _witness(settings).checkpoints()]
    missing = await lacking(tx, points)
    return Witnessed(len(points), missing[0].seq if missing else None)


def _say(found: Walk, witnessed: Witnessed | None) -> None:
    if found.broken_at is None:
        print(f"the record holds: {found.size} events, head {found.head.hex()}")
    else:
        print(f"the record does not hold at event {found.broken_at}")
    if witnessed is None:
        print("it was not compared with a witness: KEPT_WITNESS is not set")
    elif witnessed.differs_at is None:
        print(f"the witness agrees: {witnessed.checkpoints} checkpoints")
    else:
        print(f"the record lacks event {witnessed.differs_at}, which the witness has, or has another there")


def _line(link: Link) -> str:
    """As `GET /v1/audit` gives it. In canonical JSON the event is again the text that was hashed."""
    shown = {"seq": link.seq, "hash": link.hash.hex()}
    try:
        return canonical_json({**shown, "event": jsonlib.loads(link.body)}).decode()
    except (ValueError, RecursionError):
        # Not JSON: forced in past our own function. The export is evidence, and shows what is there.
        return canonical_json({**shown, "event": link.body}).decode()
