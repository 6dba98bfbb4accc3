"""Registering by the pages, without a browser: cookies and forms by hand."""

import re
from datetime import date
from typing import Any

import httpx
import pytest

from service.web.public.answers import finished
from tests.web_public.form import (
    BY_EMAIL,
    BY_EVERYTHING,
    EMAIL,
    MOBILE,
    POSTAL_ADDRESS,
    Given,
    Pages,
    Tab,
    proof_in,
)
from tests.web_public.people import People, SchemeMade


@pytest.fixture
def tab(client: httpx.Client, scheme: SchemeMade) -> Tab:
    return Tab(client, scheme)


LINES = "1\n2\n3\n4\n5\n6\n"


def sends(tab: Tab, lang: str = "") -> httpx.Response:
    return tab.post(f"check{lang}", proof=proof_in(tab.get(f"check{lang}")))


def letters(people: People, scheme: SchemeMade) -> list[dict[str, Any]]:
    """What lies in the letterbox, without what nobody gave."""
    return [{name: value for name, value in letter.items() if value} for letter in people.letters(scheme)]


@pytest.mark.parametrize(("lang", "language"), [("", "en"), ("?lang=cy", "cy")])
def test_a_person_registers_by_email_in_the_language_of_the_page(
    tab: Tab, people: People, lang: str, language: str
) -> None:
    assert tab.leads_to(tab.begin(lang)) == f"who{lang}"
    tab.answers(BY_EMAIL, lang)
    check = tab.get(f"check{lang}")
    assert EMAIL in check.text
    assert f'<html lang="{language}"' in check.text
    assert tab.leads_to(tab.post(f"check{lang}", proof=proof_in(check))) == f"done{lang}"
    assert letters(people, tab.scheme) == [
        {
            "kind": "individual",
            "email": EMAIL,
            "language": language,
            "topics": ["opening", "rules"],
            "contact_by": ["email"],
            "consent": True,
        }
    ]


def test_everything_that_the_json_api_takes_can_be_said_on_the_pages(tab: Tab, people: People) -> None:
    tab.answers(BY_EVERYTHING)
    check = tab.get("check").text
    for shown in ("estate", EMAIL, MOBILE, "Ada Sentinel", "1 Example Street<br>Exampleton<br>CF10 3NQ"):
        assert shown in check
    for shown in (
        "Text message",
        "Large print",
        "British Sign Language",
        "When the scheme opens",
        "The rules",
    ):
        assert shown in check
    sends(tab)
    (letter,) = letters(people, tab.scheme)
    assert re.fullmatch(r"[\w-]{22}", letter.pop("challenge"))
    assert letter == {
        "kind": "representative",
        "relationship": "estate",
        "email": EMAIL,
        "mobile": MOBILE,
        "name": "Ada Sentinel",
        "postal_address": POSTAL_ADDRESS,
        "formats": ["large-print", "bsl"],
        "language": "en",
        "topics": ["opening", "rules"],
        "contact_by": ["email", "sms", "letter", "phone"],
        "consent": True,
    }


def test_an_organisation_is_asked_for_its_name_and_for_nobody_elses(tab: Tab, people: People) -> None:
    tab.answers(
        {
            "who": {"kind": "organisation"},
            "organisation": {"organisation": "Canolfan Gyngor"},
            "how": {"contact_by": ["letter", "phone"]},
            "number": {"mobile": "029 2018 0000"},
            "address": {"postal_address": POSTAL_ADDRESS},
            "format": {},
            "topics": {"topics": ["rules"]},
        }
    )
    sends(tab)
    (letter,) = letters(people, tab.scheme)
    assert (letter["kind"], letter["organisation"], letter.get("name")) == (
        "organisation",
        "Canolfan Gyngor",
        None,
    )
    assert "challenge" not in letter  # There is no text whose code it would be for.


def test_what_is_not_needed_any_more_is_not_kept(tab: Tab, people: People) -> None:
    tab.answers(BY_EVERYTHING)
    assert tab.leads_to(tab.answer("how", contact_by=["email"])) == "check"
    assert tab.leads_to(tab.answer("who", kind="individual")) == "check"
    check = tab.get("check").text
    for gone in (MOBILE, "Ada Sentinel", "Example Street", "estate"):
        assert gone not in check
    assert tab.leads_to(tab.answer("how", contact_by=["email", "letter"])) == "name"
    assert "Sentinel" not in tab.get("name").text
    tab.answer("how", contact_by=["email"])
    sends(tab)
    (letter,) = letters(people, tab.scheme)
    assert not {"mobile", "name", "postal_address", "relationship"} & set(letter)


