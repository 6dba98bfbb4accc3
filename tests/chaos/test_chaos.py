"""The short form: everybody once, whatever befalls processes and servers. The long one is in test_long.py."""

import os

import pytest

from tests.chaos.conftest import SHORT_PEOPLE
from tests.chaos.playing import play, play_registering
from tests.chaos.scenarios import (
    DAY_USED_UP,
    KEY_REVOKED,
    LATE,
    LOST,
    POINTS,
    POSTGRES_KILLED,
    POSTGRES_RESTARTED,
    REDIS_FLUSHED,
    REGISTERING,
    VALKEY_KILLED,
    Event,
    Scenario,
    delayed,
    everything_stops,
    fault,
    killed_at_every_move,
    mix,
    odds,
)
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

SEED = int(os.environ.get("KEPT_CHAOS_SEED", "1"))


def test_05_everybody_once_though_each_process_is_killed_at_each_of_its_transitions(stage: Stage) -> None:
    play(stage, killed_at_every_move(POINTS))


def test_one_link_each_though_each_process_is_killed_at_each_of_its_transitions(stage: Stage) -> None:
    play_registering(stage, killed_at_every_move(REGISTERING), people=20)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(
            "everything stands still for longer than a token lives and Notify is slow",
            (Event("deliveries:accepted>delivered@statement", everything_stops()),),
            # A batch takes longer than asking Notify twice: nobody may ask about it before its lease ends.
            at_first=(fault("after-queueing:stall", times=SHORT_PEOPLE, seconds=1.5),),
            level=24,
        ),
        Scenario(
            "answers are lost and commits are slow",
            at_first=(
                odds(LOST, SEED),
                delayed("deliveries:planned>claimed@commit", 1.5),
                delayed("deliveries:claimed>accepted@commit", 1.5),
                delayed("receipts:insert@commit", 0.1),
            ),
            level=20,
        ),
        Scenario(
            "the servers die",
            (
                Event("deliveries:planned>claimed@commit", POSTGRES_KILLED),
                Event("deliveries:claimed>accepted@statement", POSTGRES_RESTARTED),
                Event("deliveries:accepted>delivered@statement", VALKEY_KILLED),
                Event("deliveries:claimed>accepted@commit", REDIS_FLUSHED),
            ),
            level=8,
        ),
        Scenario("Notify commits late", at_first=(LATE,)),
        Scenario("the day is used up", at_first=(DAY_USED_UP,)),
        Scenario("the key is revoked", (Event(8, KEY_REVOKED),), level=12, resumes=True),
    ],
    ids=str,
)
def test_everybody_once_though(stage: Stage, scenario: Scenario) -> None:
    play(stage, scenario)


def test_everybody_once_in_a_random_mix(stage: Stage) -> None:
    print(f"KEPT_CHAOS_SEED={SEED}")
    play(stage, mix(SEED, events=2, people=SHORT_PEOPLE, pause_seconds=2))
