"""`kept incident list`: what a person must look into."""

import json as jsonlib
from typing import Annotated

import typer

from service.cli.operating import owner, run
from service.holds.incidents import incidents
from service.holds.tables import Incident

app = typer.Typer(help="What a person must look into.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="incident")


@app.callback()
def _group() -> None:
    """What a person must look into."""


@app.command("list")
def list_incidents(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """List every incident: what kind it is, what it is about, and since when."""

    async def work() -> list[Incident]:
        async with owner() as (_, transactions), transactions.begin() as tx:
            return await incidents(tx)

    found = run(work())
    if json:
        rows = [
            {
                "id": str(each.id),
                "kind": each.kind.value,
                "about": str(each.subject),
                "opened_at": each.opened_at.isoformat(),
            }
            for each in found
        ]
        print(jsonlib.dumps({"incidents": rows}))
        return
    for each in found:
        print(f"{each.id}  {each.kind.value:16}  {each.opened_at:%Y-%m-%d %H:%M}Z  about {each.subject}")
    if not found:
        print("there is no incident")
