"""The pages of a manage link, as forms: without a cookie, and changing nothing by being opened."""

import re
from typing import Any

import httpx
import pytest

from tests.web_public.people import People, SchemeMade

PAGES = [""]
PAGES += ["/language", "/topics", "/formats", "/pause", "/ways", "/copy", "/leave", "/bereavement"]
PAGES += ["/stopped", "/erase", "/takeover", "/inbox"]
FORMS: dict[str, dict[str, Any]] = {
    "/language": {"language": "cy"},
    "/topics": {"topics": ["rules"]},
    "/formats": {"formats": ["bsl"]},
    "/pause": {"pause": "3"},
    "/ways": {"ways": ["email", "sms"], "mobile": "07700 900123"},
    "/takeover": {"relationship": "estate", "email": "heir@example.org"},
    "/inbox": {"email": "other@example.org"},
    "/copy": {},
    "/leave": {},
    "/return": {},
    "/bereavement": {},
    "/erase": {},
}


def test_a_mail_scanner_that_opens_everything_changes_nothing(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme, kind="organisation")
    before = people.everything_of(scheme)
    for page in PAGES:
        for method in ("GET", "HEAD"):
            answer = client.request(method, f"/manage/{token}{page}")
            assert answer.status_code in (200, 303), page
            assert "set-cookie" not in answer.headers
            assert answer.headers["cache-control"] == "no-store"
    assert people.everything_of(scheme) == before


def test_a_form_of_another_site_is_refused_on_every_page(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme, kind="organisation")
    before = people.everything_of(scheme)
    for page, form in FORMS.items():
        answer = client.post(f"/manage/{token}{page}", data=form, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403, page
    assert client.post(f"/{scheme.slug}/link", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert people.everything_of(scheme) == before


def test_every_form_does_what_it_says_and_leads_back(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    registration, token = people.managed(scheme, kind="organisation", language="cy")
    for page, form in FORMS.items():
        answer = client.post(f"/manage/{token}{page}", data=form)
        assert answer.status_code == 303, page
        after = client.get(answer.headers["location"])
        assert after.status_code == 200
        assert '<html lang="cy"' in after.text
        if "done=" in answer.headers["location"]:
            assert "govuk-notification-banner--success" in after.text, page
    assert [letter["ask"] for letter in people.letters(scheme)] == ["replacement"] * 2 + ["inbox"]
    assert people.letters(scheme)[1]["becomes"] == "estate"
    assert client.get(f"/manage/{token}").status_code == 410
    assert str(registration) not in people.everything_of(scheme)


def test_the_page_shows_choices_and_never_details(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    page = client.get(f"/manage/{token}").text
    assert "When the scheme opens" in page
    assert "The rules" not in page
    assert "By email" in page
    assert re.search(r"KI-\w+", page)
    assert "Add another inbox" not in page
    assert client.get(f"/manage/{token}/inbox").status_code == 404


@pytest.mark.parametrize(
    ("page", "form", "errors"),
    [
        ("language", {}, {"language": "Select English or Welsh"}),
        ("topics", {"topics": "cats"}, {"topics": "Select at least one topic"}),
        ("pause", {"pause": "99"}, {"pause": "Select for how long"}),
        ("ways", {}, {"ways": "Select at least one way"}),
        ("ways", {"ways": ["email", "letter"]}, {"postal_address": "Enter a postal address"}),
        (
            "ways",
            {"ways": ["email", "sms"], "mobile": "020 7946 0123", "email": "x"},
            {"email": "Enter an email address in the correct format"},
        ),
        (
            "ways",
            {"ways": ["email", "sms"], "mobile": "020 7946 0123"},
            {"mobile": "Enter a telephone number"},
        ),
        (
            "ways",
            {"ways": "email", "mobile": "07700 900123"},
            {"mobile": "Select the way that uses this"},
        ),
        (
            "takeover",
            {"email": "a@example.org", "mobile": "07700 900123"},
            {"relationship": "Select how", "email": "Fill in one of them"},
        ),
        (
            "takeover",
            {"relationship": "legal", "postal_address": "1\n2\n3\n4\n5\nTown\nSW1A 2AA"},
            {"postal_address": "Enter a postal address of 3 to 6 lines"},
        ),
        ("inbox", {"email": "nobody"}, {"email": "Enter an email address in the correct format"}),
        ("inbox", {}, {"email": "Enter an email address"}),
    ],
)
def test_an_error_is_summed_up_beside_its_field_and_changes_nothing(
    client: httpx.Client,
    scheme: SchemeMade,
    people: People,
    page: str,
    form: dict[str, Any],
    errors: dict[str, str],
) -> None:
    _, token = people.managed(scheme, kind="organisation")
    before = people.everything_of(scheme)
    answer = client.post(f"/manage/{token}/{page}", data=form)
    assert answer.status_code == 422
    summed = re.findall(r'<a href="#(\w+)">([^<]+)</a>', answer.text)
    assert [field for field, _ in summed] == list(errors)
    for field, said in summed:
        assert said.startswith(errors[field])
        assert f'id="{field}-error"' in answer.text
        assert f'id="{field}"' in answer.text
    assert people.everything_of(scheme) == before


def test_the_ways_keep_their_order_and_a_new_one_comes_last(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    path = f"/manage/{token}/ways"
    phone = {"ways": ["email", "phone"], "mobile": "020 7946 0123"}
    assert client.post(path, data=phone).status_code == 303
    more = {"ways": ["sms", "email", "phone"], "mobile": "07700 900123"}
    assert client.post(path, data=more).status_code == 303
    assert client.get(f"/v1/preferences/{token}").json()["contact_by"] == ["email", "phone", "sms"]
    # What waits to be confirmed, in the letterbox even, does not stand in the way of other changes.
    assert client.post(f"/manage/{token}/topics", data={"topics": "rules"}).status_code == 303
    assert client.get(f"/manage/{token}").text.count("(waiting to be confirmed)") == 2


def test_what_a_form_holds_that_was_typed_is_not_taken_for_html(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    _, token = people.managed(scheme)
    typed = '"><script>alert(1)</script>'
    page = client.post(f"/manage/{token}/ways", data={"ways": "email", "email": typed, "name": typed}).text
    assert "<script>alert" not in page
    assert "alert(1)" in page


def test_a_link_is_asked_for_on_the_page_whoever_it_is(
    client: httpx.Client, scheme: SchemeMade, people: People
) -> None:
    path = f"/{scheme.slug}/link?lang=cy"
    answers = [client.post(path, data={"contact": each}) for each in ("ada@example.org", "07700 900123")]
    assert {(each.status_code, each.headers["location"]) for each in answers} == {
        (303, f"/{scheme.slug}/link/sent?lang=cy")
    }
    first, second = people.letters(scheme)
    assert (first["email"], second["mobile"]) == ("ada@example.org", "07700 900123")
    for wrong in ("", "nobody", "a@b"):
        assert client.post(path, data={"contact": wrong}).status_code == 422
    assert len(people.letters(scheme)) == 2


def test_a_dead_link_has_one_page(client: httpx.Client, scheme: SchemeMade) -> None:
    pages = {client.get(f"/manage/{token}{page}").text for token in ("x", "%00", "A" * 43) for page in PAGES}
    assert len(pages) == 1
    assert "This link does not work any more" in pages.pop()
