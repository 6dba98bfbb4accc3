"""Telling a machine's form from a person's, without a puzzle that a person could fail (security.md).

Two things give a machine away: it fills in a field that nobody sees, and it goes through a dozen pages
faster than anybody reads one. Whoever is taken for one gets the same last page as everybody, and nothing is
put into the letterbox: a machine that is told what gave it away does better the next time. A person who is
taken for one all the same reads on that page what to do when no message comes.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from service.registrations.journey import Answers

HONEYPOT: Final = "more_details"
"""The field that nobody sees (`templates/honeypot.html`). Its name is none that browsers fill in."""
BEGAN: Final = "began"
MARKS: Final = (HONEYPOT, BEGAN)
"""What is kept beside the answers, encrypted and authenticated as they are: nobody can write a time."""


def marks(before: Answers, sent: Mapping[str, object], *, now: datetime) -> Answers:
    """What to keep of a page that was just sent: when the first one was, and whether any filled the field."""
    kept: Answers = {BEGAN: before.get(BEGAN) or now.isoformat()}
    return kept | {HONEYPOT: "filled"} if before.get(HONEYPOT) or sent.get(HONEYPOT) else kept


def is_a_machine(before: Answers, sent: Mapping[str, object], *, quickest: timedelta, now: datetime) -> bool:
    """Whether to say "done" and do nothing. `before`: the marks until now; `sent`: the last page's form."""
    began = datetime.fromisoformat(str(before.get(BEGAN) or now.isoformat()))
    return bool(before.get(HONEYPOT) or sent.get(HONEYPOT)) or now - began < quickest
