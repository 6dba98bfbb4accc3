"""The pages on which a developer sees what everybody received. They belong to the demo, not to Notify."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from deploy.demo.notify import inboxes
from deploy.demo.notify.clock import written
from deploy.demo.notify.markdown import rendered
from deploy.demo.notify.standin import StandIn

MOST_INBOXES: Final = 200
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def day_and_time(us: int) -> str:
    """A stamp for people: `2026-08-01 09:30:00 UTC`."""
    return f"{(written(us) or '')[:19].replace('T', ' ')} UTC"


def routes(standin: StandIn) -> list[Route]:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # `rendered` escapes all that it does not make itself.
    environment.filters["rendered"] = lambda body: Markup(rendered(body))  # noqa: S704
    environment.filters["day_and_time"] = day_and_time

    async def every_inbox(request: Request) -> HTMLResponse:
        words = request.query_params.get("search", "")
        summary = inboxes.summary(standin.store)
        page = environment.get_template("inboxes.html").render(
            words=words,
            people=summary["people"],
            messages=summary["messages"],
            found=inboxes.search(standin.store, words, MOST_INBOXES),
            most=MOST_INBOXES,
        )
        return HTMLResponse(page, headers=HEADERS)

    async def one_inbox(request: Request) -> HTMLResponse:
        name = inboxes.named(request.path_params["address"])
        rows = standin.store.rows(
            "SELECT * FROM messages WHERE queued = 1 AND inbox = ? ORDER BY number DESC", name
        )
        page = environment.get_template("inbox.html").render(name=name, messages=rows)
        return HTMLResponse(page, 200 if rows else 404, headers=HEADERS)

    return [Route("/", every_inbox), Route("/inbox/{address:path}", one_inbox)]
