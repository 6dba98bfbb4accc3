"""The stand-in for Notify as these tests have it: on a directory, so that it can die and come back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from deploy.one_machine import tied
from deploy.one_machine.ports import free_port
from deploy.one_machine.processes import basics
from tests.harness.servers import EMAIL_TEMPLATE, StandIn

CALLBACK_TOKEN: Final = "a-token-for-tests-only"


class Notify:
    """A stand-in that calls the service back."""

    def __init__(self, folder: Path, *, callback_port: int, rate_per_minute: int) -> None:
        self.rate_per_minute = rate_per_minute
        self._folder = folder
        self._port = free_port()
        self._service, self._secret = str(uuid4()), str(uuid4())
        config = folder / "stand-in.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(self._configuration(callback_port)))
        self.url = f"http://127.0.0.1:{self._port}"
        self.api_key = f"chaos-{self._service}-{self._secret}"
        self.standin = StandIn(
            self.url, self.api_key, httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        )
        self._limit = 10_000_000
        self._process = self._start()

    def put_right(self) -> None:
        """No faults, the right time, a full bucket, a new day, a key that works."""
        self.standin.http.delete("/admin/faults").raise_for_status()
        self.standin.admin("clock", {"offset_seconds": 0})
        self.standin.admin(
            "limits", {"rate_per_minute": self.rate_per_minute, "daily_limit_emails": 10_000_000}
        )
        self.standin.admin("daily", {"count": 0})
        self.give_key_back()

    def fault(self, name: str, *, times: int, seconds: float = 0.5, reference: str = "d-") -> None:
        """`position:symptom`, for the next so many messages whose reference begins so."""
        self.standin.admin(
            "faults",
            {
                "plan": [
                    {"fault": name, "times": times, "seconds": seconds, "match": {"reference": reference}}
                ]
            },
        )

    def odds(self, probability: dict[str, float], *, seed: int, seconds: float = 0.3) -> None:
        self.standin.admin("faults", {"probability": probability, "seed": seed, "seconds": seconds})

    def no_faults(self) -> None:
        self.standin.http.delete("/admin/faults").raise_for_status()

    def revoke_key(self) -> None:
        self.standin.admin(f"keys/{self._secret}/revoke", {})

    def give_key_back(self) -> None:
        self.standin.admin("keys", {"secret": self._secret, "type": "live", "name": "chaos"})

    def drain(self) -> None:
        """Another system has used the minute's limit up."""
        self.standin.admin("bucket/drain", {})

    def allow_today(self, more: int) -> None:
        """The daily limit allows so many more."""
        self._limit = int(self.counts()["today"]["email"]) + more
        self.standin.admin("limits", {"daily_limit_emails": self._limit})

    def day_is_used_up(self) -> bool:
        return int(self.counts()["today"]["email"]) >= self._limit

    def next_day(self) -> None:
        """Past midnight. The clock itself stays: tokens of the real time would be refused."""
        self.standin.admin("daily", {"count": 0})
        self.standin.admin("limits", {"daily_limit_emails": 10_000_000})

    def counts(self) -> dict[str, Any]:
        answer = self.standin.http.get("/admin/counts")
        answer.raise_for_status()
        counts: dict[str, Any] = answer.json()
        return counts

    def call_again(self, notify_id: UUID) -> None:
        """As it does five minutes after a call that failed."""
        self.standin.admin("callbacks/replay", {"notification_id": str(notify_id)})

    def inboxes(self, subject: str) -> dict[str, int]:
        """How many messages with this subject each address has got."""
        answer = self.standin.http.get("/admin/inboxes", params={"subject": subject})
        answer.raise_for_status()
        return {address: len(messages) for address, messages in answer.json().items() if messages}

    def bodies(self) -> dict[str, list[str]]:
        """The bodies of everything that each address has got, oldest first."""
        answer = self.standin.http.get("/admin/inboxes")
        answer.raise_for_status()
        return {
            address: [message["body"] for message in messages] for address, messages in answer.json().items()
        }

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        self._process = self._start()

    def close(self) -> None:
        self.kill()
        self.standin.http.close()

    def _start(self) -> subprocess.Popen[bytes]:
        process = tied.start(
            [
                *(sys.executable, "-m", "deploy.demo.notify", "--port", str(self._port)),
                *("--config", str(self._folder / "stand-in.json")),
                *("--data-dir", str(self._folder / "notify")),
            ],
            env=basics({}),
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with process.stdout as said:
            line = said.readline()
        assert line.startswith(b"ready"), line
        return process

    def _configuration(self, callback_port: int) -> dict[str, Any]:
        return {
            "service_id": self._service,
            "keys": [{"secret": self._secret, "type": "live", "name": "chaos"}],
            "rate_per_minute": self.rate_per_minute,
            "daily_limit_emails": 10_000_000,
            "from_email": "kept-informed@notifications.example.org",
            "templates": [
                {
                    "id": EMAIL_TEMPLATE,
                    "type": "email",
                    "name": "update",
                    "subject": "((subject))",
                    "body": "((body))",
                }
            ],
            "callback": {
                "url": f"http://127.0.0.1:{callback_port}/receipts",
                "token": CALLBACK_TOKEN,
            },
            "delivery_seconds": 0.1,
        }
