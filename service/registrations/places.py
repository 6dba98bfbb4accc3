"""Where each sealed value of this feature lies: it opens there and nowhere else."""

from uuid import UUID

from service.crypto.envelope import Place


def intake_place(row: UUID) -> Place:
    return Place("intake", "sealed", row)


def contact_place(row: UUID) -> Place:
    return Place("contacts", "sealed", row)


def profile_place(row: UUID) -> Place:
    return Place("registrations", "sealed_profile", row)


def change_place(row: UUID) -> Place:
    return Place("confirmations", "sealed_change", row)
