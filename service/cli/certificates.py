"""`kept certificate UPDATE_ID` prints one; `kept certificate verify FILE --key FILE` checks it offline."""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlmodel import col, select

from service.cli.failing import DID_NOT_HOLD
from service.cli.operating import owner, run
from service.deliveries.certificate import Signed, verify
from service.deliveries.tables import Certificate
from service.errors import Misconfigured, NotFound


class NoCertificate(NotFound):
    """There is no certificate of this update yet. Staff get one at /v1/updates/ID/certificate."""

    code = "no-certificate"


def add_to(parent: typer.Typer) -> None:
    parent.command()(certificate)


def certificate(
    what: Annotated[str, typer.Argument(metavar="UPDATE_ID|verify", help="An update's id, or verify.")],
    file: Annotated[Path | None, typer.Argument(help="With verify: the certificate's JSON.")] = None,
    key: Annotated[
        Path | None, typer.Option(help="With verify: the public key, in hex, as `kept keys list` gives it.")
    ] = None,
) -> None:
    """Print the newest certificate of an update, or verify one against a key given apart from it."""
    if what != "verify":
        print(json.dumps(_newest(_update_id(what)).as_json(), indent=2))
        return
    if file is None or key is None:
        raise Misconfigured("verify needs a file and a key: kept certificate verify FILE --key FILE")
    if not verify(_document(file), _public_key(key)):
        print("the certificate does not hold: it was altered, or signed with another key")
        raise typer.Exit(DID_NOT_HOLD)
    print("the certificate holds")


def _update_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Misconfigured("UPDATE_ID has to be an update's id, or the word verify") from None


def _newest(update_id: UUID) -> Signed:
    async def work() -> Signed:
        async with owner() as (_, transactions), transactions.begin() as tx:
            row = (
                await tx.exec(select(Certificate).where(col(Certificate.update_id) == update_id))
            ).one_or_none()
            if row is None or row.body is None or row.signature is None:
                raise NoCertificate
            return Signed(row.body, bytes(row.signature).hex())

    return run(work())


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"{file}: it cannot be read ({error.strerror})") from None
    except ValueError:
        raise Misconfigured(f"{file}: it is not JSON") from None
    if not isinstance(document, dict):
        raise Misconfigured(f"{file}: it is not a certificate")
    return document


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
