"""STOP by text: a number gets no more texts, in any scheme, whoever shares it.

Notify's services have a number each and schemes may share one, so that a reply does not say which scheme
it means. It is taken for all of them: somebody who says stop must not be texted again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from service.crypto.blind_index import BlindIndex
from service.database import Transaction

# Taken away, and not only unconfirmed: what is unconfirmed would be asked about again, by a text.
NO_MORE_TEXTS = text("""
    WITH gone AS (
        DELETE FROM registration_contacts rc USING contacts c
        WHERE c.id = rc.contact_id AND c.channel = 'sms' AND c.blind_index = ANY (:numbers)
        RETURNING rc.registration_id
    )
    UPDATE registrations r SET contact_by = array_remove(r.contact_by, 'sms')
    FROM gone WHERE r.id = gone.registration_id
    RETURNING r.id
""")

# Who has no other way is left with nothing to be told by: they have left. A registration that waits to be
# confirmed elsewhere goes on waiting.
LEAVE = text("""
    UPDATE registrations r SET state = 'left', left_at = :now
    WHERE r.id = ANY (:registrations) AND r.state <> 'left' AND NOT EXISTS (
        SELECT FROM registration_contacts rc
        WHERE rc.registration_id = r.id AND (rc.confirmed_at IS NOT NULL OR r.state = 'pending')
    )
""")

# What asks them to confirm is a text as well. A code that is out there has nothing left to confirm.
ASK_NO_MORE = text("""
    DELETE FROM confirmations f USING contacts c
    WHERE c.id = f.contact_id AND c.channel = 'sms' AND c.blind_index = ANY (:numbers) AND f.state = 'due'
""")


async def stop_texts(tx: Transaction, numbers: Sequence[BlindIndex], *, now: datetime) -> None:
    """Take texts away from everybody at these numbers; whoever had no other channel has left."""
    told = await tx.execute(NO_MORE_TEXTS, {"numbers": numbers})
    await tx.execute(LEAVE, {"registrations": list(told.scalars()), "now": now})
    await tx.execute(ASK_NO_MORE, {"numbers": numbers})
