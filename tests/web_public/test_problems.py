"""How errors are answered: the shared part of the public, staff and callbacks apps."""

import json
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from structlog.testing import capture_logs

from service import errors
from service.web import problems
from service.web.headers import SecurityHeaders

SECRET = "ada.sentinel@example.org"


class SelfMade(errors.Conflict):
    """The author cannot approve it."""

    code = "self-made"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    when: AwareDatetime
    count: Annotated[int, Field(ge=1, le=5)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Literal["yes", "no"]
    inner: Inner
    by_language: dict[Literal["en", "cy"], str] = {}


RAISED = {
    "unauthenticated": errors.Unauthenticated(),
    "forbidden": errors.Forbidden(),
    "not-found": errors.NotFound(),
    "gone": errors.Gone(),
    "conflict": SelfMade(),
    "invalid": errors.Invalid({"topics.0": "It is not one of the scheme's topics"}),
    "unavailable": errors.Unavailable(),
    "misconfigured": errors.Misconfigured(f"KEPT_{SECRET}"),
    "any-kept": errors.KeptError(SECRET),
    "too-many": HTTPException(429, detail=SECRET, headers={"Retry-After": "17", "X-Echo": SECRET}),
    "unexpected": ValueError(SECRET),
    "too-deep": RecursionError(SECRET),
}


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(SecurityHeaders)

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise RAISED[name]

    @app.post("/form")
    async def form(form: Annotated[Form, Body()]) -> dict[str, str]:
        return {"status": "fine"}

    return app


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    # raise_app_exceptions: nothing may get out of the app, not even to uvicorn's log.
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=True), base_url="http://here"
    )


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unauthenticated", 401),
        ("forbidden", 403),
        ("not-found", 404),
        ("conflict", 409),
        ("gone", 410),
        ("invalid", 422),
        ("too-many", 429),
        ("misconfigured", 500),
        ("any-kept", 500),
        ("unexpected", 500),
        ("unavailable", 503),
        ("too-deep", 400),
    ],
)
async def test_each_kind_of_error_is_a_problem_that_repeats_nothing(
    client: httpx.AsyncClient, name: str, status: int
) -> None:
    answer = await client.get(f"/raise/{name}")
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) <= {"type", "title", "status", "detail", "errors"}
    assert SECRET not in answer.text + str(answer.headers)
    if status == 500:
        assert set(problem) == {"type", "title", "status"}


async def test_a_problem_names_the_kind_of_error_and_says_what_its_docstring_says(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/raise/conflict")).json() == {
        "type": "urn:kept:problem:self-made",
        "title": "Not in the present state",
        "status": 409,
        "detail": "The author cannot approve it.",
    }


async def test_what_a_client_needs_in_order_to_go_on_is_in_the_headers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/raise/unauthenticated")).headers["www-authenticate"] == "Bearer"
    assert (await client.get("/raise/too-many")).headers["retry-after"] == "17"
    assert int((await client.get("/raise/unavailable")).headers["retry-after"]) > 0
    assert (await client.put("/form")).headers["allow"] == "POST"


async def test_an_unknown_path_and_a_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    for answer, status in (
        (await client.get(f"/{SECRET}"), 404),
        (await client.get(f"/{SECRET}/"), 404),
        (await client.delete("/form"), 405),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert SECRET not in answer.text


async def test_refusals_and_failures_carry_the_headers_too(client: httpx.AsyncClient) -> None:
    for name in ("unexpected", "gone"):
        headers = (await client.get(f"/raise/{name}")).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"


async def test_an_unexpected_error_is_logged_without_what_it_says(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await client.get("/raise/unexpected")
    (event,) = logs
    assert event["kind"] == "ValueError"
    assert "test_problems.py" in event["at"]
    assert SECRET not in json.dumps(logs)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {"word": "It is needed", "inner": "It is needed"}),
        (
            {"word": SECRET, "inner": {}},
            {
                "word": "It has to be one of these: 'yes' or 'no'",
                "inner.when": "It is needed",
                "inner.count": "It is needed",
            },
        ),
        (
            {"word": "yes", "inner": {"when": SECRET, "count": 9}},
            {
                "inner.when": "It has to be a date and time with its zone, such as 2027-01-31T09:00:00Z",
                "inner.count": "It has to be 5 or less",
            },
        ),
        (
            {"word": "yes", "inner": {"when": "2027-01-31T09:00:00Z", "count": 1, SECRET: 1}},
            {"inner": "It has a field that is not known here"},
        ),
        (
            {
                "word": "yes",
                "inner": {"when": "2027-01-31T09:00:00Z", "count": 1},
                "by_language": {SECRET: "x"},
            },
            {"by_language": "It has to be one of these: 'en' or 'cy'"},
        ),
        ([SECRET], {"": "It has to be a JSON object, sent as application/json"}),
    ],
)
async def test_a_broken_rule_is_named_by_its_field_and_never_by_what_was_sent(
    client: httpx.AsyncClient, body: object, found: dict[str, str]
) -> None:
    answer = await client.post("/form", json=body)
    assert answer.status_code == 422
    assert {error["field"]: error["rule"] for error in answer.json()["errors"]} == found
    assert SECRET not in answer.text
