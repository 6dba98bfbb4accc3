"""Calls to the service: again where it says "later", and refusals in words."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import httpx

from deploy.demo.main_job.people import BrokenRule
from service.errors import KeptError

AT_ONCE: Final = 16
"""How many calls are under way at a time."""
KEEP_TRYING_SECONDS: Final = 60.0
TOKEN_SECONDS: Final = 600.0
"""How long a token is used. It is good for an hour, and an approval wants a fresh one."""

REPEATED: Final = "kept.repeated"
"""Marks an answer, in its `extensions`, to a call that may have been done once before."""

_LATER: Final = frozenset({429, 502, 503, 504})

Item = TypeVar("Item")


class Refused(KeptError):
    """The service refused a call."""

    code = "refused"

    def __init__(self, doing: str, answer: httpx.Response) -> None:
        problem = _object(answer)
        self.status = answer.status_code
        self.errors = broken_rules(answer)
        said = problem.get("detail") or problem.get("title") or "no reason given"
        found = [
            f"{finding.get('where')}: {finding.get('message')}"
            for finding in problem.get("findings", [])
            if isinstance(finding, dict)
        ]
        rules = [f"{each.field}: {each.rule}" if each.field else each.rule for each in self.errors]
        super().__init__("; ".join([f"{doing} was refused ({self.status}): {said}", *rules, *found]))


class Unreachable(KeptError):
    """A process of the service does not answer."""

    code = "unreachable"


class Caller:
    """One client for one host."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, name: str) -> None:
        self._client = client
        self._base_url = base_url
        self._name = name

    async def call(
        self, method: str, path: str, *, json: Any = None, token: str | None = None
    ) -> httpx.Response:
        """The answer, whatever it is. Raises `Unreachable` after a minute of none, or of "later"."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        deadline = time.monotonic() + KEEP_TRYING_SECONDS
        pause, repeated = 0.1, False
        while True:
            try:
                answer = await self._client.request(
                    method, f"{self._base_url}{path}", json=json, headers=headers
                )
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise Unreachable(
                        f"{self._name} did not answer for {KEEP_TRYING_SECONDS:.0f} seconds"
                    ) from None
                repeated = repeated or not isinstance(error, httpx.ConnectError)
            else:
                if answer.status_code not in _LATER or time.monotonic() > deadline:
                    answer.extensions[REPEATED] = repeated
                    return answer
                pause = max(pause, _retry_after(answer))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def agreed(
        self, doing: str, method: str, path: str, *, json: Any = None, token: str | None = None
    ) -> Any:
        """The JSON of a call that has to be agreed to. Raises `Refused`."""
        answer = await self.call(method, path, json=json, token=token)
        if not answer.is_success:
            raise Refused(doing, answer)
        return answer.json()


class StaffMember:
    """A person of the demo's staff, with a token that is never old."""

    def __init__(self, person: str, issuer: Caller) -> None:
        self.person = person
        self._issuer = issuer
        self._token = ""
        self._since = 0.0

    async def token(self) -> str:
        if not self._token or time.monotonic() - self._since > TOKEN_SECONDS:
            asked = {"person": self.person}
            given = await self._issuer.agreed("a token", "POST", "/demo/token", json=asked)
            self._token, self._since = given["access_token"], time.monotonic()
        return self._token


async def for_each(items: Iterable[Item], work: Callable[[Item], Awaitable[None]]) -> None:
    """Do `work` for every item, some at a time. The first failure ends the rest."""
    left = iter(items)

    async def pull() -> None:
        for item in left:  # Shared: each puller takes the next one.
            await work(item)

    pullers = [asyncio.create_task(pull()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*pullers)
    finally:
        for puller in pullers:
            puller.cancel()
        await asyncio.gather(*pullers, return_exceptions=True)


def broken_rules(answer: httpx.Response) -> Sequence[BrokenRule]:
    """The fields and rules that a problem names."""
    return [
        BrokenRule(str(each.get("field", "")), str(each.get("rule", "")))
        for each in _object(answer).get("errors", [])
        if isinstance(each, dict)
    ]


def reason(answer: httpx.Response) -> str:
    """What a problem says as a whole."""
    problem = _object(answer)
    return str(problem.get("detail") or problem.get("title") or f"It was answered {answer.status_code}")


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _retry_after(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return min(float(said), 10.0) if said.isdecimal() else 0.0
