"""`kept keys list`: what the key store holds. Making and rotating keys of a scheme is `scheme apply`'s."""

import typer

from service.cli.operating import key_store
from service.crypto.keystore import Purpose
from service.crypto.private_keys import signing_public_half
from service.settings import OperatorSettings, load

app = typer.Typer(help="The keys of this installation.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="keys")


@app.command("list")
def list_keys() -> None:
    """List every key by purpose and id, and the public half that certificates are verified with."""
    keys = key_store(load(OperatorSettings))
    for name in keys.names():
        public = (
            f"  public {signing_public_half(keys.get(name)).hex()}" if name.purpose is Purpose.SIGNING else ""
        )
        print(f"{name.purpose.value:8} {name.number}{public}")
