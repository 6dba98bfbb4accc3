"""Schemes as the public process remembers them, for a second: a busy one would ask for the same rows
hundreds of times in it.

So a scheme that closes takes registrations for at most a second more, and a key that is retired is
sealed to for as long: what was sealed to it still opens.
"""

import time
from typing import Final

from service.database import Transactions
from service.schemes.reading import NoSuchScheme, SchemeView, all_schemes
from service.web.together import Together

REMEMBERED: Final = 1.0
"""Seconds."""


class RecentSchemes:
    """Remembers the schemes that are there. Another name is looked for each time: it may be a new one."""

    def __init__(self, transactions: Transactions, *, seconds: float = REMEMBERED) -> None:
        self._transactions = transactions
        self._seconds = seconds
        self._found: dict[str, SchemeView] = {}
        self._until = 0.0
        self._together = Together(self._look)

    async def find(self, slug: str) -> SchemeView:
        """The scheme called `slug`, as it was at most a second ago. Raises `NoSuchScheme`."""
        scheme = self._found.get(slug) if time.monotonic() < self._until else None
        scheme = scheme or await self._together.do(slug)
        if scheme is None:
            raise NoSuchScheme
        return scheme

    async def _look(self, slugs: list[str]) -> list[SchemeView | None]:
        until = time.monotonic() + self._seconds
        async with self._transactions.begin() as tx:
            self._found = {scheme.slug: scheme for scheme in await all_schemes(tx)}
        self._until = until
        return [self._found.get(slug) for slug in slugs]
