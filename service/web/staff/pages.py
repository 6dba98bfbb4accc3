"""How a staff page is made. Routes say which page and with what."""

from http import HTTPStatus
from typing import Final

from jinja2 import PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.web.brand import GOVUK_FRONTEND, Brand
from service.web.components import templates
from service.web.headers import INLINE_SCRIPT
from service.web.problems import Problem
from service.web.staff.wording import OTHER_PROBLEM, PROBLEMS, SERVICE

PEOPLE_READ: Final = ("/updates/",)
"""Where there are pages. Everywhere else a program asks, and errors are problems."""


class Pages:
    """Makes the pages of the staff host in one brand."""

    def __init__(self, brand: Brand) -> None:
        self._templates = templates(PackageLoader("service.web.staff"))
        self._templates.globals.update(
            brand=brand, frontend=GOVUK_FRONTEND, inline_script=INLINE_SCRIPT, service=SERVICE
        )

    def show(self, name: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> HTMLResponse:
        """The page `name`."""
        page = self._templates.get_template(f"{name}.html").render(**values)
        return HTMLResponse(page, status_code=status)

    def of_problem(self, request: Request, problem: Problem) -> Response | None:
        """`problem` as a page; None where a program asked."""
        if not request.url.path.startswith(PEOPLE_READ):
            return None
        heading, advice = PROBLEMS.get(problem.status, OTHER_PROBLEM)
        page = self.show("problem", status=HTTPStatus(problem.status), heading=heading, advice=advice)
        page.headers.update(problem.headers)
        return page
