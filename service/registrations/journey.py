"""Answers on their way through a form of several pages.

They lie in a table, encrypted under a random key that only the browser's cookie has, for an hour.
Whoever takes the table has neither the key nor the name of the row, which is the key's hash.
"""

import json
from typing import Final

from sqlalchemy import func, select

from service.crypto.browser_secret import BrowserSecret
from service.crypto.canonical import canonical_json
from service.database import Transaction

PURPOSE: Final = "journey"

Answers = dict[str, str | list[str]]
"""By field of `RegistrationForm`, as they were given."""


async def remember(tx: Transaction, browser: BrowserSecret, answers: Answers) -> None:
    """Keep `answers` for `browser` for an hour, in place of what was there."""
    encrypted = browser.encrypt(PURPOSE, canonical_json(answers))
    await tx.execute(select(func.journey_put(browser.row(PURPOSE), encrypted)))


async def recall(tx: Transaction, browser: BrowserSecret) -> Answers | None:
    """The answers kept for `browser`; None where there are none, or no more."""
    encrypted = await tx.scalar(select(func.journey_get(browser.row(PURPOSE))))
    known = browser.decrypt(PURPOSE, encrypted) if encrypted is not None else None
    if known is None:
        return None
    answers: Answers = json.loads(known)
    return answers


async def forget(tx: Transaction, browser: BrowserSecret) -> None:
    """Drop what is kept for `browser`."""
    await tx.execute(select(func.journey_end(browser.row(PURPOSE))))
