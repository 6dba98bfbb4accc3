"""`kept token PERSON`: from the running demo issuer, and from nowhere else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.issuer.people import PEOPLE
from deploy.one_machine.ports import free_port
from tests.demo_issuer.running import RunningIssuer, running_issuer

ROOT = Path(__file__).parents[2]
BEFORE_IT = 4
"""The issuer has the fifth of five ports."""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIssuer]:
    with running_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


def token(person: str, port: int, **settings: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "deploy.demo.token", person, "--port-base", str(port - BEFORE_IT)]
    environment = {"PATH": os.environ["PATH"], **settings}
    return subprocess.run(argv, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_prints_the_token_and_nothing_else(issuer: RunningIssuer) -> None:
    given = token("senior", issuer.port)

    assert (given.returncode, given.stderr) == (0, "")
    assert given.stdout.strip().count(".") == 2


def test_an_unknown_person_is_told_who_there_is(issuer: RunningIssuer) -> None:
    refused = token("minister", issuer.port)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert all(name in refused.stderr for name in PEOPLE)


def test_without_a_demo_issuer_there_is_no_token() -> None:
    refused = token("senior", free_port())

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no demo issuer answers at http://127.0.0.1:" in refused.stderr


def test_where_staff_sign_in_elsewhere_there_is_no_token(issuer: RunningIssuer) -> None:
    refused = token("senior", issuer.port, KEPT_OIDC_ISSUER="https://sso.example.gov.uk")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "KEPT_OIDC_ISSUER" in refused.stderr


def test_what_is_no_port_is_wrong_usage() -> None:
    assert token("senior", BEFORE_IT - 1).returncode == 2
