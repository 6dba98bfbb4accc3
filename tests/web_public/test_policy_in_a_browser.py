"""Check 36: no public page does anything in a browser that its own policy refuses."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import sync_playwright
from starlette.routing import BaseRoute

from service.web.public.app import create_app
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving

CHROMIUM = Path("/usr/bin/chromium")

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


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}")
def test_36_no_page_is_refused_anything_by_its_own_policy(
    serving: Serving, scheme: SchemeMade, people: People
) -> None:
    paths = dict.fromkeys(readable(list(create_app(serving.settings).router.routes)))
    fill = {"{scheme}": scheme.slug, "{token}": people.link(scheme, people.registration(scheme))}
    pages = 0
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
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
        browser.close()
    assert pages >= 12
