"""What goes wrong on purpose: at which point of a POST, and what the sender then sees.

A fault is `position:symptom`. Source of the list: notify.md "Hard cases" and "The stand-in". README.md
explains each.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

# Where in a request. Everything that refuses a request comes first: a fault hits what would have been
# accepted.
POSITIONS: Final = {
    "before-commit": "nothing is kept, nothing is sent",
    "after-commit": "the row is kept as `created`; it is queued only when Notify's own replay finds it",
    "after-queueing": "kept and sent",
    "commit-then-delete": "kept, found by look-ups for `seconds`, then deleted; nothing is sent",
    "late-commit": "the sender sees the symptom at once; the row is kept and sent `seconds` later",
    "look-up": "a GET under /v2/notifications",
}
# What the sender sees.
SYMPTOMS: Final = {
    "stall": "no answer for `seconds`; then what is true at this position: 201 where it was sent, else 504",
    "reset": "the connection is reset without an answer",
    "truncation": "the answer stops half way and the connection is closed",
    "trickle": "the answer comes a byte at a time, all of it within `seconds`",
    "html-403": "a proxy's HTML page",
    "html-404": "a proxy's HTML page",
    "html-429": "a proxy's HTML page",
    "html-502": "a proxy's HTML page",
    "html-503": "a proxy's HTML page",
    "json-504": "Notify's own `Timeout serving request`",
    "not-json-201": "201, and a body that is not JSON",
    "error-500": "Notify's own `Internal server error`",
    "v1-404": "404 in the shape of an unknown route",
    "proxy-400": "400 of a proxy, not in Notify's shape",
    "proxy-other-400": "400 of a proxy around a body in Notify's shape, whose `status_code` is another",
    "miss": "an empty list, or 404 (only at `look-up`)",
}
DEFAULT_SYMPTOM: Final = {"late-commit": "reset", "commit-then-delete": "error-500"}
DEFAULT_SECONDS: Final = 5.0


class WrongFault(Exception):
    """The plan of faults cannot be understood."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    position: str
    symptom: str
    seconds: float = DEFAULT_SECONDS

    @property
    def name(self) -> str:
        return f"{self.position}:{self.symptom}"


@dataclass(slots=True)
class Planned:
    """A fault that is to strike some times more, and whom."""

    fault: Fault
    times: int
    to: str | None = None
    reference: str | None = None

    def strikes(self, inbox: str | None, reference: str | None) -> bool:
        if self.to is not None and self.to != inbox:
            return False
        return self.reference is None or (reference or "").startswith(self.reference)


@dataclass(slots=True)
class Faults:
    """The plan, which comes first, and the odds."""

    plan: list[Planned] = field(default_factory=list)
    odds: list[tuple[Fault, float]] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    _chance: random.Random = field(default_factory=random.Random)

    def for_send(self, inbox: str, reference: str | None) -> Fault | None:
        """What strikes this POST, if anything does."""
        if not self.plan and not self.odds:
            return None
        return self._next(inbox, reference, look_up=False)

    def for_look_up(self, reference: str | None) -> Fault | None:
        """What strikes this GET, if anything does."""
        if not self.plan and not self.odds:
            return None
        return self._next(None, reference, look_up=True)

    def _next(self, inbox: str | None, reference: str | None, *, look_up: bool) -> Fault | None:
        for planned in self.plan:
            if (planned.fault.position == "look-up") is look_up and planned.strikes(inbox, reference):
                planned.times -= 1
                if planned.times == 0:
                    self.plan.remove(planned)
                self.struck[planned.fault.name] += 1
                return planned.fault
        odds = [one for one in self.odds if (one[0].position == "look-up") is look_up]
        if not odds:
            return None
        drawn = self._chance.random()
        for fault, probability in odds:
            if drawn < probability:
                self.struck[fault.name] += 1
                return fault
            drawn -= probability
        return None

    def add(self, told: Any) -> None:
        """Take a plan (a list), or odds (an object with `probability`), or both. Raises `WrongFault`."""
        if isinstance(told, list):
            told = {"plan": told}
        if not isinstance(told, dict) or told.keys() - {"plan", "probability", "seed", "seconds"}:
            raise WrongFault("a list of planned faults, or an object with plan, probability, seed, seconds")
        plan = [_planned(one) for one in told.get("plan", [])]
        seconds = told.get("seconds", DEFAULT_SECONDS)
        odds = [(understood(name, seconds), float(p)) for name, p in told.get("probability", {}).items()]
        if sum(p for _, p in odds) > 1 or any(p < 0 for _, p in odds):
            raise WrongFault("probabilities are between 0 and 1, and so is their sum")
        self.plan += plan
        if "probability" in told:
            self.odds = odds
        if "seed" in told:
            self._chance = random.Random(told["seed"])  # noqa: S311 - repeatable on purpose

    def clear(self) -> None:
        self.plan.clear()
        self.odds.clear()
        self.struck.clear()

    def shown(self) -> dict[str, Any]:
        return {
            "plan": [
                {
                    "fault": one.fault.name,
                    "times": one.times,
                    "seconds": one.fault.seconds,
                    "match": {"to": one.to, "reference": one.reference},
                }
                for one in self.plan
            ],
            "probability": {fault.name: probability for fault, probability in self.odds},
            "struck": dict(self.struck),
        }


def understood(name: Any, seconds: Any = DEFAULT_SECONDS) -> Fault:
    """The fault of that name. Raises `WrongFault`, which lists the names."""
    position, _, symptom = str(name).partition(":")
    symptom = symptom or DEFAULT_SYMPTOM.get(position, "")
    # Only a look-up can miss.
    if position not in POSITIONS or symptom not in SYMPTOMS or (symptom == "miss" and position != "look-up"):
        raise WrongFault(
            f"{name}: a fault is position:symptom, of the positions {', '.join(POSITIONS)} "
            f"and the symptoms {', '.join(SYMPTOMS)}"
        )
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise WrongFault("seconds: not a number of seconds")
    return Fault(position, symptom, float(seconds))


def _planned(told: Any) -> Planned:
    if not isinstance(told, dict) or told.keys() - {"fault", "times", "seconds", "match"}:
        raise WrongFault("a planned fault is an object with fault, times, seconds, match")
    times = told.get("times", 1)
    if type(times) is not int or times < 1:
        raise WrongFault("times: not a whole number above nought")
    match = told.get("match") or {}
    if not isinstance(match, dict) or match.keys() - {"to", "reference"}:
        raise WrongFault("match: an object with to, reference")
    to = match.get("to")
    fault = understood(told.get("fault"), told.get("seconds", DEFAULT_SECONDS))
    return Planned(fault, times, to=to.lower() if to else None, reference=match.get("reference"))
