"""`make demo`: sample people on the first start, their update sent, and everything up until Ctrl-C."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.demo.main_job.stack import free_ports
from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.postgres import EmbeddedPostgres
from tests.demo.stack import starts

pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

SAMPLES = 500


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("demo") / "kept"
    yield path
    EmbeddedPostgres(path).discard()


def shown(data_dir: Path, ports: Ports) -> subprocess.Popen[str]:
    return starts(
        "deploy.demo.show", "--data-dir", str(data_dir), "--port-base", str(ports.public), TMPDIR="/tmp"
    )


def until_ready(demo: subprocess.Popen[str]) -> str:
    """All that it says up to its line that begins with `ready`."""
    assert demo.stdout is not None
    said: list[str] = []
    for line in demo.stdout:
        print(line, end="")  # how far it came, where it does not come to its end
        said.append(line)
        if line.startswith("ready"):
            break
    return "".join(said)


def ended(demo: subprocess.Popen[str]) -> tuple[int, bool, bool]:
    """The exit code, whether within ten seconds, and whether with a traceback."""
    began = time.monotonic()
    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=30)
    return demo.returncode, time.monotonic() - began < 10, "Traceback" in errors


def test_sample_people_are_taken_through_the_main_job_once(data_dir: Path) -> None:
    ports = free_ports()
    with shown(data_dir, ports) as demo:
        try:
            said = until_ready(demo)
            inboxes = summary(ports)
        finally:
            end = ended(demo)

    assert f"{SAMPLES} sample people registered" in said
    assert "Everything held." in said
    assert f"{url_of(ports.public)}/windrush" in said
    assert f"kept token senior --port-base {ports.public}" in said
    assert (inboxes["people"], inboxes["messages"]) == (SAMPLES, 2 * SAMPLES)
    assert end == (0, True, False)

    with shown(data_dir, ports) as demo:
        try:
            said = until_ready(demo)
            inboxes = summary(ports)
        finally:
            end = ended(demo)

    assert "The sample people are here already" in said
    assert inboxes["messages"] == 2 * SAMPLES
    assert end == (0, True, False)


def summary(ports: Ports) -> dict[str, int]:
    """How many people have how many messages."""
    counted: dict[str, int] = httpx.get(
        f"{url_of(ports.notify)}/admin/inboxes?summary=1", trust_env=False
    ).json()
    return counted
