"""A worker that may not, or cannot, do its work does not start: it says which setting, and no more."""

import pytest

from deploy.one_machine.ports import free_port
from service.settings import WorkerSettings
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.workers.processes import environment, refused


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("KEPT_DATABASE_URL", None),
        ("KEPT_DATABASE_URL", "mysql://secret-of-tests@localhost"),
        ("KEPT_REDIS_URL", None),
        ("KEPT_KEY_SERVICE", None),
        ("KEPT_KEY_SERVICE", "file:/nowhere/root.key"),
        ("KEPT_KEY_STORE", None),
        ("KEPT_NOTIFY_API_KEY", None),
        ("KEPT_NOTIFY_EMAIL_TEMPLATE_ID", None),
        ("KEPT_NOTIFY_RATE_PER_MINUTE", "0"),
        ("KEPT_PUBLIC_URL", None),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(
    worker_settings: WorkerSettings, setting: str, value: str | None
) -> None:
    _says(environment(worker_settings, **{setting: value}), setting)


@pytest.mark.parametrize("role", ["kept_owner", "kept_staff", "kept_public", "postgres"])
def test_another_role_is_refused(
    service: Service, worker_settings: WorkerSettings, database: Database, role: str
) -> None:
    _says(environment(worker_settings, KEPT_DATABASE_URL=database.url(role)), "KEPT_DATABASE_URL")


def test_an_empty_key_store_is_refused(worker_settings: WorkerSettings, tmp_path: object) -> None:
    _says(environment(worker_settings, KEPT_KEY_STORE=f"{tmp_path}/empty"), "KEPT_KEY_STORE")


def test_a_secret_of_another_process_is_refused(service: Service, worker_settings: WorkerSettings) -> None:
    _says(environment(worker_settings, KEPT_OIDC_CLIENT_SECRET="secret-of-tests"), "KEPT_OIDC_CLIENT_SECRET")


def test_a_redis_that_cannot_be_reached_is_named(service: Service, worker_settings: WorkerSettings) -> None:
    _says(environment(worker_settings, KEPT_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"), "KEPT_REDIS_URL")


@pytest.mark.parametrize("lane", ["", "everything"])
def test_a_lane_that_is_none_is_refused(worker_settings: WorkerSettings, lane: str) -> None:
    answer = refused(environment(worker_settings), lane)
    assert answer.returncode == 2
    assert "urgent, bulk, care" in answer.stderr


def _says(told: dict[str, str], setting: str) -> None:
    answer = refused(told)
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.splitlines()[-1].startswith(f"kept: {setting}: "), answer.stderr
    assert "Traceback" not in answer.stderr
    assert "secret-of-tests" not in answer.stderr
    assert "ready" not in answer.stdout
