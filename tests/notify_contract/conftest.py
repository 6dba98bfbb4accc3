"""The Notify under contract, and what only the stand-in can be told."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from service.notify.govuk import GovukNotify
from tests.notify_contract.target import Target
from tests.notify_standin.conftest import Running, Starter, configuration, started
from tests.notify_standin.conftest import service as service
from tests.notify_standin.conftest import start as start

Own = Callable[..., Target]
BEHIND = (
    "only behind the stand-in: faults, clock, limits, other keys, changed templates, callbacks (README.md)"
)


@pytest.fixture(scope="session")
def notify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The Notify of the settings, else a stand-in, which nobody changes."""
    told = Target.told()
    if told is not None:
        with told.http:
            yield told
        return
    running: Running = started(tmp_path_factory.mktemp("notify"), configuration())
    target = Target.of(running)
    with target.http:
        yield target
    assert running.end() == 0


@pytest.fixture
def somebody(notify: Target) -> str:
    """Whom to write to: one of Notify's own simulators, unless it is the stand-in, which sends nothing."""
    return "temp-fail@simulator.notify" if notify.is_foreign else f"{uuid4()}@example.com"


@pytest.fixture
def with_test_key(notify: Target) -> Target:
    """The same Notify with a test key, which the key of the settings has to be."""
    return notify if notify.is_foreign else notify.with_key("test")


@pytest.fixture
def ours(notify: Target) -> None:
    """Only on the stand-in."""
    if notify.is_foreign:
        pytest.skip(BEHIND)


@pytest.fixture
def own(ours: None, start: Starter) -> Iterator[Own]:
    """Starts a stand-in of one's own, with changed settings, to tell it what Notify cannot be told."""
    made: list[Target] = []

    def start_one(**changes: Any) -> Target:
        made.append(Target.of(start(**changes)))
        return made[-1]

    yield start_one
    for each in made:
        each.http.close()


@pytest.fixture
def gateway(notify: Target) -> Iterator[GovukNotify]:
    made = notify.gateway()
    yield made
    made.close()
