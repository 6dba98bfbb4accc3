"""Schemes as the public process remembers them, for a second: a busy one would ask for the same rows
hundreds of times in it.

So a scheme that closes takes registrations for at most a second more, and a key that is retired is
sealed to for as long: what was sealed to it still opens.
"""

import time
from typing import Final

from service.database import Transactions
from service.schemes.reading import SchemeView, find_scheme

REMEMBERED: Final = 1.0
"""Seconds."""


class RecentSchemes:
    """Remembers schemes that are there. One that is not is asked for each time: names are made up at will."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._found: dict[str, tuple[float, SchemeView]] = {}

    async def find(self, slug: str) -> SchemeView:
        """The scheme called `slug`, as it was at most a second ago. Raises `NoSuchScheme`."""
        now = time.monotonic()
        until, scheme = self._found.get(slug, (0.0, None))
        if scheme is None or until <= now:
            async with self._transactions.begin() as tx:
                scheme = await find_scheme(tx, slug)
            self._found[slug] = (now + REMEMBERED, scheme)
        return scheme
