"""One visit by a manage link: whose it is, and how its pages are made.

The token in the path is the authority, and there is no cookie. Each page is in the language of the
registration unless its address says another; its links and forms say which, because the two may differ.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.database import Transaction
from service.registrations import preferences
from service.registrations.preferences import Preferences
from service.registrations.words import Language
from service.schemes.reading import SchemeView, find_scheme
from service.web.public.pages import Pages, language_of


@dataclass(frozen=True)
class Visit:
    """Somebody who holds a link that works."""

    request: Request
    pages: Pages
    token: str
    found: Preferences
    scheme: SchemeView

    @property
    def language(self) -> Language:
        return language_of(self.request, self.found.language)

    def path(self, page: str = "") -> str:
        """The address of one of this link's pages, in the language of this one."""
        return f"/manage/{quote(self.token, safe='')}{page}?lang={self.language}"

    def show(self, name: str, *, errors: tuple[tuple[str, str], ...] = (), **values: Any) -> Response:
        """The page `name`; with `errors`, as the answer to a form."""
        return self.pages.show(
            self.request,
            name,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
            language=self.language,
            scheme=self.scheme,
            errors=errors,
            held=self.found,
            own=self.path,
            **values,
        )

    def go(self, page: str) -> Response:
        """On to another of this link's pages."""
        return RedirectResponse(self.path(page), status_code=303)

    def done(self, what: str, *, language: Language | None = None) -> Response:
        """Back to the first page, which says that `what` was done."""
        path = f"/manage/{quote(self.token, safe='')}?lang={language or self.language}&done={what}"
        return RedirectResponse(path, status_code=303)


async def visit(request: Request, tx: Transaction, pages: Pages, token: str) -> Visit:
    """The visit by this link. Raises `Gone`."""
    found = await preferences.look(tx, token)
    return Visit(request, pages, token, found, await find_scheme(tx, found.scheme))
