"""Registering by the pages, without a browser: cookies and forms by hand."""

import re
from dataclasses import dataclass, field
from datetime import date

import httpx
import pytest

from tests.web_public.people import People, SchemeMade

EMAIL = "ada.sentinel@example.org"


@dataclass
class Tab:
    """A browser's tab, as far as the form goes. httpx sends no `Secure` cookie over http: we do."""

    client: httpx.Client
    scheme: SchemeMade
    cookies: dict[str, str] = field(default_factory=dict)
    last: httpx.Response | None = None

    def get(self, page: str) -> httpx.Response:
        return self._keep(self.client.get(f"/{self.scheme.slug}/register/{page}", headers=self._headers()))

    def post(self, page: str, headers: dict[str, str] | None = None, **data: str) -> httpx.Response:
        return self._keep(
            self.client.post(
                f"/{self.scheme.slug}/register/{page}", data=data, headers=self._headers() | (headers or {})
            )
        )

    def answer_email(self, email: str = EMAIL, lang: str = "") -> httpx.Response:
        return self.post(f"email{lang}", email=email, proof=proof_in(self.get(f"email{lang}")))

    def second(self) -> "Tab":
        """Another tab of the same browser."""
        return Tab(self.client, self.scheme, self.cookies)

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def proof_in(answer: httpx.Response) -> str:
    found = re.search(r'name="proof" value="([0-9a-f]{64})"', answer.text)
    assert found is not None, "the page has no form of ours"
    return found[1]


@pytest.fixture
def tab(client: httpx.Client, scheme: SchemeMade) -> Tab:
    return Tab(client, scheme)


@pytest.mark.parametrize(("lang", "language"), [("", "en"), ("?lang=cy", "cy")])
def test_the_pages_register_a_person_by_email_for_every_topic_in_the_language_of_the_page(
    tab: Tab, people: People, lang: str, language: str
) -> None:
    to_check = tab.answer_email(lang=lang)
    assert (to_check.status_code, to_check.headers["location"]) == (
        303,
        f"/{tab.scheme.slug}/register/check{lang}",
    )
    check = tab.get(f"check{lang}")
    assert EMAIL in check.text
    assert f'<html lang="{language}"' in check.text
    to_done = tab.post(f"check{lang}", proof=proof_in(check))
    assert (to_done.status_code, to_done.headers["location"]) == (
        303,
        f"/{tab.scheme.slug}/register/done{lang}",
    )
    (letter,) = people.letters(tab.scheme)
    assert {name: value for name, value in letter.items() if value} == {
        "kind": "individual",
        "email": EMAIL,
        "language": language,
        "topics": ["opening", "rules"],
        "contact_by": ["email"],
        "consent": True,
    }


def test_the_address_is_in_no_url_no_header_and_not_readable_in_the_database(
    tab: Tab, people: People
) -> None:
    answers = [tab.get("email"), tab.answer_email(), tab.get("check")]
    answers.append(tab.post("check", proof=proof_in(answers[-1])))
    for answer in answers:
        assert "sentinel" not in str(answer.request.url) + str(answer.headers)
    tab.answer_email()
    assert b"sentinel" not in people.everything_kept_of_journeys()


def test_after_sending_the_answers_are_gone(tab: Tab) -> None:
    tab.answer_email()
    tab.post("check", proof=proof_in(tab.get("check")))
    again = tab.get("check")
    assert (again.status_code, again.headers["location"]) == (303, f"/{tab.scheme.slug}/register/done")
    assert EMAIL not in tab.get("email").text


def test_the_last_page_is_the_same_for_everybody(tab: Tab) -> None:
    before = tab.get("done").text
    tab.answer_email()
    tab.post("check", proof=proof_in(tab.get("check")))
    assert tab.get("done").text == before
    assert EMAIL not in before


def test_the_button_pressed_twice_registers_once_and_is_no_error(tab: Tab, people: People) -> None:
    tab.answer_email()
    proof = proof_in(tab.get("check"))
    answers = [tab.post("check", proof=proof) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"/{tab.scheme.slug}/register/done"] * 2
    assert len(people.letters(tab.scheme)) == 1


def test_going_back_shows_the_answer_and_lets_it_be_changed(tab: Tab, people: People) -> None:
    tab.answer_email("mistyped@example.org")
    assert 'value="mistyped@example.org"' in tab.get("email").text
    tab.answer_email()
    tab.post("check", proof=proof_in(tab.get("check")))
    assert [letter["email"] for letter in people.letters(tab.scheme)] == [EMAIL]


