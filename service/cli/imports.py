"""`kept import`: hand a list in, as the page does. What becomes of it a caseworker decides there."""

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final
from uuid import UUID

import typer

from service.cli.operating import CLOCK, actor, owner, run
from service.database import Transactions
from service.errors import Misconfigured
from service.imports import arriving
from service.imports.arriving import CHUNK, LARGEST
from service.imports.looking_up import get_import
from service.imports.states import ImportState
from service.imports.tables import Import
from service.schemes.reading import SchemeView, all_schemes

LOOK_EVERY: Final = 0.5


def add_to(parent: typer.Typer) -> None:
    parent.command(name="import")(import_list)


def import_list(
    file: Annotated[Path, typer.Argument(help="CSV, .xlsx, .ods or .xls.", exists=True, dir_okay=False)],
    scheme: Annotated[
        str | None, typer.Option(help="Whose list it is; needed where there are several.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="What it is called where it was kept. Nobody's name or address.")
    ] = None,
    wait: Annotated[int, typer.Option(help="Seconds to wait until a worker has read it.")] = 60,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what is in it as one JSON document.")
    ] = False,
) -> None:
    """Hand a list in, sealed. A caseworker then says on a page what its columns are, and decides.

    Nobody is registered by this command: that takes a caseworker who has just signed in.
    """

    async def work() -> Import:
        async with owner() as (_, transactions):
            with file.open("rb") as opened:
                import_id = await _hand_in(transactions, opened, scheme, reference)
            return await _read(transactions, import_id, wait)

    found = run(work())
    if as_json:
        print(json.dumps(_as_json(found)))
    else:
        _say(found)
    if found.state is ImportState.REFUSED:
        raise typer.Exit(1)


async def _hand_in(
    transactions: Transactions, opened: BinaryIO, slug: str | None, reference: str | None
) -> UUID:
    now = CLOCK.now()
    async with transactions.begin() as tx:
        scheme = _chosen(await all_schemes(tx), slug)
        called = reference or f"List of {now:%Y-%m-%d}"
        import_id = await arriving.begin(tx, actor(), scheme, called, now=now)
    key, number, size = arriving.sealing_key(scheme), 0, 0
    try:
        while piece := opened.read(CHUNK):
            size += len(piece)
            if size > LARGEST:
                raise arriving.FileTooLarge
            async with transactions.begin() as tx:
                await arriving.add_piece(tx, import_id, number, piece, key)
            number += 1
        if size == 0:
            raise arriving.NothingArrived({"file": "It is empty"})
    except Exception:
        async with transactions.begin() as tx:
            await arriving.broke_off(tx, import_id, now=CLOCK.now())
        raise
    async with transactions.begin() as tx:
        await arriving.arrived(tx, actor(), import_id, size, now=CLOCK.now())
    return import_id


async def _read(transactions: Transactions, import_id: UUID, seconds: int) -> Import:
    """The import once a worker has read it, or as it is when the time is over."""
    until = time.monotonic() + seconds
    while True:
        async with transactions.begin() as tx:
            found = await get_import(tx, import_id)
        if found.state is not ImportState.ARRIVED or time.monotonic() >= until:
            return found
        await asyncio.sleep(LOOK_EVERY)


def _chosen(schemes: list[SchemeView], slug: str | None) -> SchemeView:
    named = [each for each in schemes if slug in (None, each.slug)]
    if len(named) != 1:
        raise Misconfigured(
            f"--scheme: name one of these: {', '.join(each.slug for each in schemes) or 'none'}"
        )
    return named[0]


def _as_json(found: Import) -> dict[str, Any]:
    return {"id": str(found.id), "state": found.state.value, "why": found.why, "file": found.seen}


def _say(found: Import) -> None:
    print(f"import {found.id}: {found.state.value}{f' ({found.why})' if found.why else ''}")
    for sheet in (found.seen or {"sheets": []})["sheets"]:
        print(
            f"  {sheet['name'] or 'the file'}{' (hidden)' if sheet['hidden'] else ''}: {sheet['rows']} rows"
        )
        for column in sheet["columns"]:
            hidden = " (hidden)" if column["hidden"] else ""
            print(
                f"    {column['letter']}  {column['header'] or '-'}{hidden}  {column['guess'] or 'left out'}"
            )
        for each in sheet["findings"]:
            print(f"    {each['code']}: {each['count']}")
    if found.state is not ImportState.REFUSED:
        print(f"a caseworker goes on at /imports/{found.id} on the staff host")
