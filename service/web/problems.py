"""The one place where errors become answers: RFC 9457 problems, or pages where the app has pages.

Used by the public, the staff and the callbacks app. No problem repeats anything that was sent, and
none carries `instance` (contract.md, Public JSON API). Of an unexpected error only its type and place
are logged, and nothing is answered.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    KeptError,
    NotFound,
    TooOften,
    Unauthenticated,
    Unavailable,
)
from service.observability import log, where
from service.web.broken_rules import UNREADABLE, BrokenRule, broken_rules

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5

KINDS: Final[Mapping[type[KeptError], int]] = {
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    Invalid: 422,
    TooOften: 429,
    Unavailable: 503,
}
"""Every kind of error that a client may learn of. Any other is 500, without a word."""

TITLES: Final[Mapping[int, str]] = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "There is no such method here",
    409: "Not in the present state",
    410: "Gone",
    413: "The body is too large",
    415: "The body is not of a known type",
    422: "Some of the answers need to be changed",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not at the moment",
}

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

_KEPT_HEADERS: Final = ("allow", "retry-after", "www-authenticate")


@dataclass(frozen=True)
class Problem:
    """What is told to whoever asked."""

    status: int
    type: str = "about:blank"
    detail: str | None = None
    errors: tuple[BrokenRule, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return TITLES.get(self.status, TITLES[500 if self.status >= 500 else 400])

    def document(self) -> dict[str, object]:
        """The members of RFC 9457 that it has, and `errors`."""
        members: dict[str, object] = {"type": self.type, "title": self.title, "status": self.status}
        if self.detail is not None:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = [error._asdict() for error in self.errors]
        return members

    def response(self) -> Response:
        return Response(
            json.dumps(self.document()),
            status_code=self.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


AsPage: TypeAlias = Callable[[Request, Problem], Response | None]
"""A problem as a page, or None where whoever asked is a program."""

Answer: TypeAlias = Callable[[Request, Exception], Response]


def install(app: FastAPI, *, as_page: AsPage | None = None) -> Answer:
    """Answer every error of `app` as a problem, or as the page that `as_page` gives.

    Call it before adding other middleware, so that theirs sees these answers too. Returns what turns
    an error into an answer, for middleware that refuses before any route is found.
    """

    def answer(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        page = as_page(request, problem) if as_page is not None else None
        return page if page is not None else problem.response()

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error = HTTPException(405, headers={"Allow": _allowed(app, request)})
        return answer(request, error)

    for kind in (KeptError, HTTPException, RequestValidationError, RecursionError):
        app.add_exception_handler(kind, handle)
    app.add_middleware(LastResort, answer=answer)
    return answer


def problem_of(error: Exception) -> Problem:
    """What may be told about `error`."""
    match error:
        case Invalid():
            rules = tuple(BrokenRule(name, rule) for name, rule in error.fields.items())
            return Problem(422, type=_type(error), detail=error.message, errors=rules)
        case KeptError():
            return _of_kind(error)
        case RequestValidationError():
            return _of_validation(error.errors())
        case HTTPException():
            headers = {name: value for name, value in (error.headers or {}).items() if _may_pass(name)}
            return Problem(error.status_code, headers=headers)
        case RecursionError():
            # Nested deeper than can be walked.
            return Problem(400)
        case _:
            return _unexpected(error)


class LastResort:
    """Answers what nothing else answered.

    Starlette's own raises the error again after its 500, and uvicorn logs it with all that it says.
    """

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def note_start(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except ClientDisconnect:
            return
        except Exception as error:
            answer = self._answer(Request(scope), error)
            if not begun:
                await answer(scope, receive, send)


def _of_kind(error: KeptError) -> Problem:
    for kind in type(error).__mro__:
        status = KINDS.get(kind)
        if status is None:
            continue
        headers = {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, TooOften):
            headers["Retry-After"] = str(error.retry_after_seconds)
        if status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return Problem(status, type=_type(error), detail=error.message, headers=headers)
    return _unexpected(error)


def _unexpected(error: Exception) -> Problem:
    # Not the error itself: what it says may be what somebody typed.
    log.error("an answer failed", kind=type(error).__name__, at=where(error))
    return Problem(500)


def _of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    if any(error["type"] == UNREADABLE for error in errors):
        return Problem(400, detail="The body is not JSON.")
    if any(error["loc"][:1] == ("path",) for error in errors):
        # An address that cannot be anything's is like one that is nothing's.
        return Problem(404)
    return Problem(422, errors=broken_rules(errors))


def _allowed(app: FastAPI, request: Request) -> str:
    """Every method that this path knows (RFC 9110): Starlette names those of the first route only."""
    return ", ".join(
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in app.router.routes
        )
    )


def _may_pass(header: str) -> bool:
    return header.lower() in _KEPT_HEADERS


def _type(error: KeptError) -> str:
    return f"urn:kept:problem:{error.code}"
