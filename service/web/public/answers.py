"""Where a person's answers are while they fill in the form: see `service.registrations.journey`.

The browser's cookie holds the only key, one for each scheme's form. Each page's form carries a proof
made with that key: another site cannot make it. That of the check page is over the answers too, so that
nobody registers what a second tab has changed meanwhile.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service.crypto.browser_secret import BrowserSecret
from service.crypto.canonical import canonical_json
from service.database import Transaction
from service.registrations import journey
from service.registrations.journey import Answers
from service.web.public.forms import MARKS

FINISHED: Final = "finished"


@dataclass(frozen=True)
class Journey:
    """One person's way through the form of one scheme."""

    scheme: str
    key: BrowserSecret
    answers: Answers | None = None
    """None where nothing is kept: it begins, or its hour is over."""
    marks: Answers = field(default_factory=dict)
    """What tells a machine's form from a person's (`forms`)."""

    @property
    def is_finished(self) -> bool:
        return self.answers is not None and FINISHED in self.answers

    @property
    def ways(self) -> list[str]:
        """How whoever has finished wants to be told; empty where that is not known any more."""
        return list(self.answers["contact_by"]) if self.answers and self.is_finished else []

    @property
    def challenge(self) -> str | None:
        """What the code of their text is checked with."""
        kept = self.answers.get("challenge") if self.answers and self.is_finished else None
        return kept if isinstance(kept, str) else None

    def proof(self, page: str, shown: Answers | None = None) -> str:
        """What the form of `page` carries. `shown`: the answers that it is about to send."""
        about = canonical_json({"page": page, "answers": shown or {}})
        return self.key.token(f"form/{about.decode()}")

    def proves(self, proof: object, page: str, shown: Answers | None = None) -> bool:
        """Whether `proof` came from `page`, made for this browser, showing these answers."""
        return isinstance(proof, str) and hmac.compare_digest(
            proof.encode(), self.proof(page, shown).encode()
        )

    def keep_key(self, response: Response) -> None:
        """Give the browser the key. `__Host-`: no other host can set or read it."""
        response.set_cookie(
            cookie_name(self.scheme), self.key.value, secure=True, httponly=True, samesite="lax"
        )


def cookie_name(scheme: str) -> str:
    return f"__Host-registering-{scheme}"


def finished(answers: Answers, challenge: str | None) -> Answers:
    """What is kept in place of `answers` once they are sent: nothing that says who it was.

    A button pressed twice is then no error, and the last page knows what to say, and takes a text's code.
    """
    kept: Answers = {FINISHED: "yes", "contact_by": answers["contact_by"]}
    return kept if challenge is None else kept | {"challenge": challenge}


def begun(scheme: str) -> Journey:
    """A new one."""
    return Journey(scheme, BrowserSecret.new())


async def resumed(tx: Transaction, request: Request, scheme: str) -> Journey | None:
    """The one that this browser has the key of; None where it has none."""
    key = BrowserSecret.of(request.cookies.get(cookie_name(scheme)))
    if key is None:
        return None
    kept = await journey.recall(tx, key)
    if kept is None:
        return Journey(scheme, key)
    marks: Answers = {name: kept.pop(name) for name in MARKS if name in kept}
    return Journey(scheme, key, kept, marks)
