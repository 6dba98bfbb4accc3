"""Signing in at the issuer, sessions and their ends, and forms that wait (security.md, Staff)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from service.staff.sessions import IDLE, IN_ALL
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_staff.browsing import StaffBrowser, path_of
from tests.web_staff.serving import StaffHost

COOKIE = "__Host-kept-staff"


async def test_somebody_signs_in_comes_back_to_their_page_and_sees_who_they_are(
    browser: StaffBrowser,
) -> None:
    refused = await browser.get("/who-may-do-what")
    assert (refused.status_code, path_of(refused)) == (303, "/sign-in?next=%2Fwho-may-do-what")

    answer = await browser.sign_in("comms", path_of(refused))
    assert (answer.status_code, path_of(answer)) == (303, "/who-may-do-what")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(COOKIE))
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Max-Age" not in cookie

    page = await browser.get("/")
    assert "Carys Morgan (communications)" in page.text
    assert (await browser.get("/v1/me")).json() == {"subject": "demo-comms", "roles": ["comms"]}


async def test_the_flow_has_a_state_a_nonce_and_a_challenge_that_no_other_sign_in_has(
    browser: StaffBrowser,
) -> None:
    asked = [parse_qs(urlsplit(await browser.begin()).query) for _ in range(2)]

    for each in asked:
        assert each["response_type"] == ["code"]
        assert each["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


async def test_21_a_callback_is_used_once_and_only_by_the_browser_that_began(
    browser: StaffBrowser, host: StaffHost, database: Database
) -> None:
    at = await browser.begin()
    attempt = browser.cookie("__Host-kept-sign-in")
    callback = await browser.choose(at, "comms")
    async with StaffBrowser(browser.host, browser.issuer) as other:
        assert (await other.get(callback)).status_code == 401
        await other.begin()
        assert (await other.get(callback)).status_code == 401
    assert (await browser.get(callback)).status_code == 303
    first = browser.cookie(COOKIE)

    # Replayed with the cookie of then: the code is used, and so is the attempt.
    replayed = await host.http.get(callback, headers={"Cookie": f"__Host-kept-sign-in={attempt}"})

    assert replayed.status_code == 401
    assert COOKIE not in str(replayed.headers.get_list("set-cookie"))
    assert (await browser.get("/v1/me")).status_code == 200
    assert browser.cookie(COOKIE) == first


async def test_a_state_of_another_page_or_another_age_is_refused(browser: StaffBrowser) -> None:
    at = await browser.begin("/sign-in?next=/holds")
    callback = await browser.choose(at, "comms")
    wrong = callback.replace("state=", "state=x")

    assert (await browser.get(wrong)).status_code == 401


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "no"]
)
async def test_nobody_is_sent_to_another_site_after_signing_in(browser: StaffBrowser, elsewhere: str) -> None:
    at = await browser.http.get("/sign-in", params={"next": elsewhere})
    answer = await browser.get(await browser.choose(at.headers["location"], "comms"))

    assert answer.headers["location"] == "/"


async def test_a_session_changes_at_every_sign_in_and_ends_at_once_when_they_sign_out(
    browser: StaffBrowser, host: StaffHost
) -> None:
    await browser.sign_in("senior")
    first = browser.cookie(COOKIE)
    await browser.sign_in("senior", "/sign-in?again=true")
    second = browser.cookie(COOKIE)
    assert first != second
    old = await host.http.get("/v1/me", headers={"Cookie": f"{COOKIE}={first}"})
    assert old.status_code == 401

    answer = await browser.post("/sign-out")

    assert path_of(answer) == "/signed-out"
    assert (await host.http.get("/v1/me", headers={"Cookie": f"{COOKIE}={second}"})).status_code == 401
    assert browser.cookie(COOKIE) is None
    page = await browser.get("/signed-out")
    assert f"{browser.issuer}/end-session?" in page.text


@pytest.mark.parametrize(
    ("quiet", "steps", "alive"),
    [
        (IDLE - timedelta(minutes=1), 3, True),
        (IDLE + timedelta(seconds=1), 1, False),
        (timedelta(minutes=14), 36, False),
    ],
)
async def test_a_session_ends_after_fifteen_idle_minutes_and_after_eight_hours(
    browser: StaffBrowser, service: Service, database: Database, quiet: timedelta, steps: int, alive: bool
) -> None:
    await browser.sign_in("comms")
    answer = await browser.get("/v1/me")
    with database.connect() as connection:
        for _ in range(steps):
            # Time passes for the row instead of for us.
            connection.execute(
                "UPDATE staff_sessions SET seen_at = seen_at - %s, started_at = started_at - %s",
                (quiet, quiet),
            )
            answer = await browser.get("/v1/me")
    assert (answer.status_code == 200) is alive
    assert timedelta(minutes=14) * 36 > IN_ALL


async def test_a_form_from_before_a_second_sign_in_is_refused_and_says_how_to_keep_what_was_typed(
    browser: StaffBrowser,
) -> None:
    await browser.sign_in("comms")
    earlier = await browser.csrf()
    await browser.sign_in("comms", "/sign-in?again=true")

    answer = await browser.post("/sign-out", csrf=earlier)

    assert answer.status_code == 403
    assert "This page was older than your sign-in" in answer.text


async def test_live_figures_keep_nobody_signed_in(browser: StaffBrowser, database: Database) -> None:
    await browser.sign_in("comms")
    with database.connect() as connection:
        connection.execute("UPDATE staff_sessions SET seen_at = seen_at - interval '10 minutes'")
        before = connection.execute("SELECT seen_at FROM staff_sessions").fetchone()
        await browser.get("/updates/00000000-0000-4000-8000-000000000000/live")
        assert connection.execute("SELECT seen_at FROM staff_sessions").fetchone() == before
        await browser.get("/who-may-do-what")
        assert connection.execute("SELECT seen_at FROM staff_sessions").fetchone() != before


async def test_nothing_of_a_person_lies_in_a_session_or_a_held_form(
    browser: StaffBrowser, database: Database
) -> None:
    await browser.sign_in("comms")
    secret = browser.cookie(COOKIE) or ""
    with database.connect() as connection:
        rows = str(connection.execute("SELECT staff_sessions::text FROM staff_sessions").fetchall())
        member = str(
            connection.execute("SELECT staff_members::text, sealed_email FROM staff_members").fetchall()
        )
    for part in ("Carys", "comms@staff.example.org", b"Carys".hex(), secret):
        assert part not in rows
    assert "staff.example.org" not in member


async def test_forms_and_calls_of_another_site_are_refused(browser: StaffBrowser) -> None:
    await browser.sign_in("comms")
    token = await browser.csrf()

    assert (await browser.post("/sign-out", csrf="")).status_code == 403
    assert (await browser.post("/sign-out", csrf="x" * 43)).status_code == 403
    assert (await browser.post("/sign-out", csrf=token, sec_fetch_site="cross-site")).status_code == 403
    assert (
        await browser.post("/sign-out", csrf=token, origin="https://elsewhere.example")
    ).status_code == 403
    hold = {"reason": "A test", "scope": "bulk"}
    assert (await browser.http.post("/v1/holds", json=hold)).status_code == 403
    sent = await browser.http.post("/v1/holds", json=hold, headers={"X-CSRF-Token": token})
    assert sent.status_code == 201, sent.text


async def test_a_form_that_was_sent_too_late_is_kept_for_its_sender_alone(
    browser: StaffBrowser, database: Database
) -> None:
    await browser.sign_in("comms")
    token = await browser.csrf()
    with database.connect() as connection:
        connection.execute("UPDATE staff_sessions SET seen_at = seen_at - interval '16 minutes'")

    asked = await browser.post(
        "/updates/new", {"words": "Forty careful\nlines & <b>", "doing": "Save"}, csrf=token
    )

    assert asked.status_code == 401
    assert "nothing that you typed is lost" in asked.text
    with database.connect() as connection:
        assert "careful" not in str(connection.execute("SELECT held_forms::text FROM held_forms").fetchall())
    await browser.sign_in("comms2", "/sign-in?next=/held")
    assert "careful" not in (await browser.get("/held")).text
    again = await browser.sign_in("comms", "/sign-in?next=/held")
    assert path_of(again) == "/held"
    page = await browser.get("/held")
    assert "Forty careful\nlines &amp; &lt;b&gt;" in page.text
    assert 'action="/updates/new"' in page.text
    assert token not in page.text


async def test_a_stranger_makes_no_row(browser: StaffBrowser, host: StaffHost, database: Database) -> None:
    for _ in range(3):
        await browser.begin()
        await browser.http.post("/updates/new", data={"words": "x" * 100})
        await browser.http.post(
            "/updates/new", data={"words": "x"}, headers={"Cookie": f"{COOKIE}={'A' * 43}"}
        )
    with database.connect() as connection:
        for table in ("staff_sessions", "used_sign_ins", "held_forms", "staff_members"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
