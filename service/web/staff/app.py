"""The app of the staff host. It holds no key that opens, and no right to a sealed contact."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.clock import Clock, SystemClock
from service.database import Transactions
from service.doorbell import Doorbell
from service.settings import StaffSettings
from service.staff.bearer import BearerVerifier
from service.staff.issuer import Issuer
from service.staff.sign_in import RelyingParty
from service.web import brand, health, problem_schema, problems
from service.web.access_log import AccessLog
from service.web.headers import WITH_LIVE_FIGURES, SecurityHeaders
from service.web.limits import BodyLimit
from service.web.staff import (
    after_approval,
    approving,
    audiences,
    audit,
    casework,
    certificates,
    checking,
    deputies,
    exports,
    helping,
    holding,
    holds,
    home,
    import_notices,
    importing,
    imports_api,
    list_keys,
    list_requests,
    listing,
    lists,
    myself,
    overview,
    people,
    previewing,
    recipient_keys,
    schemes,
    signing_in,
    taking_down,
    test_sends,
    unreached,
    updates,
    uploads,
    watching,
    work_api,
    work_pages,
    working,
    writing,
)
from service.web.staff.door import Door
from service.web.staff.holding_forms import HoldsForms
from service.web.staff.pages import Pages
from service.web.staff.process import StaffProcess

ROLE: Final = "kept_staff"
BODY_BYTES: Final = 1024 * 1024


def create_app(settings: StaffSettings, *, clock: Clock | None = None) -> FastAPI:
    """The staff app. It refuses to start as any database role but its own (`Misconfigured`)."""
    http = httpx.AsyncClient(timeout=5, trust_env=False)
    issuer = Issuer(issuer=settings.oidc_issuer, http=http)
    process = StaffProcess(
        settings=settings,
        transactions=Transactions(settings.database_url, role=ROLE),
        doorbell=Doorbell.at(settings.redis_url),
        clock=clock or SystemClock(),
        bearer=BearerVerifier(issuer, audience=settings.oidc_client_id, role_claim=settings.oidc_role_claim),
        sign_in=RelyingParty(
            issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            redirect_uri=f"{settings.staff_url}/sign-in/callback",
            role_claim=settings.oidc_role_claim,
        ),
        pages=Pages(settings.brand),
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await process.transactions.refuse_other_roles()
        yield
        await http.aclose()
        await process.doorbell.close()
        await process.transactions.close()

    app = FastAPI(
        title="Kept Informed, staff",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.process = process
    answer = problems.install(app, as_page=process.pages.of_problem)
    # The last added is the outermost: what refuses is logged, and has the headers.
    app.add_middleware(BodyLimit, most=BODY_BYTES, answer=answer, most_at=uploads.most_at)
    app.add_middleware(Door, process=process, answer=answer)
    app.add_middleware(HoldsForms, process=process, most=BODY_BYTES)
    app.add_middleware(SecurityHeaders, policy=WITH_LIVE_FIGURES)
    app.add_middleware(AccessLog)
    app.include_router(health.router)
    app.include_router(signing_in.router)
    app.include_router(home.router)
    app.include_router(listing.router)
    app.include_router(writing.router)
    app.include_router(previewing.router)
    app.include_router(checking.router)
    app.include_router(overview.router)
    app.include_router(approving.router)
    app.include_router(watching.router)
    app.include_router(holding.router)
    app.include_router(work_pages.router)
    app.include_router(working.router)
    app.include_router(list_keys.router)
    app.include_router(list_requests.router)
    app.include_router(lists.router)
    app.include_router(myself.router)
    app.include_router(schemes.router)
    app.include_router(importing.router)
    app.include_router(import_notices.router)
    app.include_router(imports_api.router)
    app.include_router(updates.router)
    app.include_router(after_approval.router)
    app.include_router(audiences.router)
    app.include_router(unreached.router)
    app.include_router(test_sends.router)
    app.include_router(deputies.router)
    app.include_router(certificates.router)
    app.include_router(recipient_keys.router)
    app.include_router(exports.router)
    app.include_router(holds.router)
    app.include_router(casework.router)
    app.include_router(people.router)
    app.include_router(helping.router)
    app.include_router(taking_down.router)
    app.include_router(audit.router)
    app.include_router(work_api.router)
    app.router.routes.extend(brand.asset_routes(settings.brand))
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, in which errors are what they are here."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version="1", routes=app.routes)
        app.openapi_schema = problem_schema.as_documented(document)
    return app.openapi_schema
