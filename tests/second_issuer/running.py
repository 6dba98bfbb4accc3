"""`oidc-provider`, in a process of its own on a free port, and a browser at its pages."""

import json
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx

from deploy.one_machine.ports import free_port

HERE = Path(__file__).parent
CLIENT_ID = "kept-staff"
PEOPLE = {
    "ann": {"name": "Ann Comms", "roles": ["comms"]},
    "sam": {"name": "Sam Senior", "roles": ["senior", "caseworker"]},
    "noa": {"name": "Noa Nobody", "roles": ["payroll"]},
}
FORM = re.compile(r'action="([^"]+)" method="post"')
PROMPT = re.compile(r'name="prompt" value="(\w+)"')

there = shutil.which("node") is not None and (HERE / "node_modules" / "oidc-provider").is_dir()
"""Whether it can be run here."""


@dataclass(frozen=True)
class SecondIssuer:
    url: str
    client_secret: str


@contextmanager
def second_issuer(staff_port: int) -> Iterator[SecondIssuer]:
    """It answers; ended afterwards. Its client is the staff process on `staff_port`."""
    port, secret = free_port(), secrets.token_urlsafe(32)
    url = f"http://127.0.0.1:{port}"
    told = {
        "issuer": url,
        "port": port,
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "redirect_uri": f"http://127.0.0.1:{staff_port}/sign-in/callback",
        "post_logout_redirect_uri": f"http://127.0.0.1:{staff_port}/",
        "people": PEOPLE,
    }
    process = subprocess.Popen(
        ["node", "issuer.mjs", json.dumps(told)],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready"):
                break
        else:
            raise AssertionError("oidc-provider did not start")
        yield SecondIssuer(url, secret)
    finally:
        process.terminate()
        process.communicate(timeout=10)


async def sign_in_there(http: httpx.AsyncClient, at: str, person: str) -> str:
    """Go through its pages as `person`; where it sends the browser in the end."""
    until = time.monotonic() + 30
    answer = await http.get(at)
    while time.monotonic() < until:
        if answer.is_redirect:
            location = str(answer.url.join(answer.headers["location"]))
            if "/sign-in/callback" in location:
                return location
            answer = await http.get(location)
            continue
        action, prompt = FORM.search(answer.text), PROMPT.search(answer.text)
        assert action is not None, answer.text[:500]
        assert prompt is not None
        typed = {"prompt": prompt[1], "login": person, "password": "any"}
        answer = await http.post(unescape(action[1]), data=typed)
    raise AssertionError("its pages had no end")
