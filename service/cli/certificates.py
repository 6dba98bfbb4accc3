"""`kept certificate UPDATE_ID` prints one, `prove` proves one outcome, `verify` checks both offline."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from sqlmodel import col, select
from typer.core import TyperGroup

from service.cli.failing import DID_NOT_HOLD
from service.cli.operating import Result, owner, run
from service.crypto.signing import Signed
from service.database import Transaction
from service.deliveries import certificate, proving
from service.deliveries.proving import NoCertificate, NotAProof, Proof
from service.deliveries.tables import Certificate
from service.errors import Misconfigured
from service.exports import manifest

SHOW = "show"


class ShowsById(TyperGroup):
    """`kept certificate UPDATE_ID` is `kept certificate show UPDATE_ID`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        begins_with_an_id = args and args[0] not in self.commands and not args[0].startswith("-")
        return super().parse_args(ctx, [SHOW, *args] if begins_with_an_id else args)


app = typer.Typer(
    cls=ShowsById,
    help="What became of everybody an update was for. `kept certificate UPDATE_ID` prints it.",
    no_args_is_help=True,
    subcommand_metavar="UPDATE_ID | COMMAND [ARGS]...",
)

UpdateId = Annotated[str, typer.Argument(metavar="UPDATE_ID", help="The update's id.")]


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="certificate")


@app.command(SHOW)
def show(update: UpdateId) -> None:
    """Print the newest certificate of an update."""
    update_id = _id(update, "UPDATE_ID has to be an update's id, or the word verify or prove")
    print(json.dumps(_as_owner(lambda tx: _newest(tx, update_id)).as_json(), indent=2))


@app.command()
def prove(
    update: UpdateId,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY_ID", help="The delivery's id in the ledger.")],
) -> None:
    """Print the proof that one delivery's outcome is in the newest certificate of its update."""
    update_id = _id(update, "UPDATE_ID has to be an update's id")
    delivery_id = _id(delivery, "DELIVERY_ID has to be a delivery's id")
    proof = _as_owner(lambda tx: proving.prove(tx, update_id, delivery_id))
    print(json.dumps(proof.as_json(), indent=2))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate's JSON.")],
    key: Annotated[Path, typer.Option(help="The public key, in hex, as `kept keys list` gives it.")],
    proof: Annotated[Path | None, typer.Option(help="A proof, as `kept certificate prove` gives it.")] = None,
) -> None:
    """Verify a certificate, and a proof against it, or a list's manifest. Needs no database."""
    document, public_key = _document(file, "a certificate"), _public_key(key)
    if document.get("format") == manifest.FORMAT:
        _verify_manifest(document, public_key)
        return
    proved = _proof(proof) if proof is not None else None
    if not certificate.verify(document, public_key):
        _fail("the certificate does not hold: it was altered, or signed with another key")
    if proved is None:
        print("the certificate holds")
    elif proving.proves(document, proved):
        print(f"the certificate holds, and proves delivery {proved.delivery} to be {proved.state}")
    else:
        _fail("the proof does not hold: it was altered, or belongs to another certificate")


def _verify_manifest(document: dict[str, Any], public_key: bytes) -> None:
    if not manifest.verify(document, public_key):
        _fail("the manifest does not hold: it was altered, or signed with another key")
    print(f"the manifest holds: a list of {document['rows']} rows, SHA-256 {document['sha256']}")


def _fail(why: str) -> NoReturn:
    print(why)
    raise typer.Exit(DID_NOT_HOLD)


def _id(text: str, rule: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Misconfigured(rule) from None


def _as_owner(act: Callable[[Transaction], Awaitable[Result]]) -> Result:
    async def work() -> Result:
        async with owner() as (_, transactions), transactions.begin() as tx:
            return await act(tx)

    return run(work())


async def _newest(tx: Transaction, update_id: UUID) -> Signed:
    row = (await tx.exec(select(Certificate).where(col(Certificate.update_id) == update_id))).one_or_none()
    if row is None or row.body is None or row.signature is None:
        raise NoCertificate
    return Signed(row.body, bytes(row.signature).hex())


def _document(file: Path, kind: str) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"{file}: it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise Misconfigured(f"{file}: it is not JSON") from None
    if not isinstance(document, dict):
        raise Misconfigured(f"{file}: it is not {kind}")
    return document


def _proof(file: Path) -> Proof:
    try:
        return Proof.read(_document(file, "a proof"))
    except NotAProof:
        raise Misconfigured(f"{file}: it is not a proof, as `kept certificate prove` gives it") from None


def _public_key(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise Misconfigured(f"{file}: it cannot be read ({error.strerror})") from None
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Misconfigured(f"{file}: it has to hold a public key, 64 digits of hex")
    return key
