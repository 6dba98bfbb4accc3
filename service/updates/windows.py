"""When an approved update may leave: the hold window, its author's time, the scheme's hours, a word.

What its author wants of it is part of what is approved; the hours are the scheme's, as they are at the time.
"""

from datetime import datetime

from service.database import Transaction
from service.schemes.hours import SendingHours
from service.schemes.reading import sending_hours
from service.updates.content import Content, send_time, waits_for_word
from service.updates.tables import Update


def wrong_time(send_at: datetime, hours: SendingHours, *, now: datetime) -> str | None:
    """The rule that an author's time breaks."""
    if send_at < now:
        return "It is in the past"
    if not hours.allow(send_at):
        return f"It is outside the hours in which this scheme writes to people: {hours}"
    return None


async def not_before(
    tx: Transaction, update: Update, content: Content, *, held_until: datetime, urgent: bool
) -> datetime | None:
    """When the first message of `update` may leave; None while it waits for somebody's word.

    `held_until` is the end of its hold window. What is urgent does not wait for the morning.
    """
    if waits_for_word(content) and update.word_at is None:
        return None
    at = max(held_until, send_time(content) or held_until)
    return at if urgent else (await sending_hours(tx, update.scheme_id)).next_from(at)
