"""401 before anything else, then 403; whoever is not signed in learns of no route and no rule."""

import re
from datetime import UTC, datetime

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr

from service.settings import StaffSettings
from service.web.staff.app import create_app
from tests.staff.forging import Forger
from tests.web_staff.browsing import StaffBrowser
from tests.web_staff.routes import OPEN, PAGES, ROUTES, SOME_ID
from tests.web_staff.serving import PEOPLE, StaffHost

UNKNOWN = [("GET", "/v1"), ("GET", "/v1/people"), ("PUT", "/v1/holds"), ("GET", "/v1/docs")]
PROBLEM = "application/problem+json"


def test_the_table_names_every_route_there_is() -> None:
    settings = StaffSettings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"),
        redis_url=SecretStr("redis://127.0.0.1:1"),
        public_url="http://127.0.0.1:1",
        staff_url="http://127.0.0.1:1",
        oidc_issuer="http://127.0.0.1:1",
        oidc_client_id="x",
        oidc_client_secret=SecretStr("x"),
    )
    routes = [
        route
        for route in iter_route_contexts(create_app(settings).routes)
        if isinstance(route.original_route, APIRoute)
    ]
    there = {(method, str(route.path)) for route in routes for method in route.methods or ()}
    named = {
        (method, path.replace(SOME_ID, "{}").replace("windrush", "{}"))
        for method, path in [*ROUTES, *PAGES]
        if not path.endswith("openapi.json")
    }

    assert {
        (method, re.sub(r"\{[\w:]+\}", "{}", path))
        for method, path in there
        if not path.startswith("/health")
    } == named


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer not-a-token", "Basic Y29tbXM6Y29tbXM=", "Bearer a.b.c"],
)
async def test_without_a_valid_token_every_path_is_401(host: StaffHost, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    for method, path in [*ROUTES, *UNKNOWN]:
        for sent in (b"", b"{", b'{"title": 7}'):
            answer = await host.call(
                None, method, path, headers={**headers, "Content-Type": "application/json"}, content=sent
            )
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == PROBLEM
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_that_was_altered_expired_or_is_for_others_is_401(
    host: StaffHost, forger: Forger
) -> None:
    long_ago = int(datetime.now(UTC).timestamp()) - 7200
    wrong = [
        forger.token()[:-4] + "AAAA",
        forger.token({"exp": long_ago, "iat": long_ago - 60}),
        forger.token({"aud": "another-service"}),
        forger.token({"iss": "http://127.0.0.1:9"}),
        forger.token({"sub": None}),
        forger.unsigned(alg="none"),
    ]

    for token in wrong:
        assert (await host.call(None, "GET", "/v1/me", token=token)).status_code == 401


async def test_a_large_body_of_a_stranger_is_401_and_of_staff_413(host: StaffHost) -> None:
    large = b'"' + b"x" * (1024 * 1024) + b'"'

    stranger = await host.call(None, "POST", "/v1/holds", content=large)
    staff = await host.call("comms", "POST", "/v1/holds", content=large)

    assert (stranger.status_code, staff.status_code) == (401, 413)


async def test_health_is_open(host: StaffHost) -> None:
    for path in ("/health/live", "/health/ready"):
        assert (await host.call(None, "GET", path)).status_code == 200


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_role_may_what_the_contract_says_and_nothing_else(host: StaffHost, person: str) -> None:
    role = person.rstrip("2")

    for (method, path), roles in ROUTES.items():
        # A body that is wrong for every route: 403 comes before 422.
        sent = None if method in ("GET", "DELETE") else {"not": "known"}
        answer = await host.call(person, method, path, json=sent)
        allowed = role in roles.split()
        assert (answer.status_code != 403) is allowed, (method, path, answer.status_code)
        assert answer.status_code not in (401, 500)


async def test_signed_out_a_page_leads_to_the_sign_in_and_a_form_does_nothing(host: StaffHost) -> None:
    for (method, path), roles in PAGES.items():
        answer = await host.http.request(method, path, data={} if method == "POST" else None)
        if roles == OPEN:
            assert answer.status_code in (200, 302, 401), path
        elif method == "GET":
            assert (answer.status_code, answer.headers["location"].partition("=")[0]) == (
                303,
                "/sign-in?next",
            )
        else:
            assert answer.status_code == 401, path


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_page_is_for_whom_the_table_says(host: StaffHost, person: str) -> None:
    role = person.rstrip("2")

    for (method, path), roles in PAGES.items():
        if roles != OPEN:
            answer = await host.call(person, method, path, data={} if method == "POST" else None)
            assert (answer.status_code != 403) is (role in roles.split()), (method, path, answer.status_code)
            assert answer.status_code < 500


async def test_no_form_is_taken_without_the_token_of_its_session(browser: StaffBrowser) -> None:
    forms = [(path, roles.split()) for (method, path), roles in PAGES.items() if method == "POST"]
    for role in sorted({roles[0] for _, roles in forms}):
        await browser.sign_in(role)
        for path, roles in forms:
            if roles[0] == role:
                assert (await browser.post(path, csrf="x" * 43)).status_code == 403, path


@pytest.mark.parametrize("roles", [[], ["admin"], ["Senior"], None])
async def test_whoever_has_no_role_of_ours_may_nothing(
    host: StaffHost, forger: Forger, roles: list[str] | None
) -> None:
    token = forger.token({"roles": roles})

    for method, path in ROUTES:
        if path not in ("/v1/me", "/v1/openapi.json"):
            answer = await host.call(None, method, path, token=token)
            assert answer.status_code == 403, (method, path)


async def test_me_says_who_is_asking(host: StaffHost) -> None:
    answer = await host.call("senior2", "GET", "/v1/me")

    assert answer.json() == {"subject": "demo-senior2", "roles": ["senior"]}


async def test_an_unknown_path_is_404_and_a_wrong_method_405_for_staff(host: StaffHost) -> None:
    assert (await host.call("comms", "GET", "/v1/people")).status_code == 404
    assert (await host.call("comms", "PUT", "/v1/holds")).status_code == 405


async def test_the_document_of_the_api_can_be_followed(host: StaffHost) -> None:
    document = (await host.call("comms", "GET", "/v1/openapi.json")).json()

    for reference in re.findall(r'"\$ref": ?"#/components/schemas/(\w+)"', str(document).replace("'", '"')):
        assert reference in document["components"]["schemas"], reference
