"""How a page is made: its language, its words, its layout. Routes say which page and with what.

Every page exists in English and Welsh. `?lang=cy` chooses, and every link and form of a page carries
it on, so that no cookie has to remember it.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.registrations.words import Language
from service.schemes.reading import SchemeView
from service.web.brand import GOVUK_FRONTEND, Brand
from service.web.components import templates
from service.web.headers import INLINE_SCRIPT
from service.web.problems import Problem
from service.web.public import catalogue
from service.web.public.catalogue import Catalogue

READ: Final = ["GET", "HEAD"]
"""The methods of a page that changes nothing."""

PROGRAMS: Final = ("/v1/", "/health/", "/.well-known/")
"""Where only programs ask: their errors are problems, never pages."""

LEAVING: Final = "/unsubscribe/"
"""Where both ask: browsers, and mail providers on a person's behalf (RFC 8058)."""

KNOWN_ERRORS: Final = frozenset({400, 403, 404, 405, 409, 410, 413, 429, 503})


class Pages:
    """Makes the pages of the public host in one brand."""

    def __init__(self, brand: Brand) -> None:
        self._words = {language: catalogue.read(language) for language in Language}
        self._templates = templates(PackageLoader("service.web.public"))
        self._templates.globals.update(
            brand=brand, frontend=GOVUK_FRONTEND, inline_script=INLINE_SCRIPT, languages=tuple(Language)
        )

    def words(self, language: Language) -> Catalogue:
        """The sentences of the pages in `language`, for what is not a page."""
        return self._words[language]

    def show(
        self,
        request: Request,
        name: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        language: Language | None = None,
        scheme: SchemeView | None = None,
        other_language_at: str | None = None,
        errors: tuple[tuple[str, str], ...] = (),
        **values: object,
    ) -> HTMLResponse:
        """The page `name`.

        `language`: where the address names none. `other_language_at`: the path that shows this page
        in the other language, where it is not the one asked for. `errors`: id of the input, and the
        key of what is wrong with it.
        """
        chosen = language_of(request, language)
        words = self._words[chosen]
        page = self._templates.get_template(f"{name}.html").render(
            t=words,
            day=words.day,
            language=chosen,
            # Relative: an address that nobody knows is never repeated on its own 404.
            here=other_language_at or "",
            scheme=scheme,
            errors=errors,
            to=lambda path: with_language(path, chosen),
            **values,
        )
        return HTMLResponse(page, status_code=status)

    def of_problem(self, request: Request, problem: Problem) -> Response | None:
        """`problem` as a page; None where a program asked."""
        if not wants_page(request):
            return None
        known = problem.status if problem.status in KNOWN_ERRORS else 500
        page = self.show(request, "problem", status=HTTPStatus(problem.status), key=f"problem.{known}")
        page.headers.update(problem.headers)
        return page


def own_path(request: Request) -> str:
    """The path that was asked for, fit for a form's action: `//elsewhere.example` would lead there."""
    return quote("/" + str(request.scope["path"]).lstrip("/"))


def wants_page(request: Request) -> bool:
    """Whether a person is reading."""
    path = request.url.path
    if path.startswith(LEAVING) and request.method == "POST":
        return "text/html" in request.headers.get("accept", "")
    return not path.startswith(PROGRAMS)


def language_of(request: Request, otherwise: Language | None = None) -> Language:
    """The language that the address asks for, else `otherwise`, else English."""
    asked = request.query_params.get("lang")
    if asked in tuple(Language):
        return Language(asked)
    return otherwise or Language.ENGLISH


def with_language(path: str, language: Language) -> str:
    """`path` in `language`."""
    if language is Language.ENGLISH:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


def see_other(path: str, language: Language) -> RedirectResponse:
    """After a form: get this page (so that reloading does not send the form again)."""
    return RedirectResponse(with_language(path, language), status_code=303)
