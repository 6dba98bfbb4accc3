"""A browser without script: it follows links, sends the forms that it was shown, and keeps cookies."""

import re
from collections.abc import Mapping
from html import unescape
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FORM = re.compile(r'<form method="post" action="([^"]*)".*?</form>', re.DOTALL)


class StaffBrowser:
    """At the staff host and at the issuer. Loopback counts as secure, as it does for real browsers."""

    def __init__(self, host: str, issuer: str) -> None:
        self.host = host
        self.issuer = issuer
        self.jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.http = httpx.AsyncClient(
            base_url=host,
            trust_env=False,
            timeout=30,
            cookies=self.jar,
            event_hooks={"request": [self._with_cookies]},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def _with_cookies(self, request: httpx.Request) -> None:
        # The client copies its jar without the policy, and would keep secure cookies from loopback.
        request.headers.pop("cookie", None)
        httpx.Cookies(self.jar).set_cookie_header(request)

    def cookie(self, name: str) -> str | None:
        return next((each.value for each in self.jar if each.name == name), None)

    async def begin(self, path: str = "/sign-in") -> str:
        """Go to sign in; where the issuer's page is."""
        answer = await self.http.get(path)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def choose(self, at: str, person: str) -> str:
        """Say who one is on the issuer's page; the callback that it sends the browser to."""
        answer = await self.http.post(at, data={"person": person})
        assert answer.status_code in (302, 303), answer.text
        return str(answer.headers["location"])

    async def sign_in(self, person: str, path: str = "/sign-in") -> httpx.Response:
        """All of it; the answer of the callback."""
        return await self.http.get(await self.choose(await self.begin(path), person))

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def csrf(self) -> str:
        page = (await self.http.get("/")).text
        return str(dict(HIDDEN.findall(page))["csrf"])

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, *, csrf: str | None = None, **more: str
    ) -> httpx.Response:
        """Send a form of the session's; `more`: headers, with _ for -."""
        token = csrf if csrf is not None else await self.csrf()
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        return await self.http.post(path, data={"csrf": token, **(form or {})}, headers=headers)

    async def press(self, page: httpx.Response, action: str) -> httpx.Response:
        """Send the page's form to `action` with its hidden fields."""
        for form in FORM.finditer(page.text):
            if form[1] == action:
                fields = {name: unescape(value) for name, value in HIDDEN.findall(form[0])}
                return await self.http.post(action, data=fields)
        raise AssertionError(f"the page has no form for {action}")


def path_of(answer: httpx.Response) -> str:
    """Where an answer sends the browser: path and query."""
    parts = urlsplit(answer.headers["location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")
