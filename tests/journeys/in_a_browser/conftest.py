"""Every public journey, on every screen: with script and without, in both languages, narrow and wide.

A journey is a test that takes a `person`; it is written once, in keys of the pages' words, and played on all
eight screens. `make test` plays a selection in which every pair of values of journey, script, language and
width is played (of who registers and how they are told, too), and `make long` all the others.
"""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser

from deploy.one_machine.valkey import EmbeddedValkey
from tests.harness.servers import TEMPLATE, Cluster, Database, StandIn
from tests.journeys.in_a_browser.backstage import Backstage
from tests.journeys.in_a_browser.looking import Looking
from tests.journeys.in_a_browser.person import Person
from tests.journeys.in_a_browser.screens import SCREENS, Play, Screen, pairwise
from tests.web_public.browsing import NEEDED, chromium
from tests.web_public.people import People
from tests.web_public.serving import Serving, public_process


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "screen" not in metafunc.fixturenames:
        return
    marks = [*NEEDED, pytest.mark.timeout(300)]
    metafunc.parametrize("screen", [pytest.param(screen, id=str(screen), marks=marks) for screen in SCREENS])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m 'not long'` has its say."""
    plays = {
        _play(item): item
        for item in items
        if isinstance(item, pytest.Function) and "screen" in item.fixturenames
    }
    quick = set(pairwise(list(plays)))
    for play, item in plays.items():
        if play not in quick:
            item.add_marker(pytest.mark.long)


def _play(item: pytest.Function) -> Play:
    values = {"journey": item.originalname, **item.callspec.params}
    return frozenset((values | vars(values.pop("screen"))).items())


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # For this folder alone: Playwright's loop would stand in the way of asynchronous tests.
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def database(cluster: Cluster) -> Iterator[Database]:
    """One for all journeys: each has people of its own."""
    database = Database(cluster, "of_the_journeys")
    cluster.create(database.name, TEMPLATE)
    yield database
    cluster.drop(database.name)


@pytest.fixture(scope="package")
def serving(database: Database, valkey_server: EmbeddedValkey) -> Iterator[Serving]:
    with public_process(database, valkey_server) as serving:
        yield serving


@pytest.fixture(scope="package")
def whole_stage(
    database: Database,
    serving: Serving,
    valkey_server: EmbeddedValkey,
    stand_in: StandIn,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Backstage]:
    folder = tmp_path_factory.mktemp("workers")
    stage = Backstage(database, valkey_server.url("kept_worker"), stand_in, serving.url, folder)
    yield stage
    stage.close()


@pytest.fixture
def backstage(whole_stage: Backstage) -> Backstage:
    """The workers, and what they sent."""
    whole_stage.notify.reset()
    return whole_stage


@pytest.fixture
def people(database: Database) -> Iterator[People]:
    """Makes schemes with what is in their archive."""
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        yield People(connection)


@pytest.fixture(scope="package")
def looking(browser: Browser, serving: Serving) -> Looking:
    return Looking(browser, serving.url)


@pytest.fixture
def person(browser: Browser, backstage: Backstage, looking: Looking, screen: Screen) -> Iterator[Person]:
    """Somebody at a screen. At the end: no policy refused anything, and no script failed."""
    context = browser.new_context(
        base_url=looking.url,
        java_script_enabled=screen.script,
        viewport={"width": screen.width, "height": 700},
    )
    try:
        person = Person(context, screen, looking, scheme=backstage.scheme)
        yield person
        assert person.complaints == []
    finally:
        context.close()
