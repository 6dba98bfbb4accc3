"""`kept audit verify`: walk the hash chain."""

import json as jsonlib
from typing import Annotated

import typer
from sqlalchemy import select

from service.audit.chain import Walk, as_links, walk
from service.audit.tables import AuditEvent
from service.cli.failing import DID_NOT_HOLD
from service.cli.operating import owner, run

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
            # Whole, in memory: about 300 bytes an event. A stream comes when that is too much.
            rows = (await tx.execute(select(AuditEvent).order_by(AuditEvent.seq))).scalars()  # type: ignore[arg-type]
            return walk(as_links(rows))

    found = run(work())
    if json:
        print(jsonlib.dumps({"events": found.size, "head": found.head.hex(), "broken_at": found.broken_at}))
    elif found.broken_at is None:
        print(f"the record holds: {found.size} events, head {found.head.hex()}")
    else:
        print(f"the record does not hold at event {found.broken_at}")
    if found.broken_at is not None:
        raise typer.Exit(DID_NOT_HOLD)
