"""A real stand-in for each test that wants one: a process of its own on a free port."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from notifications_python_client import NotificationsAPIClient
from notifications_python_client.authentication import create_jwt_token

SERVICE = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0001"
KEYS = {
    "live": "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0002",
    "team": "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0003",
    "test": "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0004",
}
ANY_TEXT = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0005"
GREETING = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0006"
TEXT = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0007"
LETTER = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0008"
REPLY_TO = "0a6b9d2e-5f0c-4c56-9a39-6f1d2b7c0009"
CALLBACK_TOKEN = "token-of-the-demo"
GUEST = "guest@example.com"


def configuration(**changes: Any) -> dict[str, Any]:
    return {
        "service_id": SERVICE,
        "keys": [{"secret": secret, "type": kind, "name": kind} for kind, secret in KEYS.items()],
        "rate_per_minute": 300_000,
        "guest_list": [GUEST],
        "from_email": "kept.informed@example.gov.uk",
        "reply_to_ids": [REPLY_TO],
        "delivery_seconds": 0.05,
        "templates": [
            {"id": ANY_TEXT, "type": "email", "name": "Any", "subject": "((subject))", "body": "((body))"},
            {
                "id": GREETING,
                "type": "email",
                "name": "Greeting",
                "subject": "Hello ((First name))",
                "body": "Dear ((first_name)),\n\n((urgent??Read this today.))\n\n((what))",
            },
            {"id": TEXT, "type": "sms", "name": "Text", "body": "((body))"},
            {"id": LETTER, "type": "letter", "name": "Letter", "subject": "((heading))", "body": "((body))"},
        ],
        **changes,
    }


@dataclass
class Running:
    """A stand-in that runs, and what a test does with it."""

    process: subprocess.Popen[str]
    url: str
    admin: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.admin = httpx.Client(base_url=self.url, trust_env=False, timeout=20)

    def client(self, key: str = "live", timeout: float = 20) -> NotificationsAPIClient:
        """The official client, with a key of this type."""
        name = f"{key}-{SERVICE}-{KEYS.get(key, key)}"
        client = NotificationsAPIClient(name, base_url=self.url, timeout=timeout)
        client.request_session.trust_env = False
        return client

    def post(
        self, form: Any, *, kind: str = "email", key: str = "live", raw: bytes | None = None
    ) -> httpx.Response:
        """A POST by hand, for what the official client would not send."""
        content = json.dumps(form).encode() if raw is None else raw
        return self.admin.post(f"/v2/notifications/{kind}", content=content, headers=self.headers(key))

    def get(self, path: str, *, key: str = "live") -> httpx.Response:
        return self.admin.get(path, headers=self.headers(key))

    def headers(self, key: str = "live") -> dict[str, str]:
        return {"Authorization": f"Bearer {create_jwt_token(KEYS[key], SERVICE)}"}

    def tell(self, path: str, told: Any = None) -> Any:
        """Something for the administration, which has to agree."""
        answer = self.admin.post(f"/admin/{path}", json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def inbox(self, address: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.admin.get(f"/admin/inboxes/{address}").json()
        return messages

    def status(self, message_id: str) -> str:
        return str(self.get(f"/v2/notifications/{message_id}").json()["status"])

    def becomes(self, message_id: str, status: str) -> None:
        """Wait until a message has that status."""
        wait_until(lambda: self.status(message_id) == status)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.admin.close()
        self.process.send_signal(how)
        code = self.process.wait(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code


Starter = Callable[..., Running]


def launch(directory: Path, settings: dict[str, Any], *arguments: str) -> subprocess.Popen[str]:
    """The program as a developer starts it."""
    config = directory / f"{uuid4()}.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "deploy.demo.notify", "--config", str(config), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def started(directory: Path, settings: dict[str, Any], *arguments: str) -> Running:
    process = launch(directory, settings, "--port", "0", *arguments)
    assert process.stdout is not None
    word, url = (process.stdout.readline() or "nothing at_all").split()
    assert word == "ready", process.stderr.read() if process.stderr else ""
    return Running(process, url)


@pytest.fixture(scope="module")
def notify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One stand-in for the tests of a file, each of which writes to addresses of its own."""
    running = started(tmp_path_factory.mktemp("notify"), configuration())
    yield running
    assert running.end() == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Starts a stand-in of one's own, with changed settings, and ends it."""
    all_started: list[Running] = []

    def start_one(*arguments: str, **changes: Any) -> Running:
        all_started.append(started(tmp_path, configuration(**changes), *arguments))
        return all_started[-1]

    yield start_one
    for running in all_started:
        if running.process.poll() is None:
            running.end()


@dataclass
class Service:
    """The service that Notify calls back: a real server, which answers as a test says."""

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    answer: int = 200
    hangs_up: bool = False
    slow_seconds: float = 0

    def callback(self) -> dict[str, str]:
        return {"url": self.url, "token": CALLBACK_TOKEN}


@pytest.fixture
def service() -> Iterator[Service]:
    """Somebody who is called back."""
    called = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            called.calls.append(json.loads(self.rfile.read(size)))
            called.tokens.add(self.headers["Authorization"])
            time.sleep(called.slow_seconds)
            self.send_response(called.answer)
            if called.answer != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = called.hangs_up

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    called.url = f"http://127.0.0.1:{server.server_address[1]}/receipts"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield called
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address() -> str:
    """An address that no other test writes to."""
    return f"{uuid4()}@example.com"


def wait_until(what: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that must become true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def errors_of(answer: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    """The status and the errors of an answer in Notify's v2 shape."""
    said = answer.json()
    assert said["status_code"] == answer.status_code
    return answer.status_code, [(error["error"], error["message"]) for error in said["errors"]]
