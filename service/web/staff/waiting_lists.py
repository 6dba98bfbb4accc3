"""What waits on the first page because of lists: keys to confirm, decisions, downloads, lists to open."""

from collections.abc import Iterable

from service.database import Transaction
from service.exports import keys
from service.exports.reading import awaiting, own_exports
from service.exports.states import ExportState
from service.exports.tables import Export
from service.staff.principal import Staff
from service.staff.roles import Act
from service.web.staff import list_words as words
from service.web.staff.wording import counted, moment

Item = tuple[str, str, tuple[str, str], str]
"""Words, path, tag and its colour, and more words: the fields of `home.Waiting`."""


async def waiting_lists(tx: Transaction, staff: Staff) -> list[Item]:
    """What this person can do about lists and keys now."""
    found: list[Item] = []
    if staff.may(Act.CONFIRM_KEY):
        found += _keys(await keys.unconfirmed(tx, besides=staff.subject))
    if staff.may(Act.APPROVE_EXPORT):
        found += [
            _item(each, f"{words.people(each)}, asked for by {each.requested_by}.")
            for each in await awaiting(tx, staff)
        ]
    if staff.may(Act.REQUEST_EXPORT):
        found += _own(await own_exports(tx, staff, limit=20))
    return found


def _keys(count: int) -> Iterable[Item]:
    if count:
        said = counted(count, "key waits", "keys wait")
        yield (
            f"{said} to be confirmed",
            "/lists/keys",
            ("Waiting for you", "yellow"),
            "Its holder reads you the fingerprint.",
        )


def _own(lists: Iterable[Export]) -> Iterable[Item]:
    for each in lists:
        until = moment(each.expires_at) if each.expires_at is not None else ""
        if each.state is ExportState.READY:
            yield _item(each, f"You can download it once, until {until}.")
        if each.state is ExportState.DOWNLOADED:
            yield _item(each, f"You can open it until {until}.")


def _item(export: Export, more: str) -> Item:
    return words.title(export), f"/lists/{export.id}", words.STATES[export.state], more
