"""The two pages that a browser sees here, and the one for a request that is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from deploy.demo.issuer.people import PEOPLE

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


class Pages:
    """Renders pages that load nothing from elsewhere and lead to `client_origins` alone."""

    def __init__(self, client_origins: Sequence[str]) -> None:
        # Browsers apply form-action to the redirect that follows a form as well.
        targets = " ".join(("'self'", *client_origins))
        self._headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {targets}",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    def choose(self, query: str) -> HTMLResponse:
        """Who do you want to be? `query` is the authorization request, kept for the answer."""
        return self._page("choose.html", 200, query=query, people=PEOPLE.values())

    def signed_out(self) -> HTMLResponse:
        """You are signed out, and there is nowhere to go back to."""
        return self._page("signed_out.html", 200)

    def wrong_request(self, reason: str) -> HTMLResponse:
        """The client asked for something wrong, so the browser cannot be sent back to it."""
        return self._page("wrong_request.html", 400, reason=reason)

    def _page(self, template: str, status: int, **values: object) -> HTMLResponse:
        return HTMLResponse(_TEMPLATES.get_template(template).render(values), status, headers=self._headers)
