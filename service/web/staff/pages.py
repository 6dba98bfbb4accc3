"""How a staff page is made. Routes say which page and with what."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.staff.roles import Act
from service.web.brand import GOVUK_FRONTEND, Brand
from service.web.components import templates
from service.web.headers import INLINE_SCRIPT
from service.web.problems import Problem
from service.web.same_site import SentFromElsewhere
from service.web.staff.wording import FROM_AN_OLD_PAGE, OTHER_PROBLEM, PROBLEMS, ROLES, SERVICE

if TYPE_CHECKING:
    from service.web.staff.process import Visitor

PROGRAMS: Final = ("/v1", "/health/", "/assets/")
"""Where only programs ask: their errors are problems, never pages."""

NAVIGATION: Final = (
    ("/", "Home", None),
    ("/updates", "Updates", Act.READ_UPDATES),
    ("/people", "People", Act.SEARCH),
    ("/work", "Work sessions", Act.APPROVE_WORK),
    ("/lists", "Lists out", Act.SEE_EXPORT),
    ("/imports", "Lists in", Act.IMPORT),
    ("/holds", "Holds", Act.SET_HOLD),
    ("/schemes", "Schemes", Act.READ_UPDATES),
    ("/who-may-do-what", "Who may do what", None),
)
"""Address, words, and the act that somebody has to be allowed to see it."""

SAYS_MORE: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS})
"""Where the problem itself says what to do, better than a sentence for all of its kind."""

Errors = tuple[tuple[str, str], ...]
"""Id of the input, and what is wrong with it."""


class Pages:
    """Makes the pages of the staff host in one brand."""

    def __init__(self, brand: Brand) -> None:
        self._templates = templates(PackageLoader("service.web.staff"))
        self._templates.globals.update(
            brand=brand, frontend=GOVUK_FRONTEND, inline_script=INLINE_SCRIPT, service=SERVICE
        )

    def show(
        self,
        request: Request,
        name: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        errors: Errors = (),
        **values: object,
    ) -> HTMLResponse:
        """The page `name`. `errors`: what is wrong with what was sent, for the summary on top of it."""
        visitor: Visitor | None = request.scope.get("state", {}).get("visitor")
        page = self._templates.get_template(f"{name}.html").render(
            visitor=visitor,
            csrf=visitor.csrf if visitor is not None else "",
            signed_in_as=_described(visitor) if visitor is not None else None,
            navigation=_navigation(request, visitor) if visitor is not None else [],
            errors=errors,
            error_of=dict(reversed(errors)),
            **values,
        )
        return HTMLResponse(page, status_code=status)

    def part(self, name: str, **values: object) -> str:
        """A part of a page, for a script to put in the place of the one that is shown."""
        return self._templates.get_template(f"{name}.html").render(**values)

    def of_problem(self, request: Request, problem: Problem) -> Response | None:
        """`problem` as a page; None where a program asked. Whoever only wants to look may sign in first."""
        if is_for_programs(request):
            return None
        looks = request.method in {"GET", "HEAD"} and "authorization" not in request.headers
        if problem.status == HTTPStatus.UNAUTHORIZED and looks:
            return RedirectResponse(sign_in_at(request), status_code=HTTPStatus.SEE_OTHER)
        heading, advice = PROBLEMS.get(problem.status, OTHER_PROBLEM)
        if problem.type.endswith(SentFromElsewhere.code):
            heading, advice = FROM_AN_OLD_PAGE
        page = self.show(
            request,
            "problem",
            status=HTTPStatus(problem.status),
            heading=heading,
            advice=problem.detail if problem.status in SAYS_MORE and problem.detail else advice,
        )
        page.headers.update(problem.headers)
        return page


def is_for_programs(request: Request) -> bool:
    """Whether a program asks, and no person reads."""
    return request.url.path.startswith(PROGRAMS)


def sign_in_at(request: Request, **more: Any) -> str:
    """Where to sign in, and come back to the page that was asked for."""
    back_to = quote("/" + str(request.scope["path"]).lstrip("/"))
    return "/sign-in?" + urlencode({"next": back_to, **more})


def go_to(path: str) -> Response:
    """After a form: look at `path`."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


def _described(visitor: "Visitor") -> str:
    roles = ", ".join(ROLES[role] for role in ROLES if role in visitor.staff.roles) or "no role here"
    return f"{visitor.staff.name or visitor.staff.subject} ({roles})"


def _navigation(request: Request, visitor: "Visitor") -> list[dict[str, object]]:
    path = request.url.path
    return [
        {"href": href, "text": words, "active": path == href or (href != "/" and path.startswith(href))}
        for href, words, act in NAVIGATION
        if act is None or visitor.staff.may(act)
    ]
