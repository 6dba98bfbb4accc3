"""State machines on real servers: a database and an event loop of its own for every example.

`KEPT_MACHINE_TIMES=50` plays fifty times as many examples. A failure prints its seed: `KEPT_MACHINE_SEED`
repeats it, and then looks for the shortest way there, which takes minutes.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from pydantic import SecretStr

from service.crypto.keystore import KeyStore
from service.database import Transactions
from service.doorbell import Lane
from service.schemes.applying import apply
from service.schemes.file import read_scheme_file
from service.schemes.reading import find_scheme
from service.settings import WorkerSettings
from tests.conftest import SCHEME
from tests.harness.people import Service, now, sign_everybody_in
from tests.harness.servers import Database, StandIn
from workers.context import make_context

TIMES: Final = int(os.environ.get("KEPT_MACHINE_TIMES", "1"))
SEED: Final = os.environ.get("KEPT_MACHINE_SEED")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Ground:
    """What examples begin from: each plays on a copy of `database`, as it is when the machine starts."""

    database: Database
    settings: WorkerSettings
    keys: KeyStore
    notify: StandIn

    def prepare(self, prepare: Callable[[Service], Coroutine[Any, Any, Result]]) -> Result:
        """Apply the demo's scheme, and do with the service what every example begins with."""
        asyncio.run(self._apply_scheme())
        stage = Stage(self, self.database)
        try:
            return stage.run(prepare(stage.service))
        finally:
            stage.close()

    async def _apply_scheme(self) -> None:
        owner = Transactions(SecretStr(self.database.url()), role="kept_owner")
        async with owner.begin() as tx:
            await apply(tx, read_scheme_file(SCHEME), self.keys, actor="operator:test", now=now())
        await owner.close()

    def copy(self) -> "Stage":
        """A stage for one example."""
        cluster, name = self.database.cluster, f"machine_{uuid4().hex[:12]}"
        cluster.create(name, self.database.name)
        return Stage(self, Database(cluster, name))


class Stage:
    """One example's database, with the whole service on it, and the loop that its steps run in."""

    def __init__(self, ground: Ground, database: Database) -> None:
        sign_everybody_in()
        ground.notify.reset()
        self.ground = ground
        self.database = database
        self.runner = asyncio.Runner()
        self.service = self.run(self._open())
        self.callbacks = Transactions(SecretStr(database.url("kept_callbacks")), role="kept_callbacks")

    def run(self, step: Coroutine[Any, Any, Result]) -> Result:
        """Play one step to its end."""
        return self.runner.run(step)

    async def _open(self) -> Service:
        # Nobody reads the stop flag in the background: between two steps the loop stands still. Steps
        # that hand over read it themselves.
        own = {
            "database_url": SecretStr(self.database.url("kept_worker")),
            # Another database than the one that it was copied from has a witness of its own.
            "witness": self.ground.settings.witness.with_name(self.database.name),
        }
        roles = {
            role: Transactions(SecretStr(self.database.url(role)), role=role)
            for role in ("kept_public", "kept_staff")
        }
        async with roles["kept_staff"].begin() as tx:
            scheme = await find_scheme(tx, "windrush")
        worker = make_context(self.ground.settings.model_copy(update=own), Lane.BULK)
        await worker.stop.read()
        return Service(
            public=roles["kept_public"],
            staff=roles["kept_staff"],
            worker=worker,
            keys=self.ground.keys,
            notify=self.ground.notify,
            scheme=scheme,
        )

    def close(self) -> None:
        """Let go of everything; the copy of the database goes, too."""
        self.run(self._close())
        self.runner.close()
        self.ground.notify.reset()
        if self.database != self.ground.database:
            self.database.cluster.drop(self.database.name)

    async def _close(self) -> None:
        await self.service.worker.close()
        for each in (self.service.public, self.service.staff, self.callbacks):
            await each.close()


def play(machine: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run a machine. A failure prints the steps that led to it, and the seed."""
    chosen = int(SEED) if SEED else secrets.randbits(64)
    print(f"To see it again: KEPT_MACHINE_SEED={chosen}")

    @seed(chosen)
    def made() -> RuleBasedStateMachine:
        return machine()

    run_state_machine_as_test(
        made,  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples * TIMES,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SEED else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
