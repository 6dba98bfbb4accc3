"""The form of registering as a browser's tab sends it, with cookies and proofs by hand."""

import re
from dataclasses import dataclass, field

import httpx

from tests.web_public.people import SchemeMade

EMAIL = "ada.sentinel@example.org"
MOBILE = "07700 900123"
POSTAL_ADDRESS = "1 Example Street\nExampleton\nCF10 3NQ"

Given = str | list[str]
Pages = dict[str, dict[str, Given]]
"""What is sent, by page."""

BY_EMAIL: Pages = {
    "who": {"kind": "individual"},
    "how": {"contact_by": ["email"]},
    "email": {"email": EMAIL},
    "format": {},
    "topics": {"topics": ["opening", "rules"]},
}

BY_EVERYTHING: Pages = {
    "who": {"kind": "representative"},
    "relationship": {"relationship": "estate"},
    "how": {"contact_by": ["email", "sms", "letter", "phone"]},
    "email": {"email": EMAIL},
    "number": {"mobile": MOBILE},
    "name": {"name": "Ada Sentinel"},
    "address": {"postal_address": POSTAL_ADDRESS},
    "format": {"formats": ["large-print", "bsl"]},
    "topics": {"topics": ["all"]},
}


@dataclass
class Tab:
    """A browser's tab, as far as the form goes. httpx sends no `Secure` cookie over http: we do."""

    client: httpx.Client
    scheme: SchemeMade
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[httpx.Response] = field(default_factory=list)

    def begin(self, lang: str = "") -> httpx.Response:
        """Press the start button."""
        start = f"/{self.scheme.slug}/register{lang}"
        return self._keep(self.client.get(start, headers=self._headers()))

    def get(self, page: str) -> httpx.Response:
        """A page of the form, by its name."""
        return self._keep(self.client.get(self.path(page), headers=self._headers()))

    def post(self, page: str, headers: dict[str, str] | None = None, **data: Given) -> httpx.Response:
        """What somebody sends to a page."""
        return self._send(page, data, headers or {})

    def answer(self, page: str, **data: Given) -> httpx.Response:
        """Open a page, fill it in, send it."""
        return self._send(page, data | {"proof": proof_in(self.get(page))}, {})

    def answers(self, pages: Pages, lang: str = "") -> None:
        """Answer these pages, each of which has to lead to the next, and the last to the check page."""
        onward = [*list(pages)[1:], "check"]
        for (page, data), after in zip(pages.items(), onward, strict=True):
            assert self.leads_to(self.answer(page + lang, **data)) == after + lang

    def leads_to(self, answer: httpx.Response) -> str:
        """The page that `answer` redirects to."""
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix(self.path(""))

    def second(self) -> "Tab":
        """Another tab of the same browser."""
        return Tab(self.client, self.scheme, self.cookies)

    def path(self, page: str) -> str:
        return f"/{self.scheme.slug}/register/{page}"

    def _send(self, page: str, data: dict[str, Given], headers: dict[str, str]) -> httpx.Response:
        return self._keep(self.client.post(self.path(page), data=data, headers=self._headers() | headers))

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.seen.append(answer)
        return answer


def proof_in(answer: httpx.Response) -> str:
    found = re.search(r'name="proof" value="([A-Za-z0-9_-]{43})"', answer.text)
    assert found is not None, "the page has no form of ours"
    return found[1]
