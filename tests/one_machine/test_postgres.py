"""The embedded PostgreSQL: a password for everybody, and a directory that survives anything."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.one_machine.locking import InUse
from deploy.one_machine.orphans import end_postgres_on
from deploy.one_machine.passwords import kept
from deploy.one_machine.postgres import EmbeddedPostgres, PostgresDidNotStart
from deploy.one_machine.processes import url_as
from deploy.one_machine.programs import postgres_programs
from deploy.one_machine.unprivileged import server_user, staged_home
from tests.one_machine.watching import alive, comes_true, said, script

RUN_IT = """
    import sys, time
    from pathlib import Path
    from deploy.one_machine.postgres import EmbeddedPostgres
    with EmbeddedPostgres(Path(sys.argv[1]), fast_and_loose=True) as postgres:
        print(postgres.owner_url, flush=True)
        print(postgres.process.pid, flush=True)
        time.sleep(60)
"""


def rows(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT word FROM remembered").fetchall()


def remember(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE remembered (word text PRIMARY KEY)")
        connection.execute("INSERT INTO remembered VALUES ('kept')")


@pytest.mark.parametrize("password", ["", "wrong"])
@pytest.mark.parametrize("role", ["kept_owner", "postgres"])
def test_nobody_gets_in_without_the_right_password(
    shared_postgres: EmbeddedPostgres, role: str, password: str
) -> None:
    url = url_as(shared_postgres.owner_url, role, password)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url)


def test_every_way_in_asks_for_a_password(shared_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(shared_postgres.superuser_url) as connection:
        ways_in = connection.execute("SELECT type, address, auth_method FROM pg_hba_file_rules").fetchall()

    assert ways_in == [("host", "127.0.0.1", "scram-sha-256")]


def test_it_listens_on_loopback_alone(shared_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(shared_postgres.superuser_url) as connection:
        listens = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()

    assert listens == ("127.0.0.1", "")


def test_the_owner_may_make_roles_and_is_no_superuser(shared_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(shared_postgres.owner_url) as connection:
        connection.execute("CREATE ROLE somebody")
        connection.rollback()
        powers = connection.execute(
            "SELECT rolsuper, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = 'kept_owner'"
        ).fetchone()

    assert powers == (False, False, False)


def test_what_a_failed_statement_held_is_not_in_the_log(postgres: EmbeddedPostgres) -> None:
    remember(postgres.owner_url)
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation, match=r"\(kept\)"):
            connection.execute("INSERT INTO remembered VALUES ('kept')")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("SELECT nothing FROM remembered WHERE word = 'sentinel'")

    log = postgres.log.read_text()
    assert "duplicate key" in log
    assert "(kept)" not in log
    assert "sentinel" not in log


@pytest.mark.parametrize("first", ["the one who started it", "the server"])
def test_the_rows_are_there_after_everything_was_killed(data_dir: Path, first: str) -> None:
    starter = script(RUN_IT, str(data_dir))
    url, server = said(starter), int(said(starter))
    remember(url)
    order = [starter.pid, server]
    for pid in order if first == "the one who started it" else reversed(order):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    starter.communicate()

    postgres = EmbeddedPostgres(data_dir)
    try:
        postgres.start()
        assert rows(postgres.owner_url) == [("kept",)]
    finally:
        postgres.discard()


def test_it_ends_with_the_one_who_started_it(data_dir: Path) -> None:
    starter = script(RUN_IT, str(data_dir))
    said(starter)
    server = int(said(starter))
    assert alive(server)

    starter.kill()
    starter.communicate()

    assert comes_true(lambda: not alive(server))
    EmbeddedPostgres(data_dir).discard()


def test_an_orphan_on_the_same_directory_is_ended_first(postgres: EmbeddedPostgres) -> None:
    remember(postgres.owner_url)
    home = postgres.home
    postgres.stop()
    user = server_user()
    orphan = subprocess.Popen(
        [postgres_programs(for_nobody=user is not None) / "postgres", "-D", home],
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    assert comes_true(lambda: (home / "cluster" / "postmaster.pid").exists())

    postgres.start()

    assert orphan.wait(1) is not None
    assert rows(postgres.owner_url) == [("kept",)]


def test_a_stale_lock_that_names_another_process_stops_nobody(postgres: EmbeddedPostgres) -> None:
    cluster = postgres.home / "cluster"
    postgres.stop()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (cluster / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster}\n")

        postgres.start()

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_only_a_postgres_of_that_very_directory_counts_as_an_orphan(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "cluster"
    elsewhere.mkdir()

    end_postgres_on(elsewhere)

    with psycopg.connect(postgres.owner_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_directory_has_one_user_at_a_time(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    second = EmbeddedPostgres(data_dir, fast_and_loose=True)

    with pytest.raises(InUse, match=str(os.getpid())):
        second.start()

    with psycopg.connect(postgres.owner_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_comes_back_on_the_same_port(postgres: EmbeddedPostgres) -> None:
    remember(postgres.owner_url)
    url = postgres.owner_url
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()

    postgres.start()

    assert rows(url) == [("kept",)]


def test_the_cluster_lies_where_its_user_can_reach_it(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    """pytest's directories are closed to others, as root's home is."""
    user = server_user()
    owner = (postgres.home / "cluster").stat().st_uid
    if user is None:
        assert postgres.home == data_dir / "postgres"
        assert owner == os.getuid()
    else:
        assert not postgres.home.is_relative_to(data_dir)
        assert (data_dir / "postgres").is_symlink()
        assert owner == user.uid


def test_passwords_are_for_their_owner_alone(postgres: EmbeddedPostgres, data_dir: Path) -> None:
    secrets = data_dir / "secrets"

    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
    assert urlsplit(postgres.owner_url).password == kept(data_dir, "postgres-kept_owner")
    assert not (postgres.home / "password").exists()


def test_a_lost_password_is_said_and_the_cluster_is_left_alone(
    postgres: EmbeddedPostgres, data_dir: Path
) -> None:
    remember(postgres.owner_url)
    postgres.stop()
    lost = data_dir / "secrets" / "postgres-postgres"
    password = lost.read_text()
    lost.unlink()

    with pytest.raises(PostgresDidNotStart, match="secrets"):
        postgres.start()

    lost.write_text(password)
    postgres.start()
    assert rows(postgres.owner_url) == [("kept",)]


def test_a_cluster_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "unmounted")

    with pytest.raises(PostgresDidNotStart, match="gone"):
        EmbeddedPostgres(tmp_path).start()


def test_a_staged_test_cluster_goes_after_its_data_directory(tmp_path: Path) -> None:
    if server_user() is None:
        return  # Only root's servers are staged; an ordinary user's lie in the data directory itself.
    gone, kept_on = tmp_path / "gone", tmp_path / "kept-on"
    homes = []
    for data_dir in (gone, kept_on):
        data_dir.mkdir()
        homes.append(staged_home(data_dir, "trial", disposable=True))
    lasting = staged_home(gone, "trial")
    gone.rmdir()

    try:
        homes.append(staged_home(kept_on, "trial", disposable=True))

        assert [home.exists() for home in homes] == [False, True, True]
        assert lasting.exists()
    finally:
        for home in (*homes, lasting):
            shutil.rmtree(home, ignore_errors=True)
