"""`kept scheme apply FILE.toml` and `kept scheme show SLUG`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from service.cli.operating import CLOCK, actor, key_store, owner, run
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from service.schemes.public_list import waiting
from service.schemes.reading import find_scheme, public_list

app = typer.Typer(help="Make, change and show schemes.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="scheme")


@app.command("apply")
def apply_file(file: Annotated[Path, typer.Argument(help="The scheme's TOML.")]) -> None:
    """Make the scheme what FILE says. Running it again changes nothing."""
    described = read_scheme_file(file)

    async def work() -> int:
        async with owner() as (settings, transactions):
            keys = key_store(settings)
            async with transactions.begin() as tx:
                scheme = await apply(tx, described, keys, actor=actor(), now=CLOCK.now())
                return len(await waiting(tx, scheme))

    left = run(work())
    print(f"the scheme {described.slug} is as {file} says")
    if left:
        waits = "1 change waits" if left == 1 else f"{left} changes wait"
        print(
            f"but for its public list: {waits} until a second person agrees, "
            f"at /schemes/{described.slug} on the staff host"
        )


@app.command()
def show(slug: Annotated[str, typer.Argument(help="The scheme's name in URLs.")]) -> None:
    """Print a scheme as JSON."""

    async def work() -> dict[str, object]:
        async with owner() as (_, transactions), transactions.begin() as tx:
            scheme = await find_scheme(tx, slug)
            details = await public_list(tx, scheme.id)
            return {
                "slug": scheme.slug,
                "name": dict(scheme.name),
                "open": scheme.open,
                "closed_on": scheme.closed_on.isoformat() if scheme.closed_on else None,
                "topics": [{"code": topic.code, "en": topic.en, "cy": topic.cy} for topic in scheme.topics],
                "public_list": {key: sorted(values) for key, values in vars(details).items()},
                "sealing_key": scheme.sealing_key.key_id if scheme.sealing_key else None,
            }

    print(json.dumps(run(work()), indent=2, ensure_ascii=False))
