"""That one delivery's outcome is in a certificate: made from the ledger, checked offline.

Whoever holds a certificate and one proof learns one delivery's outcome and nothing of any other.
"""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select as sa_select
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries import merkle
from service.deliveries.tables import Certificate, Delivery
from service.errors import Conflict, NotFound


class NoCertificate(NotFound):
    """There is no certificate of this update yet. Staff get one at /v1/updates/ID/certificate."""

    code = "no-certificate"


class NoSuchDelivery(NotFound):
    """This update has no delivery of this id."""

    code = "no-such-delivery"


class NotAProof(ValueError):
    """It has not the fields of a proof."""


class LedgerMovedOn(Conflict):
    """Outcomes have changed since the newest certificate: ask for a new one, and prove against that."""

    code = "ledger-moved-on"


@dataclass(frozen=True)
class Proof:
    """That `delivery` of `update` is certified as `state`."""

    update: UUID
    delivery: UUID
    state: str
    inclusion: merkle.Inclusion

    def as_json(self) -> dict[str, Any]:
        return {
            "update": str(self.update),
            "delivery": str(self.delivery),
            "state": self.state,
            "index": self.inclusion.index,
            "size": self.inclusion.size,
            "path": [beside.hex() for beside in self.inclusion.path],
        }

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """`document` as a proof. Raises `NotAProof`."""
        try:
            index, size, state = document["index"], document["size"], document["state"]
            path = tuple(bytes.fromhex(beside) for beside in document["path"])
            update, delivery = UUID(document["update"]), UUID(document["delivery"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise NotAProof from error
        if type(index) is not int or type(size) is not int or not isinstance(state, str):
            raise NotAProof
        return cls(update, delivery, state, merkle.Inclusion(index, size, path))


async def prove(tx: Transaction, update_id: UUID, delivery_id: UUID) -> Proof:
    """The proof for one delivery, against the newest certificate of its update.

    Raises `NoCertificate`, `NoSuchDelivery`, `LedgerMovedOn`.
    """
    signed = (await tx.exec(select(Certificate.body).where(Certificate.update_id == update_id))).one_or_none()
    if signed is None:
        raise NoCertificate
    rows = await tx.stream(
        # In the order that the certificate's tree has.
        sa_select(col(Delivery.id), col(Delivery.state))
        .where(col(Delivery.update_id) == update_id)
        .order_by(col(Delivery.id))
        .execution_options(yield_per=5000)
    )
    tree, found = merkle.Tree(), ""
    async for each, state in rows:
        if each == delivery_id:
            found = state.value
        tree.add(merkle.leaf(each, state.value), follow=each == delivery_id)
    inclusion = tree.inclusion()
    if inclusion is None:
        raise NoSuchDelivery
    if tree.root().hex() != signed["root"]:
        raise LedgerMovedOn
    return Proof(update_id, delivery_id, found, inclusion)


def proves(certificate: dict[str, Any], proof: Proof) -> bool:
    """Whether `proof` holds against a certificate that was verified."""
    return (
        certificate["update"] == str(proof.update)
        and certificate["planned"] == proof.inclusion.size
        and merkle.includes(
            bytes.fromhex(certificate["root"]),
            merkle.leaf(proof.delivery, proof.state),
            index=proof.inclusion.index,
            size=proof.inclusion.size,
            path=proof.inclusion.path,
        )
    )
