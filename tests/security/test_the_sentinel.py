"""A person goes through everything that the service has, and nothing of theirs stays (checks 9, 14, 16, 17).

The whole service runs, by `kept up`, on a PostgreSQL and a Valkey of this test's own, so that it can look
behind the grants. The Notify stand-in's own data folder is not looked into: it is Notify's, which has to
know whom it wrote to.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from deploy.one_machine.passwords import kept
from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.postgres import EmbeddedPostgres
from deploy.one_machine.valkey import EmbeddedValkey
from tests.one_machine.watching import ROOT, five_free_ports
from tests.security import places
from tests.security.scanning import Scanner
from tests.security.sentinel import DETAILS, WHOLE, Visitor, eventually

NOTIFYS_OWN = frozenset({"notify"})
SENT = 4
"""Confirmations: an email, a text and a letter to the first, an email to the second. A call is no message."""


@contextmanager
def everything_running(data_dir: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Ports]:
    """`kept up` on these servers. What it says itself goes to a log, too."""
    ports = Ports.starting_at(five_free_ports())
    arguments = ("up", "--data-dir", str(data_dir), "--port-base", str(ports.public))
    with (
        (data_dir.parent / "kept-up.stderr").open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-m", "service.cli", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "KEPT_DATABASE_URL": postgres.owner_url,
                "KEPT_REDIS_URL": valkey.url("kept_owner"),
                "KEPT_UNCERTAIN_AFTER_SECONDS": "0",
            },
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready")
            yield ports
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def counts(superuser_url: str) -> dict[str, int]:
    """What the sentinel's way has left in the database; it shows that there was something to look into."""
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute(
            "SELECT 'left', count(*) FROM registrations WHERE state = 'left' "
            "UNION ALL SELECT 'contacts', count(*) FROM contacts "
            "UNION ALL SELECT 'sent', count(*) FROM confirmations "
            "WHERE state = 'sent' AND purpose = 'confirm' "
            "UNION ALL SELECT 'changes', count(*) FROM confirmations WHERE sealed_change IS NOT NULL "
            "UNION ALL SELECT 'journeys', count(*) FROM journey_answers "
            "UNION ALL SELECT 'receipts', count(*) FROM receipts WHERE applied_at IS NOT NULL "
            "UNION ALL SELECT 'letterbox', count(*) FROM intake"
        ).fetchall()
    return {str(name): int(count) for name, count in rows}


@pytest.mark.timeout(300)
@pytest.mark.early
def test_09_nothing_of_a_person_stays_anywhere(tmp_path: Path) -> None:
    scanner = Scanner(DETAILS, whole=WHOLE)
    data_dir = tmp_path / "kept"
    postgres = EmbeddedPostgres(tmp_path / "own-postgres")
    valkey = EmbeddedValkey(tmp_path / "own-valkey")
    try:
        postgres.start()
        with valkey, places.Overheard(valkey.url("kept_owner")) as overheard:
            with (
                everything_running(data_dir, postgres, valkey) as ports,
                httpx.Client(trust_env=False) as http,
            ):
                urls = {name: url_of(port) for name, port in ports._asdict().items()}
                token = kept(data_dir, "notify-callback-token")
                visitor = Visitor(callback_token=token, http=http, **urls)
                visitor.registers_and_confirms()
                visitor.registers_again_and_elsewhere()
                update = visitor.gets_an_update()
                export = visitor.is_in_a_list()
                # While the list lies here, ready to be downloaded.
                meanwhile = scanner.scan_all(
                    [
                        *places.keyspace(valkey.url("kept_owner")),
                        *places.dumped(postgres.superuser_url),
                        *places.files_of_the_cluster(postgres, postgres.superuser_url),
                        *places.files_under(data_dir, but=NOTIFYS_OWN),
                    ]
                )
                listed = visitor.is_read_in_it(export)
                visitor.registers_by_the_pages()
                visitor.goes_wrong(update)
                visitor.leaves()

                def through() -> bool | None:
                    return True if counts(postgres.superuser_url)["sent"] == SENT else None

                eventually(through, "every confirmation")
                at_notify = str(visitor.inbox("The news")).encode()
                inboxes = visitor.call("GET", f"{visitor.notify}/admin/inboxes").content
            in_redis = [("Redis, overheard", overheard.said), *places.keyspace(valkey.url("kept_owner"))]
        left = counts(postgres.superuser_url)
        found = scanner.scan_all(
            [
                *in_redis,
                *places.dumped(postgres.superuser_url),
                *places.pg_dumped(postgres, postgres.superuser_url),
                *places.files_of_the_cluster(postgres, postgres.superuser_url),
                *places.files_under(data_dir, but=NOTIFYS_OWN),
                ("PostgreSQL's log", postgres.log.read_bytes()),
                ("Valkey's log", valkey.log.read_bytes()),
                ("what `kept up` said", (tmp_path / "kept-up.stderr").read_bytes()),
                *refusals(visitor),
            ]
        )
    finally:
        postgres.discard()

    assert meanwhile == []
    assert found == []
    # There was something to find, and where it has to be it is found.
    assert scanner.scan("Notify", inboxes)
    assert scanner.scan("the list", listed.encode())
    assert b"unsubscribe" in at_notify
    assert overheard.said.count(b"arq:queue") > 3
    assert left["left"] == 1
    assert left["sent"] == SENT
    assert left["contacts"] >= 4  # The last form may have been opened, or not yet.
    assert left["journeys"] == 1
    assert left["receipts"] >= 1
    assert sum(1 for _ in refusals(visitor)) > 50


def refusals(visitor: Visitor) -> Iterator[tuple[str, bytes]]:
    """Every 4xx and 5xx, its headers too.

    The form's pages give a person back what they typed: 422 of `/windrush/register/email` and the others,
    which are not called here with wrong answers.
    """
    for name, answer in visitor.answers:
        if answer.status_code >= 400:
            yield name, answer.content + repr(sorted(answer.headers.items())).encode()
