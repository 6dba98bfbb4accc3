"""Where a person's answers are while they fill in the form: see `service.registrations.journey`.

The browser's cookie holds the only key, one for each scheme's form. Each page's form carries a proof
made with that key over what the page showed: another site cannot make it, and a form that a second tab
has overtaken no longer fits.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service.crypto.canonical import canonical_json
from service.database import Transaction
from service.registrations import journey

KEY_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
FINISHED: Final = {"finished": "yes"}
"""What is kept in place of the answers, so that a button pressed twice is no error."""


@dataclass(frozen=True)
class Journey:
    """One person's way through the form of one scheme."""

    scheme: str
    key: str
    answers: dict[str, str] | None = None
    """None where nothing is kept: it begins, or its hour is over."""

    @property
    def is_finished(self) -> bool:
        return self.answers == FINISHED

    def proof(self, of: str) -> str:
        """What the form of a page carries; `of` says which page."""
        shown = canonical_json({"page": of, "answers": self.answers or {}})
        return hmac.new(self.key.encode(), b"form/v1" + shown, sha256).hexdigest()

    def proves(self, proof: object, of: str) -> bool:
        """Whether `proof` came from the page `of`, made for this browser, showing these answers."""
        return isinstance(proof, str) and hmac.compare_digest(proof.encode(), self.proof(of).encode())

    def keep_key(self, response: Response) -> None:
        """Give the browser the key. `__Host-`: no other host can set or read it."""
        response.set_cookie(cookie_name(self.scheme), self.key, secure=True, httponly=True, samesite="lax")


def cookie_name(scheme: str) -> str:
    return f"__Host-registering-{scheme}"


def begun(scheme: str) -> Journey:
    """A new one."""
    return Journey(scheme, journey.new_key())


async def resumed(tx: Transaction, request: Request, scheme: str) -> Journey | None:
    """The one that this browser has the key of; None where it has none."""
    key = request.cookies.get(cookie_name(scheme), "")
    if KEY_SHAPE.fullmatch(key) is None:
        return None
    return Journey(scheme, key, await journey.recall(tx, key))
