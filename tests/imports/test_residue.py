"""A sentinel in a list: of their details nothing is found, while the list is here and afterwards."""

import io
import logging
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from deploy.one_machine.valkey import EmbeddedValkey
from service.imports.states import ImportState
from tests.harness.people import Service
from tests.harness.servers import Cluster, Database
from tests.imports.lists import Office, rows_of, xlsx_of
from tests.security.places import dumped, files_under, keyspace
from tests.security.scanning import Scanner
from tests.security.sentinel import DETAILS, EMAIL, FORM, OTHER_EMAIL, WHOLE

LIST = xlsx_of(
    (
        "People",
        rows_of(
            ["Email", "Mobile", "Name", f"Ask {EMAIL}", "Organisation", "Address"],
            [EMAIL, FORM["mobile"], FORM["name"], "private", "", FORM["postal_address"].replace("\n", ", ")],
            [OTHER_EMAIL, "", FORM["name"], "private", "Crwth Mangelwurzel", ""],
            [f"{EMAIL} {OTHER_EMAIL}", "", FORM["name"], "", "", ""],
            ["=A2", "", FORM["name"], "", "", ""],
        ),
    ),
    (f"From {EMAIL}", rows_of([EMAIL], [OTHER_EMAIL])),
)
COLUMNS = {"email": [0], "mobile": [1], "name": [2], "organisation": [4], "postal_address": [5]}


async def test_a_sentinel_in_a_list_is_found_nowhere_while_it_is_here_and_afterwards(
    office: Office,
    service: Service,
    database: Database,
    cluster: Cluster,
    valkey_server: EmbeddedValkey,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scanner = Scanner(DETAILS, whole=WHOLE)
    caplog.set_level(logging.DEBUG)
    said = io.StringIO()

    def look(when: str) -> None:
        places = [
            *dumped(database.url("postgres")),
            *keyspace(valkey_server.url("kept_owner")),
            *files_under(tmp_path),
            ("logs", (said.getvalue() + caplog.text).encode()),
        ]
        assert scanner.scan_all(places) == [], when

    assert scanner.scan("the list itself", EMAIL.encode()) != []
    with redirect_stdout(said), redirect_stderr(said):
        import_id = await office.hand_in(LIST)
        look("handed in")
        await office.work()
        found = await office.shown(import_id)
        assert found.state is ImportState.READ
        look("read")
        found = await office.matched(import_id, COLUMNS)
        assert await office.account(import_id) == {
            2: "new",
            3: "new",
            4: "email: two-addresses",
            5: "email: formula",
        }
        look("looked through")
        done = await office.commit(found)
        look("brought in")
    assert done.counts is not None
    assert done.counts["verdicts"]["registered"] == 2


def test_the_command_hands_a_list_in_and_says_nothing_of_anybody(
    service: Service, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(LIST)

    def kept(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "service.cli", "import", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={"KEPT_DATABASE_URL": database.url(), "KEPT_OPERATOR": "olwen"},
        )

    handed_in = kept(str(file), "--reference", "HR/2019", "--wait", "0")
    refused = kept(str(file), "--reference", EMAIL)

    assert (handed_in.returncode, handed_in.stderr) == (0, "")
    assert "arrived" in handed_in.stdout
    assert refused.returncode == 1
    scanner = Scanner(DETAILS, whole=WHOLE)
    for each in (handed_in, refused):
        assert scanner.scan("what it says", (each.stdout + each.stderr).encode()) == []
    with database.connect() as owner:
        assert owner.execute("SELECT state, reference, handed_in_by FROM imports").fetchall() == [
            ("arrived", "HR/2019", "operator:olwen")
        ]
        acts = owner.execute(
            "SELECT body::json ->> 'actor' FROM audit_events WHERE strpos(body, 'import-handed-in') > 0"
        ).fetchall()
    assert acts == [("operator:olwen",)]