def test_a_page_that_needs_an_earlier_answer_leads_to_the_first_open_question(tab: Tab) -> None:
    stranger = Tab(tab.client, tab.scheme)
    assert stranger.leads_to(stranger.get("topics")) == "who"
    tab.answer("who", kind="representative")
    for page in ("how", "email", "topics", "check", "organisation"):
        assert tab.leads_to(tab.get(page)) == "relationship"
    tab.answer("relationship", relationship="helper")
    tab.answer("how", contact_by=["sms"])
    for page in ("email", "address", "topics", "check"):
        assert tab.leads_to(tab.get(page)) == "number"
    assert tab.get("how").status_code == 200
    assert tab.get("nothing-of-ours").status_code == 404


def test_an_answer_that_a_later_one_makes_wrong_is_asked_for_again_with_the_reason(tab: Tab) -> None:
    tab.answers(
        {
            "who": {"kind": "individual"},
            "how": {"contact_by": ["phone"]},
            "number": {"mobile": "029 2018 0000"},
            "name": {"name": ""},
            "format": {},
            "topics": {"topics": ["rules"]},
        }
    )
    assert tab.leads_to(tab.answer("how", contact_by=["sms", "phone"])) == "number"
    number = tab.get("number").text
    assert 'value="029 2018 0000"' in number
    assert '<a href="#mobile">Enter a mobile number' in number
    assert tab.leads_to(tab.get("check")) == "number"
    assert tab.leads_to(tab.answer("number", mobile=MOBILE)) == "check"


