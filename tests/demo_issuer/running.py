"""A real demo issuer, in a process of its own on a free port."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from deploy.one_machine.ports import free_port

REPOSITORY = Path(__file__).parents[2]
CLIENT_ID = "kept-staff"
AUDIENCE = "kept-staff-api"
REDIRECT_URI = "http://127.0.0.1:8001/signed-in"
_START_WITHIN_SECONDS = 20


@dataclass(frozen=True)
class RunningIssuer:
    """Where it listens and what it was told."""

    url: str
    client_secret: str
    data_dir: Path
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def write_config(
    directory: Path, changes: Mapping[str, object] = MappingProxyType({}), *, mode: int = 0o600
) -> Path:
    """A configuration file as `kept up` writes it, with these changes."""
    config = {
        "issuer": "http://127.0.0.1:8004",
        "client_id": CLIENT_ID,
        "client_secret": secrets.token_urlsafe(24),
        "redirect_uris": [REDIRECT_URI],
        "role_claim": "roles",
        "audience": AUDIENCE,
        **changes,
    }
    path = directory / f"issuer-{secrets.token_hex(4)}.json"
    path.touch(mode=mode)
    path.chmod(mode)
    path.write_text(json.dumps(config))
    return path


def start(port: int, config: Path, *more: str) -> subprocess.Popen[str]:
    """The process, as the command line starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.demo.issuer", "--port", str(port), "--config", str(config), *more],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running_issuer(
    directory: Path, *, port: int | None = None, changes: Mapping[str, object] = MappingProxyType({})
) -> Iterator[RunningIssuer]:
    """An issuer that answers; ended afterwards. Its data directory is under `directory`."""
    secret = secrets.token_urlsafe(24)
    data_dir = directory / "issuer-data"
    process, url = _start_somewhere(directory, data_dir, secret, port, changes)
    try:
        yield RunningIssuer(url, secret, data_dir, process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End it, and close its pipe."""
    process.terminate()
    process.communicate(timeout=10)


def _start_somewhere(
    directory: Path, data_dir: Path, secret: str, wanted: int | None, changes: Mapping[str, object]
) -> tuple[subprocess.Popen[str], str]:
    # Another test process may take a free port before the issuer does: then try the next one.
    for _ in range(5):
        port = wanted or free_port()
        url = f"http://127.0.0.1:{port}"
        config = write_config(directory, {"issuer": url, "client_secret": secret, **changes})
        process = start(port, config, "--data-dir", str(data_dir))
        if _answers(url, process):
            return process, url
        printed, _ = process.communicate()
        if "in use" not in printed:
            break
    raise AssertionError(f"the issuer did not start: {printed}")


def _answers(url: str, process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + _START_WITHIN_SECONDS
    with httpx.Client(trust_env=False) as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                return http.get(f"{url}/health/live").is_success
            except httpx.TransportError:
                time.sleep(0.05)
    process.kill()
    return False
