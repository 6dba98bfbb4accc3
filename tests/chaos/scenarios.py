"""What can happen, as data: when, and what then."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.chaos.crew import Kind
from tests.chaos.stage import Stage

LONGER_THAN_A_TOKEN: Final = 32.0
"""Seconds; a token lives for 30."""


@dataclass(frozen=True)
class Act:
    """Something that is done to the stage."""

    said: str
    do: Callable[[Stage], None]
    kills: bool = False
    """Whether whoever stands at a point is dead after it."""

    def __repr__(self) -> str:
        return self.said


@dataclass(frozen=True)
class Event:
    """`when` somebody stands at a point (freezing.py), or so many deliveries have left `planned`."""

    when: str | int
    act: Act


@dataclass(frozen=True)
class Scenario:
    """One update, and what befalls it."""

    name: str
    events: tuple[Event, ...] = ()
    at_first: tuple[Act, ...] = ()
    """Done before the update is written."""
    level: float = 1e9
    """Permits that the pace has at first: few make small batches."""
    resumes: bool = False
    """Whether a senior goes on with it where the service has halted it."""

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def kill(kind: Kind) -> Act:
    return Act(f"{kind} is killed", lambda stage: stage.kill(kind), kills=True)


def pause(kind: Kind, seconds: float = LONGER_THAN_A_TOKEN) -> Act:
    return Act(f"{kind} is stopped for {seconds:g} s", lambda stage: stage.pause(kind, seconds))


def joined_by(name: str, act: Act) -> Act:
    """A further worker is there first, until the scenario ends."""

    def do(stage: Stage) -> None:
        stage.crew.start(name)
        act.do(stage)

    return Act(f"{act}, with a {name}", do)


def everything_stops(seconds: float = LONGER_THAN_A_TOKEN) -> Act:
    return Act(f"everything is stopped for {seconds:g} s", lambda stage: stage.pause_everything(seconds))


def fault(name: str, times: int, *, seconds: float = 0.5, reference: str = "d-") -> Act:
    return Act(
        f"{times} × {name}",
        lambda stage: stage.notify.fault(name, times=times, seconds=seconds, reference=reference),
    )


def odds(probability: dict[str, float], seed: int) -> Act:
    return Act(f"odds {probability}", lambda stage: stage.notify.odds(probability, seed=seed))


def delayed(point: str, seconds: float) -> Act:
    return Act(f"{point} takes {seconds:g} s", lambda stage: stage.freezer.delay(point, seconds))


QUICK_AGAIN: Final = Act("commits are quick again", lambda stage: stage.freezer.no_delays())
REDIS_FLUSHED: Final = Act("Redis is flushed", lambda stage: stage.flush_redis())
VALKEY_KILLED: Final = Act("Valkey is killed and comes back", lambda stage: stage.restart_valkey())
POSTGRES_KILLED: Final = Act("PostgreSQL is killed and comes back", lambda s: s.restart_postgres(kill=True))
POSTGRES_RESTARTED: Final = Act("PostgreSQL is restarted", lambda s: s.restart_postgres(kill=False))
KEY_REVOKED: Final = Act("the key is revoked", lambda stage: stage.notify.revoke_key())
MINUTE_USED_UP: Final = Act("the minute's limit is used up", lambda stage: stage.notify.drain())
USED_UP_UNTIL_SEEN: Final = Act(
    "the minute's limit is used up until somebody gave a message back",
    lambda stage: stage.drain_until("deliveries:claimed>planned", "confirmations:claimed>due"),
)
DAY_USED_UP: Final = Act("the day allows ten more", lambda stage: stage.use_the_day_up(but=10))

AT: Final = ("statement", "commit")

POINTS: Final[dict[Kind, tuple[str, ...]]] = {
    "bulk": (
        "updates:approved>sending",
        "deliveries:planned>claimed",
        "attempts:insert",
        "deliveries:claimed>accepted",
        "deliveries:claimed>uncertain",
        "deliveries:claimed>planned",
    ),
    "care": (
        "deliveries:insert",
        "updates:preparing>awaiting_approval",
        "deliveries:uncertain>accepted",
        "deliveries:uncertain>planned",
        "deliveries:accepted>delivered",
        "updates:sending>sent",
        "certificates:update",
    ),
    "callbacks": ("receipts:insert",),
}
REGISTERING: Final[dict[Kind, tuple[str, ...]]] = {
    "urgent": (
        "registrations:insert",
        "confirmations:due>claimed",
        "confirmations:claimed>sent",
        "confirmations:claimed>uncertain",
        "confirmations:claimed>due",
    ),
    "care": ("confirmations:uncertain>sent", "confirmations:uncertain>due"),
}
"""Every transition of a delivery, of its update and of what hangs on it, and the kind that makes it."""

PROVOKED_BY: Final[dict[str, tuple[Act, ...]]] = {
    "deliveries:claimed>uncertain": (fault("after-queueing:reset", 3),),
    "deliveries:claimed>planned": (USED_UP_UNTIL_SEEN,),
    "deliveries:uncertain>accepted": (fault("after-queueing:reset", 3),),
    "deliveries:uncertain>planned": (fault("before-commit:reset", 3),),
    "confirmations:claimed>uncertain": (fault("after-queueing:reset", 2, reference="c-"),),
    "confirmations:claimed>due": (USED_UP_UNTIL_SEEN,),
    "confirmations:uncertain>sent": (fault("after-queueing:reset", 2, reference="c-"),),
    "confirmations:uncertain>due": (fault("before-commit:reset", 2, reference="c-"),),
}
"""What has to go wrong, for these to be made at all."""


def provoking(*points: str) -> tuple[Act, ...]:
    """What has to go wrong for these transitions to be made."""
    return tuple(act for point in points for act in PROVOKED_BY.get(point, ()))


def killed_at_every_move(points: dict[Kind, tuple[str, ...]]) -> Scenario:
    """Each of these kinds is killed at each of its moves, in the statement and in the commit in turn."""
    moves = [(kind, point) for kind, of_kind in points.items() for point in of_kind]
    events = [Event(f"{point}@{AT[turn % 2]}", kill(kind)) for turn, (kind, point) in enumerate(moves)]
    first = provoking(*(point for _, point in moves))
    return Scenario(
        "everybody is killed at every move",
        (*events, Event(4, USED_UP_UNTIL_SEEN)),
        at_first=tuple(act for act in first if act is not USED_UP_UNTIL_SEEN),
        level=8,
    )


def at_one_move(point: str, act: Act, where: str) -> Scenario:
    return Scenario(
        f"{act} at {point}@{where}",
        (Event(f"{point}@{where}", act),),
        at_first=provoking(point),
    )


LOST: Final = {
    "after-queueing:reset": 0.08,
    "after-queueing:stall": 0.08,
    "after-queueing:truncation": 0.04,
    "after-queueing:html-502": 0.04,
    "after-queueing:not-json-201": 0.04,
    "after-commit:json-504": 0.03,
    "before-commit:reset": 0.06,
    "before-commit:json-504": 0.04,
    "before-commit:error-500": 0.04,
    "commit-then-delete:error-500": 0.03,
    "look-up:html-502": 0.1,
}
"""Answers that are lost or wrong. No look-up misses what is there by chance: one that does so twice is a
duplicate that nobody can avoid (notify.md, Finding out, 6)."""

LATE: Final = fault("late-commit:reset", 5, seconds=1.8)
"""Notify commits after it was first asked in vain, and before the second time: a second apart, here."""


def mix(seed: int, *, events: int, people: int, pause_seconds: float) -> Scenario:
    """A random scenario, the same for the same seed."""
    chance = random.Random(seed)
    happened = [_event(chance, people, pause_seconds) for _ in range(events)]
    # One thing at a point: who stands there is let go after it.
    unique = {event.when: event for event in happened}
    return Scenario(
        f"mix {seed}",
        tuple(unique.values()),
        at_first=(odds(LOST, seed),),
        level=chance.choice((8, 1e9)),
        resumes=True,
    )


def _event(chance: random.Random, people: int, pause_seconds: float) -> Event:
    # Only where somebody will come by for certain, whatever else happens.
    certain = {
        "bulk": POINTS["bulk"][:4],
        "care": tuple(p for p in POINTS["care"] if "uncertain" not in p),
        "callbacks": POINTS["callbacks"],
    }
    kind: Kind = chance.choice(("bulk", "bulk", "care", "callbacks"))
    act = chance.choice(
        (
            kill(kind),
            kill(kind),
            pause(kind, pause_seconds),
            REDIS_FLUSHED,
            VALKEY_KILLED,
            POSTGRES_KILLED,
            POSTGRES_RESTARTED,
            MINUTE_USED_UP,
        )
    )
    if chance.random() < 0.3:
        return Event(chance.randrange(1, people), act)
    return Event(f"{chance.choice(certain[kind])}@{chance.choice(AT)}", act)
