"""Real worker processes, started as `kept up` starts them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from service.settings import WorkerSettings


def environment(settings: WorkerSettings, **changes: str | None) -> dict[str, str]:
    """What a worker is told; a change to None leaves a setting out."""
    told: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        "KEPT_DATABASE_URL": settings.database_url.get_secret_value(),
        "KEPT_REDIS_URL": settings.redis_url.get_secret_value(),
        "KEPT_KEY_SERVICE": settings.key_service,
        "KEPT_KEY_STORE": str(settings.key_store),
        "KEPT_PUBLIC_URL": settings.public_url,
        "KEPT_STAFF_URL": settings.staff_url,
        "KEPT_NOTIFY_API_KEY": settings.notify_api_key.get_secret_value(),
        "KEPT_NOTIFY_BASE_URL": settings.notify_base_url,
        "KEPT_NOTIFY_EMAIL_TEMPLATE_ID": settings.notify_email_template_id,
        "KEPT_NOTIFY_RATE_PER_MINUTE": str(settings.notify_rate_per_minute),
        "KEPT_UNCERTAIN_AFTER_SECONDS": "0",
        "KEPT_WITNESS": str(settings.witness),
        "KEPT_RAMP_WAIT_SECONDS": "0",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


@contextmanager
def worker_process(lane: str, told: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A worker of `lane`, ready; ended when the block is, where it has not been."""
    with subprocess.Popen(
        [sys.executable, "-m", "workers", lane],
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield process
        finally:
            process.kill()


def refused(told: dict[str, str], lane: str = "bulk") -> subprocess.CompletedProcess[str]:
    """A worker that should not start."""
    return subprocess.run(
        [sys.executable, "-m", "workers", lane],
        env=told,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
