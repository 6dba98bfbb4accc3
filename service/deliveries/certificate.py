"""The certificate of an update: what became of everybody, signed, with no personal data.

Staff ask, a worker that holds the signing key makes it, anybody with the public key verifies it
offline (`kept certificate verify`). The public key is published apart from it.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from service.audit import chain
from service.audit.events import CertificateSigned
from service.crypto.canonical import canonical_json
from service.crypto.signing import Signed, signed_body
from service.database import Transaction
from service.deliveries import merkle
from service.deliveries.states import AWAITING_RECEIPT, UNSENT, DeliveryState
from service.deliveries.tables import Certificate, Delivery, Duplicate
from service.errors import Conflict
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates.drafting import current_version, locked
from service.updates.states import UpdateState
from service.updates.tables import Update

FORMAT: Final = "kept-informed/certificate/v1"
ACTOR: Final = "worker:certify"
FROM_THE_FIRST_MESSAGE_ON: Final = frozenset({UpdateState.SENDING, UpdateState.HALTED, UpdateState.SENT})


class NoCertificateYet(Conflict):
    """There is a certificate from the first message on."""

    code = "no-certificate-yet"


async def ask(tx: Transaction, staff: Staff, update_id: UUID, *, now: datetime) -> None:
    """Ask for a certificate as of now. Raises `NoCertificateYet`."""
    require(staff, Act.READ_CERTIFICATES)
    update = (await tx.exec(select(Update).where(Update.id == update_id))).one_or_none()
    if update is None or update.state not in FROM_THE_FIRST_MESSAGE_ON:
        raise NoCertificateYet
    await tx.execute(
        insert(Certificate)
        .values(update_id=update_id, asked_at=now)
        .on_conflict_do_update(index_elements=[col(Certificate.update_id)], set_={"asked_at": now})
    )


async def made_since(tx: Transaction, update_id: UUID, asked: datetime) -> Signed | None:
    """The certificate, if one was made at `asked` or later."""
    row = (await tx.exec(select(Certificate).where(Certificate.update_id == update_id))).one_or_none()
    if row is None or row.made_at is None or row.made_at < asked or row.body is None or row.signature is None:
        return None
    return Signed(row.body, bytes(row.signature).hex())


async def asked_for(tx: Transaction) -> list[UUID]:
    """The updates whose certificate was asked for and not made since."""
    found = await tx.exec(
        select(Certificate.update_id).where(
            or_(col(Certificate.made_at).is_(None), col(Certificate.made_at) < col(Certificate.asked_at))
        )
    )
    return list(found.all())


async def make(
    tx: Transaction, update_id: UUID, key: Ed25519PrivateKey, *, remembered: timedelta, now: datetime
) -> None:
    """Make and sign the certificate of an update as it is now."""
    update = await locked(tx, update_id)
    version = await current_version(tx, update)
    counted, root = await _read_ledger(tx, update_id)
    final = not any(counted[state.value] for state in UNSENT) and not await _awaits(
        tx, update_id, since=now - remembered
    )
    duplicates = await tx.scalar(
        select(func.count())
        .select_from(Duplicate)
        .where(col(Duplicate.delivery_id).in_(select(Delivery.id).where(Delivery.update_id == update_id)))
    )
    body = {
        "format": FORMAT,
        "update": str(update_id),
        "content_sha256": version.content_sha256,
        "audience_sha256": update.audience_sha256,
        "planned": update.planned,
        "outcomes": counted,
        "duplicates": duplicates or 0,
        "root": root.hex(),
        "final": final,
        "made_at": now.isoformat(),
    }
    row = (await tx.exec(select(Certificate).where(Certificate.update_id == update_id))).one()
    row.body, row.signature, row.made_at = body, key.sign(canonical_json(body)), now
    tx.add(row)
    await tx.flush()
    await chain.append(
        tx,
        CertificateSigned(actor=ACTOR, update=update_id, root=root.hex(), final=final),
        now=now,
    )


def verify(document: dict[str, Any], public_key: bytes) -> bool:
    """Whether `document` is a certificate signed with this key, and its counts add up."""
    body = signed_body(document, public_key)
    try:
        return body is not None and bool(
            body["format"] == FORMAT and sum(body["outcomes"].values()) == body["planned"]
        )
    except (KeyError, TypeError, AttributeError):
        return False


async def _awaits(tx: Transaction, update_id: UUID, *, since: datetime) -> bool:
    """Whether a receipt may still come: past the days that Notify remembers, nobody will ever know."""
    awaited = select(Delivery.id).where(
        Delivery.update_id == update_id,
        col(Delivery.state).in_(AWAITING_RECEIPT),
        col(Delivery.changed_at) > since,
    )
    return (await tx.exec(awaited.limit(1))).first() is not None


async def _read_ledger(tx: Transaction, update_id: UUID) -> tuple[dict[str, int], bytes]:
    """The counts and the root, from one reading of the rows, so that they are of the same moment."""
    rows = await tx.stream(
        sa_select(col(Delivery.id), col(Delivery.state))
        .where(col(Delivery.update_id) == update_id)
        .order_by(col(Delivery.id))
        .execution_options(yield_per=5000)
    )
    counted = dict.fromkeys((state.value for state in DeliveryState), 0)
    tree = merkle.Tree()
    async for delivery_id, state in rows:
        counted[state.value] += 1
        tree.add(merkle.leaf(delivery_id, state.value))
    return counted, tree.root()
