"""Somebody's details in a draft: workers find out whether they are a registrant's, and say so to the few.

Whoever wrote them learns that they block, and no more: else anybody who may write a draft could find out
whether somebody is registered (docs/decisions/0011).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from service.database import Transaction
from service.errands.asking import put
from service.errands.tables import ErrandKind
from service.notify.details import find_details
from service.schemes.reading import SchemeView, public_list
from service.staff.principal import Staff
from service.updates.body import UpdateBody, UpdateDraft

MOST: Final = 1000
"""Details of one draft that are looked up. Whoever pasted a list has named a registrant among the first."""


async def report_details(
    tx: Transaction,
    staff: Staff,
    scheme: SchemeView,
    update_id: UUID,
    body: UpdateBody | UpdateDraft,
    *,
    now: datetime,
) -> None:
    """Seal to the workers what is off the public list in `body`, as it was typed, before it is blacked out.

    Nobody waits for the answer, and the staff process never gets it.
    """
    if scheme.sealing_key is None:
        return  # Nobody can have registered yet.
    allowed = await public_list(tx, scheme.id)
    # Each text apart: the end of one and the beginning of the next are no number.
    found = [find_details(text).without(allowed.emails, allowed.phones) for text in _typed(body)]
    if any(found):
        asked = {
            "update": str(update_id),
            "emails": sorted(frozenset().union(*(each.emails for each in found)))[:MOST],
            "phones": sorted(frozenset().union(*(each.phones for each in found)))[:MOST],
        }
        await put(tx, staff, ErrandKind.KNOWN_DETAILS, scheme, asked, now=now)


def _typed(body: UpdateBody | UpdateDraft) -> list[str]:
    """Every text of it."""
    emails = [text for words in body.email.values() for text in (words.subject, words.body)]
    letters = [text for words in (body.letter or {}).values() for text in (words.heading, words.body)]
    return [body.title, *emails, *(body.sms or {}).values(), *letters]
