"""What an update costs and how it goes out, from its deliveries: what an approver sees before deciding."""

from collections import Counter
from typing import Final
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from service.database import Transaction
from service.deliveries.tables import Delivery
from service.registrations.words import Channel, Language
from service.updates.content import MESSAGES, Content, text_words
from service.updates.costs import Cost, segments
from service.updates.tables import Update
from service.updates.wording import text_message

# Who share a number, by their languages: they get one text, in each of these, with a link for each of them.
TEXTS = text("""
    SELECT languages, count(*) FROM (
        SELECT array_agg(told.language ORDER BY told.language) AS languages
        FROM deliveries d
        JOIN (
            SELECT contact_id, language FROM audience_members WHERE update_id = :update
            UNION ALL
            SELECT p.contact_id, m.language
            FROM passed_on p JOIN audience_members m USING (update_id, registration_id)
            WHERE p.update_id = :update
        ) told ON told.contact_id = d.contact_id
        WHERE d.update_id = :update AND d.channel = 'sms'
        GROUP BY d.contact_id
    ) numbers GROUP BY languages
""")

TOKEN: Final = "A" * 43
"""As long as the token of a link."""


async def by_channel(tx: Transaction, update: Update) -> dict[Channel, int]:
    """How many deliveries an update has by each channel. A draft has none: its people are not frozen."""
    counted: dict[str, int] = {}
    if update.planned:
        statement = select(Delivery.channel, func.count()).where(Delivery.update_id == update.id)
        counted = dict((await tx.exec(statement.group_by(col(Delivery.channel)))).all())
    return {channel: counted.get(channel, 0) for channel in MESSAGES}


async def cost(
    tx: Transaction, update_id: UUID, content: Content, planned: dict[Channel, int], *, public_url: str
) -> Cost:
    """What the texts and letters come to, with each person's own link as long as it will be."""
    in_segments = 0
    if planned[Channel.SMS]:
        words = text_words(content)
        for spoken, count in await tx.execute(TEXTS, {"update": update_id}):
            # Whoever speaks a language that there are no words in is told in the other.
            told = Counter(each if each in words else next(iter(words)) for each in map(Language, spoken))
            links = {
                language: [f"{public_url}/unsubscribe/{TOKEN}"] * people for language, people in told.items()
            }
            in_order = {language: links[language] for language in Language if language in links}
            in_segments += count * segments(text_message(words, in_order))
    return Cost(texts=planned[Channel.SMS], segments=in_segments, letters=planned[Channel.LETTER])
