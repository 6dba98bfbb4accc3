"""The public pages in Chromium: with and without script, in both languages, on a narrow screen."""

from datetime import UTC, datetime

import pytest

from service.crypto.tokens import new_token
from tests.web_public.browsing import NARROW, NEEDED, Open, check
from tests.web_public.people import People, SchemeMade

pytestmark = NEEDED


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_person_confirms_and_leaves(opened: Open, scheme: SchemeMade, people: People, script: bool) -> None:
    page = opened(script=script, width=NARROW)
    token = new_token()
    registration = people.registration(scheme, token=token)
    page.goto(f"/confirm/{people.link(scheme, registration)}")
    check(page, heading="Confirm your registration")
    page.get_by_role("button", name="Confirm").click()
    check(page, heading="You are registered")
    assert people.state_of(registration) == "confirmed"
    page.goto(f"/unsubscribe/{token}")
    check(page, heading="Do you want to leave?")
    page.get_by_role("button", name="Leave").click()
    check(page, heading="You have left")
    assert people.state_of(registration) == "left"
    page.get_by_role("link", name="Cymraeg").click()
    check(page, heading="Rydych wedi ymadael")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_holder_of_a_known_address_chooses(
    opened: Open, scheme: SchemeMade, people: People, script: bool
) -> None:
    page = opened(script=script, width=NARROW)
    token = people.link(scheme, None, language="cy")
    page.goto(f"/confirm/{token}")
    check(page)
    page.get_by_role("button", name="Parhau").click()
    check(page)
    page.get_by_role("link", name="Dewiswch pwy oedd yno").click()
    page.get_by_label("Nid fi oedd yno").check()
    page.get_by_role("button", name="Parhau").click()
    check(page, heading="Diolch")
    assert people.choice_of(token) == "not-me"


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/{scheme}/help",
        "/{scheme}/privacy",
        "/{scheme}/complaints",
        "/{scheme}/updates",
        "/accessibility",
        "/cookies",
        "/confirm/old",
        "/{scheme}/register/check",
        "/{scheme}/register/done",
        "/no/page",
    ],
)
def test_every_other_page_is_accessible_and_fits(
    opened: Open, scheme: SchemeMade, path: str, language: str
) -> None:
    page = opened(width=NARROW)
    page.goto(f"{path.format(scheme=scheme.slug)}?lang={language}")
    check(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(
    ("language", "link", "subject", "back"),
    [
        ("en", "Read the updates so far", "The news", "All updates"),
        ("cy", "Darllen y diweddariadau hyd yma", "Y newyddion", "Pob diweddariad"),
    ],
)
def test_somebody_who_comes_late_reads_the_archive(
    opened: Open,
    scheme: SchemeMade,
    people: People,
    language: str,
    link: str,
    subject: str,
    back: str,
    script: bool,
) -> None:
    for day in range(1, 24):
        people.published(scheme, at=datetime(2027, 5, day, tzinfo=UTC))
    page = opened(script=script, width=NARROW)
    page.goto(f"/{scheme.slug}?lang={language}")
    page.get_by_role("link", name=link).click()
    check(page)
    page.locator("a[rel=next]").click()
    page.wait_for_url("**page=2*")
    check(page)
    page.get_by_role("link", name=subject).first.click()
    check(page, heading=subject)
    assert page.locator("time, p", has_text="2027").is_visible()
    page.get_by_role("link", name=back).click()
    assert page.get_by_role("link", name=subject).count() == 20
