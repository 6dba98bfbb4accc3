"""A correction: another update to exactly those whom one reached, with its words to change.

Its audience names the update, and no list of people: who that is, is found out when it is prepared. It is
in the archive only where what it corrects is.
"""

from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from service.database import Transaction
from service.updates.body import UpdateBody, UpdateDraft
from service.updates.content import Content, body_of
from service.updates.states import WrongState
from service.updates.tables import Update, UpdateVersion

LONGEST_TITLE: Final = 200
CORRECTION: Final = "Correction: "


class NobodyReached(WrongState):
    """Nothing of this update has left, so there is nobody to write to again. Edit it instead."""

    code = "nobody-reached"


def correction_of(update: Update, content: Content) -> dict[str, Any]:
    """The body of a correction, as its author finds it. Raises `NobodyReached`."""
    if update.sending_since is None:
        raise NobodyReached
    title = content["title"].removeprefix(CORRECTION)
    return {
        **body_of(content),
        "title": f"{CORRECTION}{title}"[:LONGEST_TITLE],
        "audience": {"reached_by": update.id},
        "send_at": None,
        "on_word": False,
        "publish": in_the_archive(content),
    }


async def wrong_with_what_it_corrects(
    tx: Transaction, scheme_id: UUID, body: UpdateBody | UpdateDraft
) -> dict[str, str]:
    """The rules that `body` breaks where it is for those whom another update reached, by field."""
    if body.audience.reached_by is None:
        return {}
    content = await _content_of(tx, scheme_id, body.audience.reached_by)
    if content is None:
        return {"audience.reached_by": "It is not one of the scheme's updates"}
    if body.publish and not in_the_archive(content):
        return {"publish": "What it corrects is not in the archive, and it cannot be either"}
    return {}


def in_the_archive(content: Content) -> bool:
    """Whether everybody may read it, once it is being sent (migrations/sql/0006_archive.sql)."""
    return bool(content.get("publish", False)) and "registrations" not in content["audience"]


async def _content_of(tx: Transaction, scheme_id: UUID, update_id: UUID) -> Content | None:
    found = await tx.exec(
        select(UpdateVersion.content)
        .join(Update, col(Update.id) == col(UpdateVersion.update_id))
        .where(
            Update.id == update_id,
            Update.scheme_id == scheme_id,
            col(Update.version) == col(UpdateVersion.version),
        )
    )
    content = found.one_or_none()
    return dict(content) if content is not None else None
