"""The issuer's endpoints."""

import json
import time
from pathlib import Path
from typing import Final

from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.demo.issuer.code_flow import SCOPES, CodeFlow, FlowError, FlowRequest
from deploy.demo.issuer.config import BOUND_HOSTS, IssuerConfig
from deploy.demo.issuer.pages import Pages
from deploy.demo.issuer.people import PEOPLE
from deploy.demo.issuer.sessions import COOKIE, Sessions
from deploy.demo.issuer.tokens import ALGORITHM, LIFETIME_SECONDS, SignedIn, Tokens

_STYLE: Final = Path(__file__).parent / "templates" / "style.css"


class Issuer:
    """One running issuer: its key, its pages, and who is signed in."""

    def __init__(self, config: IssuerConfig, key: RSAKey) -> None:
        self._config = config
        self._tokens = Tokens(config, key)
        self._flow = CodeFlow(config, self._tokens)
        self._sessions = Sessions()
        self._pages = Pages(config.client_origins)

    async def discovery(self, _: Request) -> Response:
        issuer = self._config.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/end-session",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "prompt_values_supported": ["none", "login", "select_account"],
                "scopes_supported": list(SCOPES),
                "claims_supported": ["auth_time", "nonce", *self._tokens.claims_about(PEOPLE["comms"])],
            }
        )

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(self._tokens.published())

    async def authorize(self, request: Request) -> Response:
        """Send the browser back with a code, or show the page on which to choose a person.

        The page's form posts to this address with the same query.
        """
        asked = FlowRequest(request, request.query_params)
        session = request.cookies.get(COOKIE)
        chosen = await _chosen_person(request) if request.method == "POST" else None
        try:
            who = chosen or _recent_enough(self._sessions.find(session), asked.payload.data.get("max_age"))
            grant = self._flow.get_consent_grant(asked, end_user=who)
            if chosen is None and (request.method == "POST" or grant.prompt is not None):
                return self._pages.choose(request.url.query)
        except FlowError as error:
            # Only where the request named a registered address is there anywhere to go back to.
            if error.redirect_uri:
                return _private(self._flow.handle_error_response(asked, error))
            return self._pages.wrong_request(error.description or str(error))
        except ValueError:
            # Authlib quotes what was sent in an error that does not take every character.
            return self._pages.wrong_request("It has characters that do not belong there.")
        answer = _private(self._flow.create_authorization_response(asked, grant_user=who, grant=grant))
        if chosen is not None:
            self._sessions.end(session)
            answer.set_cookie(COOKIE, self._sessions.start(chosen), httponly=True, samesite="lax")
        return answer

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            return _private(self._flow.create_token_response(FlowRequest(request, form)))

    async def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        person = self._tokens.bearer(token, now=int(time.time())) if scheme.lower() == "bearer" else None
        if person is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token"}, 401, headers=challenge)
        return _private(JSONResponse(self._tokens.claims_about(person)))

    async def end_session(self, request: Request) -> Response:
        async with request.form() as form:
            asked = FlowRequest(request, form if request.method == "POST" else request.query_params)
        self._sessions.end(request.cookies.get(COOKIE))
        try:
            valid = self._flow.validate_endpoint_request("end_session", asked)
        except FlowError as error:
            return self._pages.wrong_request(error.description or str(error))
        target: str | None = valid.redirect_uri
        answer = RedirectResponse(target, 302) if target else self._pages.signed_out()
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer

    async def demo_token(self, request: Request) -> Response:
        """An access token for somebody who "just signed in": `kept token PERSON` (contract.md)."""
        # A page elsewhere can post a form or plain text unasked, but not JSON.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _problem(415, "Send JSON.")
        try:
            sent = json.loads(await request.body())
        except (ValueError, RecursionError):
            sent = None
        name = sent.get("person") if isinstance(sent, dict) else None
        if not isinstance(name, str):
            return _problem(422, 'Send {"person": NAME}.')
        if name not in PEOPLE:
            return _problem(404, f"There is no such person. The demo's people: {', '.join(PEOPLE)}.")
        now = int(time.time())
        who = SignedIn(PEOPLE[name], auth_time=now)
        return _private(
            JSONResponse(
                {
                    "access_token": self._tokens.access_token(who, now=now),
                    "expires_in": LIFETIME_SECONDS,
                    "token_type": "Bearer",
                }
            )
        )


def application(config: IssuerConfig, key: RSAKey) -> Starlette:
    """The issuer as an ASGI application."""
    issuer = Issuer(config, key)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", issuer.discovery),
            Route("/jwks", issuer.jwks),
            Route("/authorize", issuer.authorize, methods=["GET", "POST"]),
            Route("/token", issuer.token, methods=["POST"]),
            Route("/userinfo", issuer.userinfo, methods=["GET", "POST"]),
            Route("/end-session", issuer.end_session, methods=["GET", "POST"]),
            Route("/demo/token", issuer.demo_token, methods=["POST"]),
            Route("/health/live", _live),
            Route("/style.css", _style),
        ],
        # A web site whose name is pointed at 127.0.0.1 must not get tokens out of a visitor's browser.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=sorted(BOUND_HOSTS))],
    )


async def _chosen_person(request: Request) -> SignedIn | None:
    async with request.form() as form:
        person = PEOPLE.get(str(form.get("person")))
    return SignedIn(person, auth_time=int(time.time())) if person else None


def _recent_enough(who: SignedIn | None, max_age: str | None) -> SignedIn | None:
    """Whoever is signed in, unless that was more than `max_age` seconds ago.

    A `max_age` that is no number counts as 0: to ask again is always right.
    """
    if who is None or max_age is None:
        return who
    allowed = int(max_age) if max_age.isascii() and max_age.isdigit() and len(max_age) < 10 else 0
    return who if time.time() - who.auth_time < allowed else None


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"title": detail, "status": status}, status, media_type="application/problem+json")


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "live"})


async def _style(_: Request) -> Response:
    return FileResponse(_STYLE, media_type="text/css")