def test_a_topic_that_the_scheme_has_no_more_is_asked_about_again(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    proof = proof_in(tab.get("check"))
    people.drop_topic(tab.scheme, "rules")
    assert tab.leads_to(tab.post("check", proof=proof)) == "check"
    assert tab.leads_to(tab.get("check")) == "topics"
    assert people.letters(tab.scheme) == []


def test_what_was_typed_is_in_no_url_no_header_and_not_readable_in_the_database(
    tab: Tab, people: People
) -> None:
    tab.answers(BY_EVERYTHING)
    kept = people.everything_kept_of_journeys()
    sends(tab)
    tab.get("done")
    for answer in tab.seen:
        said = str(answer.request.url) + str(answer.headers)
        for typed in ("entinel", "900123", "Example", "estate", "large-print"):
            assert typed not in said
            assert typed.encode() not in kept


def test_after_sending_nothing_is_kept_that_says_who_it_was(tab: Tab) -> None:
    tab.answers(BY_EVERYTHING)
    sends(tab)
    for page in (*BY_EVERYTHING, "check"):
        assert tab.leads_to(tab.get(page)) == "done"
    key = dict(tab.cookies)
    tab.begin()
    assert tab.cookies != key
    assert "checked" not in tab.get("who").text
    kept = finished({"contact_by": ["email", "sms"], "email": EMAIL, "kind": "individual"}, "a challenge")
    assert kept == {"finished": "yes", "contact_by": ["email", "sms"], "challenge": "a challenge"}


def test_the_last_page_says_what_comes_next_for_what_was_chosen_and_nothing_else(tab: Tab) -> None:
    pages = []
    for email in (EMAIL, "somebody.else@example.org"):
        tab.begin()
        tab.answers(BY_EMAIL | {"email": {"email": email}})
        sends(tab)
        pages.append(tab.get("done").text)
    assert pages[0] == pages[1]
    assert "Look at your email" in pages[0]
    assert "letter" not in pages[0]
    stranger = Tab(tab.client, tab.scheme).get("done").text
    for way in (
        "Look at your email",
        "Look at your text messages",
        "Look out for a letter",
        "We will ring you",
    ):
        assert way in stranger
    assert 'name="code"' not in stranger


def test_the_button_pressed_twice_registers_once_and_is_no_error(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    proof = proof_in(tab.get("check"))
    assert [tab.leads_to(tab.post("check", proof=proof)) for _ in range(2)] == ["done"] * 2
    assert len(people.letters(tab.scheme)) == 1


def test_going_back_shows_the_answers_and_lets_them_be_changed(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL | {"email": {"email": "mistyped@example.org"}})
    assert 'value="mistyped@example.org"' in tab.get("email").text
    assert re.search(r'value="individual"[^>]* checked', tab.get("who").text)
    topics = tab.get("topics").text
    assert len(re.findall(r'value="(?:opening|rules)"[^>]* checked', topics)) == 2
    assert tab.leads_to(tab.answer("email", email=EMAIL)) == "check"
    sends(tab)
    assert [letter["email"] for letter in people.letters(tab.scheme)] == [EMAIL]


def test_nothing_is_registered_that_the_page_did_not_show(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    shown_first = proof_in(tab.get("check"))
    tab.second().answer("email", email="second@example.org")
    assert tab.leads_to(tab.post("check", proof=shown_first)) == "check"
    assert people.letters(tab.scheme) == []
    assert "second@example.org" in tab.get("check").text


def test_an_hour_later_it_says_so_kindly_and_starts_again(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    proof, of_email = proof_in(tab.get("check")), proof_in(tab.get("email"))
    people.end_the_hour()
    for answer in (
        tab.get("check"),
        tab.get("email"),
        tab.post("check", proof=proof),
        tab.post("email", proof=of_email, email=EMAIL),
    ):
        assert answer.status_code == 410
        assert "We no longer have your answers" in answer.text
        assert f'href="/{tab.scheme.slug}/register"' in answer.text
    assert people.letters(tab.scheme) == []
    tab.answers(BY_EMAIL)


def test_without_the_cookie_nothing_can_be_sent(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    proof = proof_in(tab.get("check"))
    stranger = Tab(tab.client, tab.scheme)
    assert stranger.post("check", proof=proof).status_code == 410
    assert stranger.post("email", email=EMAIL, proof=proof).status_code == 410
    assert people.letters(tab.scheme) == []


@pytest.mark.parametrize("proof", ["", "0" * 64, "\N{PILE OF POO}", "of another page"])
def test_a_form_without_the_proof_of_its_page_keeps_nothing(tab: Tab, people: People, proof: str) -> None:
    if proof == "of another page":
        proof = proof_in(tab.get("who"))
    tab.answers(BY_EMAIL)
    assert tab.post("email", email="another@example.org", proof=proof).status_code == 410
    assert EMAIL in tab.get("check").text
    assert tab.leads_to(tab.post("check", proof=proof)) == "check"
    assert people.letters(tab.scheme) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_a_form_from_another_site_is_refused(tab: Tab, people: People, headers: dict[str, str]) -> None:
    tab.answers(BY_EMAIL)
    for page in ("check", "email"):
        assert tab.post(page, headers, email=EMAIL, proof=proof_in(tab.get(page))).status_code == 403
    assert tab.post("done", headers, code="123456").status_code == 403
    assert people.letters(tab.scheme) == []


def test_our_own_forms_are_taken_as_browsers_send_them(tab: Tab) -> None:
    # `Origin: null` is what no-referrer makes of our own.
    for headers in (
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": str(tab.client.base_url).rstrip("/")},
    ):
        assert tab.post("who", headers, kind="individual", proof=proof_in(tab.get("who"))).status_code == 303


def test_the_cookie_is_the_browsers_alone_and_one_for_each_scheme(tab: Tab, people: People) -> None:
    (header,) = tab.get("who").headers.get_list("set-cookie")
    assert header.startswith(f"__Host-registering-{tab.scheme.slug}=")
    attributes = {part.strip().lower() for part in header.split(";")[1:]}
    assert attributes == {"secure", "httponly", "samesite=lax", "path=/"}
    other = Tab(tab.client, people.scheme(), tab.cookies)
    other.answers(BY_EMAIL | {"email": {"email": "other@example.org"}})
    tab.answer("who", kind="individual")
    tab.answer("how", contact_by=["email"])
    assert "other@example.org" not in tab.get("email").text


ME: Pages = {"who": {"kind": "individual"}}
BY_LETTER: Pages = ME | {"how": {"contact_by": ["letter"]}}
BEFORE: dict[str, Pages] = {
    "who": {},
    "relationship": {"who": {"kind": "representative"}},
    "organisation": {"who": {"kind": "organisation"}},
    "how": ME,
    "email": ME | {"how": {"contact_by": ["email"]}},
    "number": ME | {"how": {"contact_by": ["sms"]}},
    "name": BY_LETTER,
    "address": BY_LETTER | {"name": {"name": "Ada"}},
    "format": {page: BY_EMAIL[page] for page in ("who", "how", "email")},
    "topics": {page: BY_EMAIL[page] for page in ("who", "how", "email", "format")},
}
"""What has to be answered before each page."""


@pytest.mark.parametrize(
    ("page", "wrong", "said"),
    [
        ("who", {}, "#kind|Select who you are registering"),
        ("who", {"kind": "everybody"}, "#kind|Select who you are registering"),
        ("relationship", {}, "#relationship|Select how you act for this person"),
        ("organisation", {"organisation": " "}, "#organisation|Enter the name of the organisation"),
        ("organisation", {"organisation": "x" * 201}, "#organisation|Enter a name of no more than 200"),
        ("how", {}, "#contact_by|Select how you want to be told"),
        ("how", {"contact_by": ["email", "pigeon"]}, "#contact_by|Select how you want to be told"),
        ("email", {"email": "   "}, "#email|Enter your email address"),
        ("email", {"email": "no-at-sign"}, "#email|Enter an email address in the correct format"),
        ("email", {"email": "a@example.org, b@example.org"}, "#email|Enter an email address in the"),
        ("email", {"email": "x" * 500 + "@example.org"}, "#email|Enter an email address in the"),
        ("email", {"email": '"><script>alert(1)</script>@example.org'}, "#email|Enter an email address"),
        ("number", {}, "#mobile|Enter your telephone number"),
        ("number", {"mobile": "none"}, "#mobile|Enter a telephone number, like"),
        ("number", {"mobile": "029 2018 0000"}, "#mobile|Enter a mobile number, like"),
        ("name", {"name": "x" * 201}, "#name|Enter a name of no more than 200 characters"),
        ("address", {}, "#postal_address|Enter your postal address"),
        ("address", {"postal_address": "1 Road\nTown"}, "#postal_address|Enter the postcode"),
        ("address", {"postal_address": "Road\nCF10 3NQ"}, "#postal_address|Enter an address of at least 3"),
        ("address", {"postal_address": LINES + "7\nCF10 3NQ"}, "#postal_address|Enter an address of no more"),
        (
            "address",
            {"postal_address": LINES + "CF10 3NQ"},
            "#postal_address|Enter an address of no more than 6",
        ),
        ("address", {"postal_address": "(1)\nTown\nCF10 3NQ"}, "#postal_address|Begin each line"),
        ("address", {"postal_address": "NFA\nTown\nCF10 3NQ"}, "#postal_address|Enter an address that"),
        ("address", {"postal_address": "x" * 1001}, "#postal_address|Enter a postal address of no more"),
        ("format", {"formats": ["papyrus"]}, "#formats|Select formats from this list"),
        ("topics", {}, "#topics|Select what you want to hear about"),
        ("topics", {"topics": ["opening", "gossip"]}, "#topics|Select what you want to hear about"),
    ],
)
def test_a_wrong_answer_is_an_error_on_its_page_at_its_field_in_both_languages(
    tab: Tab, people: People, page: str, wrong: dict[str, Given], said: str
) -> None:
    for before, data in BEFORE[page].items():
        tab.answer(before, **data)
    field, sentence = said.split("|")
    answer = tab.answer(page, **wrong)
    assert answer.status_code == 422
    assert f'<a href="{field}">{sentence}' in answer.text
    assert f'id="{field[1:]}-error"' in answer.text
    assert "<title>Error: " in answer.text
    assert "<script>alert" not in answer.text
    welsh = tab.answer(f"{page}?lang=cy", **wrong)
    assert welsh.status_code == 422
    assert "<title>Gwall: " in welsh.text
    assert sentence not in welsh.text


def test_a_scheme_that_closed_takes_nobody(client: httpx.Client, people: People) -> None:
    closed = people.scheme(closed_on=date(2026, 5, 1))
    assert "closed on 1 May 2026" in client.get(f"/{closed.slug}").text
    assert "Caeodd y cynllun hwn ar 1 Mai 2026" in client.get(f"/{closed.slug}?lang=cy").text
    tab = Tab(client, closed)
    for answer in (tab.begin(), tab.get("who"), tab.get("check")):
        assert "closed on 1 May 2026" in answer.text


def test_a_scheme_that_closes_while_somebody_registers_says_so(tab: Tab, people: People) -> None:
    tab.answers(BY_EMAIL)
    proof, of_email = proof_in(tab.get("check")), proof_in(tab.get("email"))
    people.close(tab.scheme, date(2026, 5, 1))
    answer = tab.post("check", proof=proof)
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert "closed on 1 May 2026" in tab.post("email", proof=of_email, email=EMAIL).text
    assert people.letters(tab.scheme) == []


@pytest.mark.parametrize(
    "page",
    [
        "",
        "/privacy",
        "/register",
        "/register/who",
        "/register/check",
        "/register/done",
        "/code",
        "/confirmed",
    ],
)
def test_an_unknown_scheme_is_a_page_that_says_so(client: httpx.Client, page: str) -> None:
    answer = client.get(f"/nobody-made-this{page}")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


@pytest.mark.parametrize("page", ["who", "check"])
def test_a_machine_that_fills_in_what_nobody_sees_gets_the_same_page_and_registers_nobody(
    tab: Tab, people: People, page: str
) -> None:
    tab.begin()
    filled: dict[str, Given] = {"more_details": "x"}
    tab.answers(BY_EMAIL | ({"who": BY_EMAIL["who"] | filled} if page == "who" else {}))
    check = tab.get("check")
    sent = tab.post("check", proof=proof_in(check), more_details="x" if page == "check" else "")
    assert tab.leads_to(sent) == "done"
    assert EMAIL not in tab.get("done").text
    assert letters(people, tab.scheme) == []
