"""A database put back to an earlier copy, in the middle of an update, while Notify went on."""

import time
from pathlib import Path

import pytest

from service.holds.holding import NotComparedYet
from tests.chaos.copying import back_up, restore
from tests.chaos.playing import play
from tests.chaos.scenarios import Act, Event, Scenario
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

QUIET_SECONDS = 3.0
HOLD = "SELECT id FROM holds WHERE set_by = 'worker:witness' AND awaits_comparison AND lifted_at IS NULL"


def test_a_restored_database_sends_nothing_until_lifted_and_nobody_is_told_twice(
    stage: Stage, tmp_path: Path
) -> None:
    copy = tmp_path / "kept.dump"

    def put_back(stage: Stage) -> None:
        stage.until(stage.is_witnessed, "the witness knows what the copy does not")
        restore(stage, copy)
        told = stage.notify.counts()["accepted"]
        stage.until(lambda: stage.value(HOLD) is not None, "the workers hold everything")
        hold = stage.value(HOLD)
        if stage.value("SELECT compared_at FROM holds WHERE id = %s", hold) is None:
            with pytest.raises(NotComparedYet):
                stage.office.lift(hold)
        compared = "SELECT compared_at IS NOT NULL FROM holds WHERE id = %s"
        stage.until(lambda: stage.value(compared, hold), "Notify's list was compared")
        quiet_until = time.monotonic() + QUIET_SECONDS
        stage.until(lambda: time.monotonic() > quiet_until, "it stayed quiet for a while")
        assert stage.notify.counts()["accepted"] == told, "it sent before it was lifted"
        stage.office.lift(hold)

    play(
        stage,
        Scenario(
            "a copy is put back",
            (
                # While messages are with Notify and nobody has written down that they are.
                Event(
                    "deliveries:claimed>accepted@statement",
                    Act("a copy is made", lambda stage: back_up(stage, copy)),
                ),
                Event(30, Act("it is put back", put_back)),
            ),
            level=10,
        ),
    )
