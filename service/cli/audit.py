"""`kept audit verify` walks the hash chain, `kept audit export` prints it. Both read it as a stream."""

import json as jsonlib
import sys
from contextlib import aclosing
from typing import Annotated

import typer

from service.audit.chain import Link, Walk, stored, walk
from service.cli.failing import DID_NOT_HOLD
from service.cli.operating import owner, run
from service.crypto.canonical import canonical_json

app = typer.Typer(help="The record of every act of staff.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="audit")


@app.command()
def verify(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Walk the chain from its first event; exit 1 and name the place where it does not hold."""

    async def work() -> Walk:
        async with owner() as (_, transactions), transactions.begin() as tx:
            return await walk(tx)

    found = run(work())
    if json:
        print(jsonlib.dumps({"events": found.size, "head": found.head.hex(), "broken_at": found.broken_at}))
    elif found.broken_at is None:
        print(f"the record holds: {found.size} events, head {found.head.hex()}")
    else:
        print(f"the record does not hold at event {found.broken_at}")
    if found.broken_at is not None:
        raise typer.Exit(DID_NOT_HOLD)


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


def _line(link: Link) -> str:
    """As `GET /v1/audit` gives it. In canonical JSON the event is again the text that was hashed."""
    shown = {"seq": link.seq, "hash": link.hash.hex()}
    try:
        return canonical_json({**shown, "event": jsonlib.loads(link.body)}).decode()
    except (ValueError, RecursionError):
        # Not JSON: forced in past our own function. The export is evidence, and shows what is there.
        return canonical_json({**shown, "event": link.body}).decode()
