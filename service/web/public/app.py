"""The app of the public host. It can seal and cannot open (promise 3).

JSON and pages share nothing but the functions of the features below them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.clock import Clock, SystemClock
from service.database import Transactions
from service.doorbell import Doorbell
from service.settings import PublicSettings
from service.web import brand, problem_schema, problems
from service.web.access_log import AccessLog
from service.web.headers import SecurityHeaders
from service.web.limits import PUBLIC_BODY_BYTES, BodyLimit
from service.web.problem_schema import documented
from service.web.public import (
    api,
    archive,
    changing,
    confirming,
    handing_on,
    leaving,
    linking,
    managing,
    preferences_api,
    registering,
    standing,
    well_known,
)
from service.web.public.clients import ClientCounter, ClientLimit, counts
from service.web.public.pages import Pages
from service.web.public.process import PublicProcess, shared_letterbox
from service.web.public.schemes import RecentSchemes

ROLE = "kept_public"


def create_app(settings: PublicSettings, *, clock: Clock | None = None) -> FastAPI:
    """The public app. It refuses to start as any database role but its own (`Misconfigured`)."""
    transactions = Transactions(settings.database_url, role=ROLE)
    process = PublicProcess(
        settings=settings,
        transactions=transactions,
        doorbell=Doorbell.at(settings.redis_url),
        clock=clock or SystemClock(),
        pages=Pages(settings.brand),
        schemes=RecentSchemes(transactions),
        letterbox=shared_letterbox(transactions),
    )

    clients = ClientCounter(settings) if settings.client_limit_per_minute else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await process.transactions.refuse_other_roles()
        yield
        if clients is not None:
            await clients.close()
        await process.doorbell.close()
        await process.transactions.close()

    app = FastAPI(
        title="Kept Informed",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.process = process
    answer = problems.install(app, as_page=process.pages.of_problem)
    # The last added is the outermost: what refuses is logged, and has the headers.
    app.add_middleware(BodyLimit, most=PUBLIC_BODY_BYTES, answer=answer)
    if clients is not None:
        app.add_middleware(
            ClientLimit,
            counter=clients,
            most=settings.client_limit_per_minute,
            trusted=settings.trusted_proxies,
            answer=answer,
            clock=process.clock,
        )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)

    routes = app.router.routes
    # Their routes, and not `include_router`, under which each one is looked for twice, step by step.
    for part in (api, well_known, preferences_api, leaving, confirming, managing, changing, handing_on):
        routes.extend(part.router.routes)
    routes.extend(brand.asset_routes(settings.brand))
    # These begin with the name of a scheme, which may be almost any word: they come last.
    for part in (registering, linking, archive, standing):
        routes.extend(part.router.routes)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, in which errors are what they are here."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version="1",
            description="Register to be kept informed. No answer tells whether anybody is registered.",
            routes=app.routes,
        )
        for path, calls in document["paths"].items():
            for method, call in calls.items():
                if counts(method, path):
                    call["responses"].update({str(status): it for status, it in documented(429).items()})
        app.openapi_schema = problem_schema.as_documented(document)
    return app.openapi_schema
