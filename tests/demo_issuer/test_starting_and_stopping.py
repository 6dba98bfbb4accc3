"""The process: what it refuses to start with, how it ends, what survives it."""

import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from deploy.one_machine.ports import free_port
from tests.demo_issuer.browser import Browser
from tests.demo_issuer.running import REPOSITORY, running_issuer, start, write_config


def _ends(process: subprocess.Popen[str]) -> tuple[int, str]:
    printed, _ = process.communicate(timeout=20)
    return process.returncode, printed


def test_a_port_in_use_is_named_without_a_traceback(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, printed = _ends(start(port, write_config(tmp_path, {"issuer": f"http://127.0.0.1:{port}"})))

    assert code == 2
    assert printed.strip() == f"kept demo issuer: port {port} is in use by another program"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "http://0.0.0.0:8004"),
        ("issuer", "http://192.0.2.1:8004"),
        ("issuer", "http://login.example.org:8004"),
        ("issuer", "http://127.0.0.1.example.org:8004"),
        ("issuer", "http://127.0.0.2:8004"),
        ("issuer", "https://127.0.0.1:8004"),
        ("redirect_uris", ["https://staff.example.org/signed-in"]),
        ("redirect_uris", []),
        ("post_logout_redirect_uris", ["https://staff.example.org/"]),
        ("client_secret", "short"),
    ],
)
def test_it_refuses_what_is_not_on_loopback_or_not_usable(tmp_path: Path, field: str, value: object) -> None:
    code, printed = _ends(start(8004, write_config(tmp_path, {field: value})))

    assert code == 2
    assert field in printed
    assert "Traceback" not in printed


def test_it_never_prints_the_secret(tmp_path: Path) -> None:
    config = write_config(
        tmp_path, {"client_secret": "hunter2-hunter2-hunter2", "redirect_uris": ["nowhere"]}
    )

    code, printed = _ends(start(8004, config))

    assert code == 2
    assert "hunter2" not in printed


def test_a_config_that_others_can_read_is_refused(tmp_path: Path) -> None:
    code, printed = _ends(start(8004, write_config(tmp_path, mode=0o640)))

    assert code == 2
    assert "chmod 600" in printed


def test_a_config_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    garbage = write_config(tmp_path)
    garbage.write_text("{")

    for path in (garbage, tmp_path / "nothing.json"):
        code, printed = _ends(start(8004, path))
        assert code == 2
        assert str(path) in printed
        assert "Traceback" not in printed


def test_a_port_that_is_not_the_issuers_is_refused(tmp_path: Path) -> None:
    code, printed = _ends(start(8005, write_config(tmp_path)))

    assert code == 2
    assert "8004" in printed
    assert "8005" in printed


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_quietly(tmp_path: Path, signal_number: signal.Signals) -> None:
    with running_issuer(tmp_path) as issuer, httpx.Client(trust_env=False) as kept_alive:
        kept_alive.get(f"{issuer.url}/health/live")
        began = time.monotonic()

        issuer.process.send_signal(signal_number)
        printed, _ = issuer.process.communicate(timeout=10)

    assert time.monotonic() - began < 3
    assert printed == ""


def test_a_request_that_never_ends_does_not_keep_it_alive(tmp_path: Path) -> None:
    with running_issuer(tmp_path) as issuer:
        with socket.create_connection(("127.0.0.1", issuer.port)) as half:
            half.sendall(
                b"POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\nhalf"
            )
            time.sleep(0.2)  # until it is being read
            began = time.monotonic()

            issuer.process.terminate()
            issuer.process.communicate(timeout=10)

        assert time.monotonic() - began < 3


def test_a_restart_goes_on_with_the_same_key(tmp_path: Path) -> None:
    with running_issuer(tmp_path) as issuer, Browser(issuer) as browser:
        token = browser.http.post("/demo/token", json={"person": "senior"}).json()["access_token"]
    with running_issuer(tmp_path, port=issuer.port) as issuer, Browser(issuer) as browser:
        assert browser.claims(token)["sub"] == "demo-senior"
        answer = browser.http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def test_the_signing_key_is_its_owners_alone(tmp_path: Path) -> None:
    with running_issuer(tmp_path) as issuer:
        (kept,) = issuer.data_dir.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(issuer.data_dir.stat().st_mode) == 0o700

    kept.chmod(0o644)
    config = write_config(tmp_path, {"issuer": issuer.url})
    code, printed = _ends(start(issuer.port, config, "--data-dir", str(issuer.data_dir)))

    assert code == 2
    assert "chmod 600" in printed


def test_a_key_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    port = free_port()
    kept = tmp_path / "signing-key.json"
    kept.touch(mode=0o600)
    kept.write_text('{"kty": "RSA"}')
    config = write_config(tmp_path, {"issuer": f"http://127.0.0.1:{port}"})

    code, printed = _ends(start(port, config, "--data-dir", str(tmp_path)))

    assert code == 2
    assert str(kept) in printed
    assert "Traceback" not in printed


def test_it_listens_on_one_address_alone(tmp_path: Path) -> None:
    with running_issuer(tmp_path) as issuer, pytest.raises(OSError, match=r"refused|assign|timed out"):
        # Any other address of this machine would do: this one every Linux machine has.
        socket.create_connection(("127.0.0.2", issuer.port), timeout=2)


def test_it_has_its_name_in_the_process_list(tmp_path: Path) -> None:
    with running_issuer(tmp_path) as issuer:
        listed = subprocess.run(
            ["ps", "-o", "args=", "-p", str(issuer.process.pid)], capture_output=True, text=True, check=True
        )

    assert listed.stdout.strip() == "kept demo issuer"


def test_nothing_of_the_service_imports_it() -> None:
    sources = [path for folder in ("service", "workers") for path in (REPOSITORY / folder).rglob("*.py")]

    assert sources
    assert [path for path in sources if "deploy.demo.issuer" in path.read_text()] == []
