"""Which browser is signed in as whom. Kept in memory: a restart asks everybody again."""

import secrets
from collections import OrderedDict
from typing import Final

from deploy.demo.issuer.tokens import SignedIn

COOKIE: Final = "kept_demo_issuer"
# The oldest goes; a demo never has as many.
_AT_MOST: Final = 1000


class Sessions:
    """Browsers by the random id in their cookie."""

    def __init__(self) -> None:
        self._signed_in: OrderedDict[str, SignedIn] = OrderedDict()

    def start(self, who: SignedIn) -> str:
        """Remember them, under a new id for the cookie."""
        session = secrets.token_urlsafe(32)
        self._signed_in[session] = who
        if len(self._signed_in) > _AT_MOST:
            self._signed_in.popitem(last=False)
        return session

    def find(self, session: str | None) -> SignedIn | None:
        """Who this browser is signed in as."""
        return self._signed_in.get(session) if session else None

    def end(self, session: str | None) -> None:
        """Forget it, if it is known."""
        if session:
            self._signed_in.pop(session, None)
