"""Living with it in Chromium: every page of a manage link, leaving and coming back, on a narrow screen."""

import pytest

from service.crypto.tokens import new_token
from tests.web_public.browsing import NARROW, NEEDED, Open, check, chromium, opened, press
from tests.web_public.people import People, SchemeMade

__all__ = ["chromium", "opened"]

pytestmark = NEEDED

PAGES = ["", "/language", "/topics", "/formats", "/pause", "/ways", "/takeover", "/inbox", "/copy"]
PAGES += ["/leave", "/bereavement", "/erase"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_somebody_changes_everything_with_their_link(
    opened: Open, scheme: SchemeMade, people: People, script: bool
) -> None:
    registration, token = people.managed(scheme)
    page = opened(script=script, width=NARROW)

    def follow(link: str) -> None:
        page.get_by_role("link", name=link).click()
        check(page)

    def saved(button: str, said: str) -> None:
        press(page, button)
        check(page, heading="Your registration")
        assert said in page.get_by_role("alert").inner_text()

    page.goto(f"/manage/{token}")
    check(page, heading="Your registration")
    follow("Change What we write about")
    page.get_by_label("When the scheme opens").uncheck()
    press(page, "Save")
    check(page)
    page.get_by_role("link", name="Select at least one topic").click()
    page.get_by_label("The rules").check()
    saved("Save", "What we write about has been changed")
    assert people.choices_of(registration) == ("en", ["rules"])
    follow("Change Formats")
    page.get_by_label("British Sign Language").check()
    saved("Save", "formats")
    follow("Change Our messages")
    page.get_by_label("3 months").check()
    saved("Save", "paused")
    follow("Change How we reach you")
    page.get_by_label("By letter").check()
    press(page, "Save")
    check(page)
    page.get_by_role("link", name="Enter a postal address").click()
    page.get_by_label("Postal address").fill("1 A Row\nTown\nSW1A 2AA")
    saved("Save", "Nothing changes until it is confirmed")
    (letter,) = people.letters(scheme)
    assert (letter["ways"], letter["postal_address"]) == (["letter"], "1 A Row\r\nTown\r\nSW1A 2AA")
    follow("Let somebody else take")
    page.get_by_label("Family").check()
    page.get_by_label("Email address").fill("heir@example.org")
    saved("Ask them to confirm", "Nothing changes until they have")
    follow("Get a copy")
    saved("Send me a copy", "sending you a copy")
    follow("Tell us that the person has died")
    press(page, "Stop the messages")
    check(page, heading="The messages have stopped")
    follow("It was a mistake")
    saved("Come back: keep me informed", "registered again")
    follow("Change Language")
    page.get_by_label("Welsh").check()
    press(page, "Save")
    check(page, heading="Eich cofrestriad")
    page.get_by_role("link", name="English").click()
    follow("Leave: stop")
    saved("Leave", "You have left")
    follow("Erase everything")
    press(page, "Erase everything")
    check(page, heading="Everything is erased")
    page.goto(f"/manage/{token}")
    check(page, heading="This link does not work any more")


def test_every_page_is_accessible_and_fits_in_welsh(opened: Open, scheme: SchemeMade, people: People) -> None:
    _, token = people.managed(scheme, kind="organisation", language="cy")
    page = opened(width=NARROW)
    for path in PAGES:
        page.goto(f"/manage/{token}{path}")
        check(page)
        assert page.locator("html").get_attribute("lang") == "cy"
    for path in ("link", "link/sent", "bereavement"):
        page.goto(f"/{scheme.slug}/{path}?lang=cy")
        check(page)
    for path in ("ways", "takeover", "inbox", "topics"):
        page.goto(f"/manage/{token}/{path}")
        for box in page.get_by_role("checkbox").all():
            box.uncheck()
        with page.expect_navigation():
            page.locator("main button").click()
        assert page.title().startswith("Gwall:")
        check(page)


def test_leaving_is_undone_or_changed_into_less(opened: Open, scheme: SchemeMade, people: People) -> None:
    token = new_token()
    registration = people.registration(scheme, state="confirmed", token=token)
    page = opened(width=NARROW)
    page.goto(f"/unsubscribe/{token}")
    press(page, "Leave")
    check(page, heading="You have left")
    page.get_by_role("link", name="Cymraeg").click()
    check(page, heading="Rydych wedi ymadael")
    press(page, "Dadwneud: rhowch wybod i mi")
    check(page, heading="Rydych wedi cofrestru eto")
    assert people.state_of(registration) == "confirmed"
    page.goto(f"/unsubscribe/{token}")
    press(page, "Leave")
    page.get_by_role("link", name="Hear about fewer topics").click()
    check(page, heading="Choose what we write to you about")
    page.get_by_label("When the scheme opens").uncheck()
    press(page, "Save")
    check(page)
    page.get_by_label("The rules").check()
    press(page, "Save")
    check(page, heading="Your choices are saved")
    assert people.state_of(registration) == "confirmed"
    assert people.choices_of(registration) == ("en", ["rules"])
