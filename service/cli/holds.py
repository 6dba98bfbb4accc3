"""`kept hold set | lift | show`: stop all sending, and let it go on."""

from typing import Annotated
from uuid import UUID

import typer

from service.cli.operating import CLOCK, operator, owner, run
from service.holds import holding
from service.holds.tables import Hold, Scope

app = typer.Typer(help="Stop all sending, and let it go on.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="hold")


@app.command("set")
def set_hold(
    reason: Annotated[str, typer.Option(help="Why. It is kept with the hold.")],
    scope: Annotated[Scope, typer.Option(help="What is stopped.")] = Scope.EVERYTHING,
) -> None:
    """Stop sending, at once and on every machine."""

    async def work() -> holding.HoldId:
        async with owner() as (_, transactions), transactions.begin() as tx:
            return await holding.set_hold(tx, operator(), scope=scope, reason=reason, now=CLOCK.now())

    print(f"held: {scope.value} (lift it with: kept hold lift {run(work())})")


@app.command()
def lift(hold: Annotated[UUID, typer.Argument(help="The hold's id, as `kept hold show` gives it.")]) -> None:
    """Let sending go on."""

    async def work() -> None:
        async with owner() as (_, transactions), transactions.begin() as tx:
            await holding.lift_hold(tx, operator(), hold, now=CLOCK.now())

    run(work())
    print("lifted")


@app.command()
def show() -> None:
    """List the holds that are in force."""

    async def work() -> list[Hold]:
        async with owner() as (_, transactions), transactions.begin() as tx:
            return await holding.holds_in_force(tx)

    found = run(work())
    for hold in found:
        print(f"{hold.id}  {hold.scope.value:10}  since {hold.set_at:%Y-%m-%d %H:%M}Z  {hold.reason}")
        if hold.ends_at is not None:
            print(f"    ends by itself at {hold.ends_at:%Y-%m-%d %H:%M}Z")
        if hold.awaits_comparison:
            done = hold.compared_at is not None
            print(f"    {'compared with Notify: it may be lifted' if done else 'being compared with Notify'}")
    if not found:
        print("nothing is held")
