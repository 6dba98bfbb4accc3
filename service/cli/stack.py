"""`kept up`, `kept run`, `kept token`: everything on one machine, and the demo.

They are programs of `deploy`, which the product never imports: these commands become them.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept.", file_okay=False)]
PortBase = Annotated[int, typer.Option(help="The first of five ports.", min=1, max=65531)]


def add_to(app: typer.Typer) -> None:
    app.command()(up)
    app.command("run")(run_main_job)
    app.command()(token)


def up(data_dir: DataDir = None, port_base: PortBase = 8000) -> None:
    """Run everything on this machine, and end it with Ctrl-C."""
    _become("deploy.one_machine", *_data_dir(data_dir), "--port-base", str(port_base))


def run_main_job(
    people: Annotated[Path, typer.Option(help="A CSV of people to register.", dir_okay=False)],
    update: Annotated[Path, typer.Option(help="A TOML of the update to publish.", dir_okay=False)],
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Do the main job from end to end: register, confirm, approve, send, certify, count."""
    _become(
        "deploy.demo.run",
        "--people",
        str(people),
        "--update",
        str(update),
        *_data_dir(data_dir),
        *(["--json"] if json else []),
    )


def token(
    person: Annotated[str, typer.Argument(help="A demo person, such as senior.")],
    port_base: PortBase = 8000,
) -> None:
    """Print an access token, good for an hour, from the running demo issuer."""
    _become("deploy.demo.token", person, "--port-base", str(port_base))


def _data_dir(given: Path | None) -> list[str]:
    return [] if given is None else ["--data-dir", str(given)]


def _become(module: str, *arguments: str) -> None:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606