def test_nothing_is_registered_that_the_page_did_not_show(tab: Tab, people: People) -> None:
    tab.answer_email("first@example.org")
    shown_first = proof_in(tab.get("check"))
    tab.second().answer_email("second@example.org")
    answer = tab.post("check", proof=shown_first)
    assert answer.headers["location"] == f"/{tab.scheme.slug}/register/check"
    assert people.letters(tab.scheme) == []
    assert "second@example.org" in tab.get("check").text


def test_an_hour_later_it_says_so_kindly_and_starts_again(tab: Tab, people: People) -> None:
    tab.answer_email()
    proof = proof_in(tab.get("check"))
    people.end_the_hour()
    for answer in (tab.get("check"), tab.post("check", proof=proof)):
        assert answer.status_code == 410
        assert "We no longer have your answers" in answer.text
        assert f'href="/{tab.scheme.slug}/register/email"' in answer.text
    assert people.letters(tab.scheme) == []
    assert tab.answer_email().status_code == 303


def test_without_the_cookie_nothing_can_be_sent(tab: Tab, people: People) -> None:
    tab.answer_email()
    proof = proof_in(tab.get("check"))
    stranger = Tab(tab.client, tab.scheme)
    assert stranger.post("check", proof=proof).status_code == 410
    assert stranger.post("email", email=EMAIL, proof=proof).status_code == 410
    assert people.letters(tab.scheme) == []


@pytest.mark.parametrize("proof", ["", "0" * 64, "\N{PILE OF POO}"])
def test_a_form_without_the_proof_of_its_page_keeps_nothing(tab: Tab, proof: str) -> None:
    tab.get("email")
    assert tab.post("email", email=EMAIL, proof=proof).status_code == 410
    assert EMAIL not in tab.get("email").text


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
    tab.answer_email()
    proof = proof_in(tab.get("check"))
    assert tab.post("check", headers, proof=proof).status_code == 403
    assert tab.post("email", headers, email=EMAIL, proof=proof_in(tab.get("email"))).status_code == 403
    assert people.letters(tab.scheme) == []


def test_our_own_forms_are_taken_as_browsers_send_them(tab: Tab) -> None:
    # `Origin: null` is what no-referrer makes of our own.
    for headers in (
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": str(tab.client.base_url).rstrip("/")},
    ):
        assert tab.post("email", headers, email=EMAIL, proof=proof_in(tab.get("email"))).status_code == 303


def test_the_cookie_is_the_browsers_alone_and_one_for_each_scheme(tab: Tab, people: People) -> None:
    (header,) = tab.get("email").headers.get_list("set-cookie")
    assert header.startswith(f"__Host-registering-{tab.scheme.slug}=")
    attributes = {part.strip().lower() for part in header.split(";")[1:]}
    assert attributes == {"secure", "httponly", "samesite=lax", "path=/"}
    other = Tab(tab.client, people.scheme(), tab.cookies)
    other.answer_email("other@example.org")
    assert "other@example.org" not in tab.get("email").text


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Enter your email address"),
        ("   ", "Enter your email address"),
        ("no-at-sign", "Enter an email address in the correct format"),
        ("ada@example.org, grace@example.org", "Enter an email address in the correct format"),
        ("x" * 500 + "@example.org", "Enter an email address in the correct format"),
        ('"><script>alert(1)</script>@example.org', "Enter an email address in the correct format"),
    ],
)
def test_a_wrong_address_is_an_error_on_the_page(tab: Tab, email: str, message: str) -> None:
    answer = tab.answer_email(email)
    assert answer.status_code == 422
    assert f'<a href="#email">{message}' in answer.text
    title = re.search(r"<title>(.*)</title>", answer.text)
    assert title is not None
    assert title[1] == "Error: What is your email address? – Kept Informed"
    assert "<script>alert" not in answer.text


def test_a_scheme_that_closed_takes_nobody(client: httpx.Client, people: People) -> None:
    closed = people.scheme(closed_on=date(2026, 5, 1))
    assert "closed on 1 May 2026" in client.get(f"/{closed.slug}").text
    assert "Caeodd y cynllun hwn ar 1 Mai 2026" in client.get(f"/{closed.slug}?lang=cy").text
    tab = Tab(client, closed)
    assert 'name="email"' not in tab.get("email").text


def test_a_scheme_that_closes_while_somebody_registers_says_so(tab: Tab, people: People) -> None:
    tab.answer_email()
    proof = proof_in(tab.get("check"))
    people.close(tab.scheme, date(2026, 5, 1))
    answer = tab.post("check", proof=proof)
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert people.letters(tab.scheme) == []


@pytest.mark.parametrize("page", ["", "/privacy", "/register/email", "/register/check", "/register/done"])
def test_an_unknown_scheme_is_a_page_that_says_so(client: httpx.Client, page: str) -> None:
    answer = client.get(f"/nobody-made-this{page}")
    assert answer.status_code == 404
    assert "Page not found" in answer.text
