"""A PostgreSQL and a Valkey of this suite's own: they are killed here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from service.crypto.keyservice import create_key_file, key_service
from service.crypto.keystore import KeyStore
from tests.chaos.stage import Stage
from tests.harness.servers import Cluster

SHORT_RATE = 300
SHORT_PEOPLE = 40
LONG_RATE = 6000
LONG_PEOPLE = 500

NewStage = Callable[..., Stage]


@pytest.fixture(scope="package")
def new_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStage]:
    """Makes stages, on servers that all of them share."""
    folder = tmp_path_factory.mktemp("chaos")
    postgres = EmbeddedPostgres(folder / "postgres", fast_and_loose=True)
    valkey = EmbeddedValkey(folder / "valkey")
    key_file = folder / "root.key"
    create_key_file(key_file)
    keys = KeyStore(folder / "key-store", key_service(f"file:{key_file}"))
    try:
        postgres.start()
        valkey.start()
        cluster = Cluster.prepare(postgres)

        def new(rate: int, people: int, *, real_leases: bool = False) -> Stage:
            place = Path(tmp_path_factory.mktemp("stage"))
            stage = Stage(
                place,
                cluster=cluster,
                valkey=valkey,
                keys=keys,
                key_file=key_file,
                rate=rate,
                real_leases=real_leases,
            )
            try:
                stage.open(people)
            except BaseException:
                stage.close()
                raise
            return stage

        yield new
    finally:
        valkey.stop()
        postgres.discard()


class Stages:
    """One stage at a time: the last one, or a new one where that was left in the middle of something."""

    def __init__(self) -> None:
        self._stage: Stage | None = None

    def sound(self, new: Callable[[], Stage]) -> Stage:
        if self._stage is not None and not self._stage.sound:
            self.close()
        self._stage = self._stage or new()
        return self._stage

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None


@pytest.fixture(scope="package")
def short_stages(new_stage: NewStage) -> Iterator[Stages]:
    stages = Stages()
    yield stages
    stages.close()


@pytest.fixture(scope="package")
def long_stages(new_stage: NewStage) -> Iterator[Stages]:
    stages = Stages()
    yield stages
    stages.close()


@pytest.fixture
def stage(new_stage: NewStage, short_stages: Stages) -> Stage:
    """A stage of the short form, which other tests may have used before."""
    return short_stages.sound(lambda: new_stage(SHORT_RATE, SHORT_PEOPLE))


@pytest.fixture
def long_stage(new_stage: NewStage, long_stages: Stages) -> Stage:
    """A stage of the long form: many people, real leases."""
    return long_stages.sound(lambda: new_stage(LONG_RATE, LONG_PEOPLE, real_leases=True))
