"""docs/partners.md: its examples are run as they stand there, against the running service."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving

GUIDE = Path(__file__).parents[2] / "docs" / "partners.md"
EXAMPLES = re.findall(r"```sh\n(curl .*?)\n```\n\n`(\d{3})`", GUIDE.read_text(), re.DOTALL)


def is_there(document: dict[str, Any], command: str) -> bool:
    """Whether the service has the route that an example asks."""
    words = shlex.split(command.replace("\\\n", " "))
    method = words[words.index("-X") + 1].lower() if "-X" in words else "get"
    path = next(word for word in words if word.startswith("https://")).removeprefix("https://kept.example")
    return any(
        re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path) and method in calls
        for known, calls in document["paths"].items()
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_every_example_is_answered_as_the_guide_says(
    client: httpx.Client, serving: Serving, scheme: SchemeMade, people: People
) -> None:
    document = client.get("/v1/openapi.json").json()
    places = {
        "https://kept.example": serving.url,
        "windrush": scheme.slug,
        "eligibility": "opening",
        "TOKEN": people.link(scheme, people.registration(scheme)),
    }
    answered = []
    for command, status in EXAMPLES:
        # A manage link comes by message, from a worker, and there is none here.
        if not is_there(document, command) or "MANAGE" in command:
            continue
        for place, value in places.items():
            command = command.replace(place, value)
        words = [*shlex.split(command.replace("\\\n", " ")), "--silent", "--noproxy", "*"]
        done = subprocess.run([*words, "--write-out", "\n%{http_code}"], capture_output=True, text=True)
        answered.append((done.stdout.rpartition("\n")[2], status))
    assert [seen for seen, _ in answered] == [said for _, said in answered]
    assert len(answered) >= 5
    asked = [letter.get("ask", "registration") for letter in people.letters(scheme)]
    assert sorted(asked) == ["link", "registration"]


def test_the_guide_shows_every_call_of_the_contract() -> None:
    shown = {re.search(r"kept\.example(\S*)", command)[1] for command, _ in EXAMPLES}  # type: ignore[index]
    assert shown == {
        "/v1/schemes/windrush",
        "/v1/schemes/windrush/registrations",
        "/v1/confirmations",
        "/v1/links",
        "/v1/preferences/MANAGE",
        "/v1/preferences/MANAGE/copy",
    }


def test_no_other_site_may_ask_from_a_browser(client: httpx.Client, scheme: SchemeMade) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    asked = {"origin": "https://partner.example", "access-control-request-method": "POST"}
    for answer in (client.options(path, headers=asked), client.post(path, headers=asked, json={})):
        assert answer.status_code in {405, 422}
        assert not any(name.startswith("access-control-") for name in answer.headers)
