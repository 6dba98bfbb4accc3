"""Refusing forms that another site sent (OWASP ASVS 5.0, 3.5)."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from service.errors import Forbidden

_OURS: Final = frozenset({"same-origin", "none"})


class SentFromElsewhere(Forbidden):
    """This form has to be sent from the service's own page."""

    code = "sent-from-elsewhere"


def refuse_other_sites(request: Request, *, own_url: str) -> None:
    """Raise `SentFromElsewhere` where the browser says that the form is another site's.

    A client that says nothing passes: the token in the form decides. So does `Origin: null`, which is
    what browsers send for our own forms too, because our pages have `Referrer-Policy: no-referrer`.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in _OURS:
        raise SentFromElsewhere
    origin = request.headers.get("origin")
    if site is None and origin is not None and origin != "null" and origin != origin_of(own_url):
        raise SentFromElsewhere


def origin_of(url: str) -> str:
    """Scheme, host and port, as a browser writes them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
