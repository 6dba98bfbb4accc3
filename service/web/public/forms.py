"""Telling a person's form from a machine's, without a puzzle that a person could fail (security.md).

Two things give a machine away: it fills in a field that nobody sees, and it is done within two seconds of
the first page. Whoever is taken for one gets the same last page as everybody, and nothing is put into
the letterbox: a machine that is told what gave it away does better the next time. A person who is taken
for one all the same reads on that page what to do when no message comes.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from service.settings import PublicSettings
from service.web.public.secret import shared_secret

HONEYPOT: Final = "more_details"
"""The field that nobody sees (`templates/honeypot.html`). Its name is none that browsers fill in."""
SHOWN: Final = "shown"
"""The field with the signed time."""
QUICKEST: Final = timedelta(seconds=2)


class FormWatch:
    """Signs when a journey's first page was shown, and reads it at the end."""

    def __init__(self, settings: PublicSettings) -> None:
        self._secret = shared_secret(settings, b"forms")

    def shown(self, journey: str, *, now: datetime) -> str:
        """What the first page carries as `SHOWN`; for this journey's key and no other."""
        moment = str(round(now.timestamp() * 1000))
        return f"{moment}.{self._signature(journey, moment)}"

    def is_signed(self, journey: str, shown: object) -> bool:
        """Whether `shown` is what a page of ours carried. Where it is not, begin again: it is no sign
        of a machine, because a process that started anew may have another secret.
        """
        moment, _, signature = shown.partition(".") if isinstance(shown, str) else ("", "", "")
        return hmac.compare_digest(signature.encode(), self._signature(journey, moment).encode())

    def is_a_machine(self, sent: Mapping[str, object], shown: str, *, now: datetime) -> bool:
        """Whether to say "done" and do nothing. `sent` is a page's form; `shown` is signed."""
        began = datetime.fromtimestamp(int(shown.partition(".")[0]) / 1000, tz=now.tzinfo)
        return bool(sent.get(HONEYPOT)) or now - began < QUICKEST

    def _signature(self, journey: str, moment: str) -> str:
        return hmac.new(self._secret, f"{moment}/{journey}".encode(), sha256).hexdigest()
