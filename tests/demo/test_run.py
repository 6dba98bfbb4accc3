"""`kept run`: the main job on the whole stack, with a dozen people; and how it refuses and ends."""

import asyncio
import io
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.main_job.job import do_main_job
from deploy.demo.main_job.people import read_people
from deploy.demo.main_job.report import Report
from deploy.demo.main_job.stack import Stack, free_ports
from deploy.demo.main_job.steps import Steps
from deploy.demo.main_job.words import read_update
from deploy.one_machine.postgres import EmbeddedPostgres
from tests.demo.files import UPDATE, people_file, update_file
from tests.demo.stack import environment, kept_run, starts, the_document
from tests.one_machine.watching import alive, children_of, comes_true

pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

PEOPLE = (
    "individual,Ann.Lee@Example.com,,Ann Lee,,en,evidence",
    "individual,bob+windrush@mail.example.com,07700 900123,Bob,,en,eligibility;evidence",
    "individual,bob@mail.example.com,,Bob the Other,,cy,eligibility",
    "individual,Siân@example.com,,Siân,,cy,evidence",  # Notify takes no accents before the @
    "individual,zoe@bücher.example.com,,Zoë Müller,,en,evidence",
    "organisation,post@example.org,07700 900456,Ngozi,Café “Centre”,cy,scheme-launch",
    "organisation,law@example.org,,,Law Centre,en,scheme-launch;evidence",
    "representative,hubert@example.net,,Hubert,,en,family-members",
    "representative,nia@example.net,,Nia,,cy,family-members;evidence",
    "individual,o'brien@example.net,,Henrique O’Brien,,en,outreach-events",
    "individual,x@example.net,,X,,en,changes-to-rules",
    "individual,ANN.LEE@example.com,,Ann again,,en,evidence",  # line 13: as line 2
    "individual,no-address,,Somebody,,en,evidence",
    "organisation,nameless@example.org,,N,,en,evidence",
    "individual,topic@example.org,,T,,en,no-such-topic",
    "individual,short@example.org,,S",
    'individual,open@example.org,,"O,,en,evidence',
    "individual,last@example.org,,Last,,en,evidence",
)
REACHED = 11
ADDRESS_OR_NAME = re.compile(r"[\w.+'-]+@[\w.-]+|\bAnn\b|\bBob\b|Ngozi|Hubert|O’Brien|Law Centre")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run over people of every kind, with rows that cannot be registered."""
    directory = tmp_path_factory.mktemp("mixed")
    return kept_run(
        *("--people", str(people_file(directory, *PEOPLE))),
        *("--update", str(update_file(directory))),
        "--json",
    )


@pytest.fixture(scope="module")
def document(mixed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return the_document(mixed)


class TestAFileWithRowsThatCannotBeRegistered:
    def test_everybody_else_has_exactly_one_message(self, document: dict[str, Any]) -> None:
        assert document["people_with_exactly_one"] == document["planned"] == REACHED
        assert document["outcomes"]["delivered"] == REACHED
        assert sum(document["outcomes"].values()) == REACHED

    def test_each_such_row_is_listed_by_line_with_the_rules_that_it_breaks(
        self, document: dict[str, Any]
    ) -> None:
        listed = {
            row["line"]: [error["field"] for error in row["errors"]] for row in document["refused_rows"]
        }

        assert listed == {
            5: ["email"],
            14: ["email"],
            15: ["organisation"],
            16: ["topics.0"],
            17: [""],
            18: [""],
        }
        assert all(error["rule"] for row in document["refused_rows"] for error in row["errors"])

    def test_an_address_that_comes_again_is_named_and_waited_for_once(self, document: dict[str, Any]) -> None:
        assert document["repeated_rows"] == [{"line": 13, "same_address_as_line": 2}]

    def test_everybody_else_is_registered_and_confirmed(self, document: dict[str, Any]) -> None:
        assert document["unconfirmed_rows"] == []
        assert document["registered"] == REACHED
        assert document["confirmed"] == REACHED

    def test_every_promise_held_and_the_job_did_not(
        self, mixed: subprocess.CompletedProcess[str], document: dict[str, Any]
    ) -> None:
        assert [each for each in document["promises"] if not each["held"]] == []
        assert len(document["promises"]) == 7
        assert document["held"] is False
        assert len(document["problems"]) == 1
        assert mixed.returncode == 1

    def test_the_certificate_is_final_and_counts_the_same(self, document: dict[str, Any]) -> None:
        said = document["certificate"]

        assert (said["final"], said["planned"], said["duplicates"]) == (True, REACHED, 0)
        assert said["outcomes"] == document["outcomes"]

    def test_nobody_is_named_anywhere(self, mixed: subprocess.CompletedProcess[str]) -> None:
        said = (mixed.stdout + mixed.stderr).replace("like name@example.com", "")  # a rule's own example

        assert ADDRESS_OR_NAME.findall(said) == []


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("kept") / "data"
    yield path
    EmbeddedPostgres(path).discard()


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """What every other run on this directory finds there, whichever test comes first."""
    directory = tmp_path_factory.mktemp("first")
    return kept_run(
        *("--people", str(people_file(directory, *PEOPLE[:3]))),
        *("--update", str(update_file(directory))),
        *("--data-dir", str(data_dir)),
    )


class Runs:
    """What `kept run` does between its start and its end, on one stack that stays up."""

    def __init__(self, data_dir: Path, directory: Path) -> None:
        self._directory = directory
        self._runner = asyncio.Runner()
        self.stack = Stack(data_dir, free_ports(), environment())

    def start(self) -> None:
        self._runner.run(self.stack.start())

    def run(self, *rows: str, update: str = UPDATE) -> tuple[Report, str]:
        """The report, and what was said on the way."""
        people = read_people(people_file(self._directory, *rows))
        words = read_update(update_file(self._directory, update))
        said = io.StringIO()
        report = self._runner.run(do_main_job(self.stack, people, words, {}, Steps(said)))
        return report, said.getvalue() + report.as_text() + json.dumps(report.as_json())

    def end(self) -> None:
        self.stack.end()
        self._runner.close()


@pytest.fixture(scope="module")
def later(
    first_run: subprocess.CompletedProcess[str], data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """Whatever is run on the directory of the first run, after it."""
    runs = Runs(data_dir, tmp_path_factory.mktemp("later"))
    try:
        runs.start()
        yield runs
    finally:
        runs.end()


class TestADataDirectoryThatIsKept:
    """One run after the other; the later ones find their people there."""

    def test_a_run_that_held_is_told_in_plain_lines(
        self, first_run: subprocess.CompletedProcess[str], data_dir: Path
    ) -> None:
        assert first_run.returncode == 0, first_run.stderr
        assert "Registering: 3 of 3" in first_run.stdout
        assert "Everything held." in first_run.stdout
        assert '"final": true' in first_run.stdout
        assert "\x1b" not in first_run.stdout
        assert data_dir.is_dir()

    def test_people_who_are_there_already_get_the_next_one_once(self, later: Runs) -> None:
        report, said = later.run(*PEOPLE[1:3], PEOPLE[5])

        assert report.held, said
        assert report.published is not None
        assert report.published.shown["planned"] == 4

    def test_an_update_that_names_a_private_number_is_refused_with_its_finding(self, later: Runs) -> None:
        report, said = later.run(PEOPLE[0], update=UPDATE.replace("0800 678 1925", "020 7946 0123"))

        (problem,) = report.as_json()["problems"]
        assert not report.held
        assert "email.en.body, line 1" in problem
        assert "7946" not in said

    def test_an_update_that_breaks_rules_is_refused_with_its_fields(self, later: Runs) -> None:
        report, _ = later.run(PEOPLE[0], update=UPDATE.replace("[email.cy]", "[email.fr]"))

        assert not report.held
        assert "email" in report.as_text().partition("It did not hold")[2]


def test_ctrl_c_ends_everything_within_ten_seconds_and_leaves_nothing(tmp_path: Path) -> None:
    people, update = people_file(tmp_path, *PEOPLE), update_file(tmp_path)
    run = starts("deploy.demo.run", "--people", str(people), "--update", str(update), TMPDIR=str(tmp_path))
    assert run.stdout is not None
    assert run.stdout.readline().startswith("Starting everything")
    (up,) = children_of(run.pid).values()
    below = list(children_of(up).values())

    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)

    assert time.monotonic() - began < 10
    assert run.returncode == 130
    assert "Traceback" not in errors
    assert comes_true(lambda: not [pid for pid in [up, *below] if alive(pid)])
    assert list(tmp_path.glob("kept-run-*")) == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (
            {"KEPT_NOTIFY_BASE_URL": "https://notify.example", "KEPT_NOTIFY_API_KEY": "k"},
            "KEPT_NOTIFY_BASE_URL",
        ),
        ({"KEPT_NOTIFY_API_KEY": "k"}, "KEPT_NOTIFY_API_KEY"),
        ({"KEPT_OIDC_ISSUER": "https://sso.example"}, "KEPT_OIDC_ISSUER"),
    ],
)
def test_a_setting_with_which_it_cannot_be_done_is_named(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    people, update = people_file(tmp_path, *PEOPLE), update_file(tmp_path)

    refused = kept_run("--people", str(people), "--update", str(update), "--json", **settings)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert named in refused.stderr


def test_a_setting_in_the_env_file_counts(tmp_path: Path) -> None:
    (tmp_path / "kept.env").write_text("KEPT_NOTIFY_BASE_URL=https://n.example\nKEPT_NOTIFY_API_KEY=k\n")
    people, update = people_file(tmp_path, *PEOPLE), update_file(tmp_path)

    refused = kept_run(
        *("--people", str(people), "--update", str(update)), KEPT_ENV_FILE=str(tmp_path / "kept.env")
    )

    assert (refused.returncode, "KEPT_NOTIFY_BASE_URL" in refused.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [[], ["--people", "p.csv"], ["--update", "u.toml"], ["--all"]])
def test_wrong_arguments_are_wrong_usage(arguments: list[str]) -> None:
    refused = kept_run(*arguments)

    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_file_that_is_wrong_as_a_whole_is_wrong_usage(tmp_path: Path) -> None:
    people = people_file(tmp_path, "a,b", header="one,two")

    refused = kept_run("--people", str(people), "--update", str(update_file(tmp_path)), "--json")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "lacks the columns" in refused.stderr
