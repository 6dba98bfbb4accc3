"""What has to hold on every page that anybody sees on their way."""

from functools import cache
from html.parser import HTMLParser

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from service.registrations.words import Language
from service.web.public import catalogue
from tests.journeys.in_a_browser.screens import Screen

OWN_WORDS = {
    Language.ENGLISH: {"the", "and", "of", "you", "your", "with", "this", "that", "from", "next", "error"},
    Language.WELSH: {"yr", "yn", "ac", "neu", "chi", "eich", "wedi", "rydych", "nesaf", "gwall"},
}
"""Words that one language has and the other has not."""

SAID = """
    () => {
        const page = document.documentElement, said = [document.title];
        const foreign = (element) => element.closest("[lang]").lang !== page.lang;
        for (const element of document.body.querySelectorAll("*:not(script)")) {
            if (foreign(element)) continue;
            for (const name of ["aria-label", "title", "alt", "placeholder"])
                if (element.hasAttribute(name)) said.push(element.getAttribute(name));
            for (const node of element.childNodes)
                if (node.nodeType === Node.TEXT_NODE && node.data.trim()) said.push(node.data.trim());
        }
        return said;
    }
"""
"""Everything that a page says in its own language, to be seen or to be heard."""


class Looking:
    """Looks at pages, and remembers what axe has seen: pages that differ in words alone are one to it."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._glasses: dict[int, Page] = {}
        self._seen: set[tuple[object, ...]] = set()

    def at(self, page: Page, screen: Screen) -> None:
        """It has one heading, is in one language, fits, and axe finds nothing (WCAG 2.2 AA and more)."""
        page.wait_for_load_state()
        assert page.locator("html").get_attribute("lang") == screen.language
        assert page.locator("h1").count() == 1
        assert words_of_the_other_language(page, screen.language) == []
        widths: list[int] = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], f"{page.url} has to be scrolled sideways"
        html = page.content()
        look = (screen.language, screen.width, *_skeleton(html))
        if look not in self._seen:
            self._seen.add(look)
            # axe needs script to look: what was read without is looked at through a glass that has it.
            found = Axe().run(page if screen.script else self._through_a_glass(html, screen.width))
            assert found.violations_count == 0, found.generate_report()

    def _through_a_glass(self, html: str, width: int) -> Page:
        if width not in self._glasses:
            self._glasses[width] = self._browser.new_page(
                base_url=self.url, viewport={"width": width, "height": 700}
            )
        glass = self._glasses[width]
        glass.unroute_all()
        glass.route(
            "**/glass", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
        )
        glass.goto("/glass")
        return glass


def words_of_the_other_language(page: Page, language: Language) -> list[str]:
    """What is said in the wrong language: a sentence of its catalogue, or with a word that it alone has."""
    [other] = [each for each in Language if each is not language]
    return [
        said
        for said in page.evaluate(SAID)
        if " ".join(said.split()) in _sentences(other) or OWN_WORDS[other] & set(said.casefold().split())
    ]


@cache
def _sentences(language: Language) -> frozenset[str]:
    words = catalogue.read(language)
    return frozenset(words.raw(key) for key in words.keys - {"layout.other_language"})


class _Skeleton(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.bones: list[tuple[object, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.bones.append((tag, *sorted(told), told.get("class"), told.get("type"), told.get("role")))


def _skeleton(html: str) -> list[tuple[object, ...]]:
    """A page without its words: what its elements are, and what is said of them."""
    parser = _Skeleton()
    parser.feed(html)
    return parser.bones
