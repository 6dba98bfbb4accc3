"""What only a browser can tell of every public page. The journeys are in `tests/journeys/in_a_browser`."""

from collections.abc import Iterator

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from service.web.public.app import create_app
from tests.web_public.browsing import NEEDED, chromium
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving

pytestmark = NEEDED

NOTED = """
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


def readable(routes: list[BaseRoute]) -> Iterator[str]:
    """The path of every route that can be read, those of included routers too."""
    for route in routes:
        if isinstance(route, APIRoute):
            if "GET" in (route.methods or ()):
                yield route.path
        else:
            inner = getattr(route, "original_router", None)
            yield from readable(inner.routes) if inner is not None else ()


def test_36_no_page_is_refused_anything_by_its_own_policy(
    serving: Serving, scheme: SchemeMade, people: People
) -> None:
    paths = dict.fromkeys(readable(list(create_app(serving.settings).router.routes)))
    fill = {"{scheme}": scheme.slug, "{token}": people.link(scheme, people.registration(scheme))}
    pages = 0
    with chromium() as browser:
        page = browser.new_page(base_url=serving.url)
        page.add_init_script(NOTED)
        for path in [*paths, "/no/such/page"]:
            for place, value in fill.items():
                path = path.replace(place, value)
            answer = page.goto(path, wait_until="load")
            assert answer is not None
            headers = answer.headers
            assert headers["content-security-policy"].startswith("default-src 'none'"), path
            assert headers["referrer-policy"] == "no-referrer", path
            if headers["content-type"].startswith("text/html"):
                pages += 1
                assert page.evaluate("window.refused") == [], path
        # What is noted can be noted: something that the policy does refuse.
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=https://evil.example/x>')")
        page.wait_for_function("window.refused.length > 0")
    assert pages >= 12


def test_the_key_is_kept_where_no_script_and_no_other_host_can_read_it(
    serving: Serving, scheme: SchemeMade
) -> None:
    with chromium() as browser:
        page = browser.new_page(base_url=serving.url)
        page.goto(f"/{scheme.slug}/register")
        (cookie,) = page.context.cookies()
        assert page.evaluate("document.cookie") == ""
    assert cookie["name"] == f"__Host-registering-{scheme.slug}"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["expires"]) == ("/", -1)
