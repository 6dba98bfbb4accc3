"""The template: how it is seen, and that each 201 says which version went out."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.notify_contract.conftest import Own
from tests.notify_contract.target import WORDS, Target
from tests.notify_standin.conftest import errors_of


def preview(notify: Target, personalisation: Any) -> httpx.Response:
    path = f"/v2/template/{notify.template_id}/preview"
    return notify.http.post(path, json={"personalisation": personalisation}, headers=notify.headers())


def test_the_template_holds_a_subject_and_a_body_and_nothing_else(notify: Target) -> None:
    said = notify.get(f"/v2/template/{notify.template_id}").json()
    assert (said["type"], said["subject"], said["body"].strip()) == ("email", "((subject))", "((body))")
    assert set(said["personalisation"]) == {"subject", "body"}
    assert type(said["version"]) is int


def test_every_version_can_be_seen_and_no_other(notify: Target) -> None:
    path = f"/v2/template/{notify.template_id}"
    newest = notify.get(path).json()
    assert notify.get(f"{path}/version/{newest['version']}").json() == newest
    for unknown in (f"{path}/version/{newest['version'] + 1}", f"/v2/template/{uuid4()}"):
        assert errors_of(notify.get(unknown)) == (404, [("NoResultFound", "No result found")])
    assert errors_of(notify.get("/v2/template/x")) == (400, [("ValidationError", "id is not a valid UUID")])


def test_all_templates_can_be_listed_by_type(notify: Target) -> None:
    found = notify.get("/v2/templates", type="email").json()["templates"]
    assert notify.template_id in {each["id"] for each in found}
    assert {each["type"] for each in found} == {"email"}


def test_a_preview_shows_the_words_and_sends_nothing(notify: Target) -> None:
    said = preview(notify, {"subject": "An update", "body": "# Now\n\nWords"}).json()
    assert (said["id"], said["type"], said["subject"]) == (notify.template_id, "email", "An update")
    assert said["body"].strip() == "# Now\n\nWords"
    assert "Now</h" in said["html"]


@pytest.mark.parametrize(
    ("personalisation", "error"),
    [
        ({}, ("BadRequestError", "Missing personalisation: subject, body")),
        ({"subject": "s"}, ("BadRequestError", "Missing personalisation: body")),
        (None, ("ValidationError", "personalisation should contain key value pairs")),
    ],
)
def test_a_preview_names_what_is_missing(
    notify: Target, personalisation: Any, error: tuple[str, str]
) -> None:
    assert errors_of(preview(notify, personalisation)) == (400, [error])


def test_the_201_names_the_version_that_went_out(notify: Target, somebody: str) -> None:
    newest = notify.get(f"/v2/template/{notify.template_id}").json()["version"]
    assert notify.sent(somebody)["template"]["version"] == newest


def test_an_edited_template_has_a_new_version_and_the_next_201_says_so(own: Own) -> None:
    notify = own()
    assert notify.tell(f"templates/{notify.template_id}", {"body": "New: ((body))"})["version"] == 2
    said = notify.sent("a@example.com")
    assert (said["template"]["version"], said["content"]["body"]) == (2, "New: Words")
    first = notify.get(f"/v2/template/{notify.template_id}/version/1").json()
    assert first["body"] == "((body))"


def test_an_archived_template_is_refused_before_its_placeholders_are_looked_at(own: Own) -> None:
    notify = own()
    notify.tell(f"templates/{notify.template_id}", {"archived": True})
    for personalisation in (WORDS, {}):
        refused = notify.post(notify.form("a@example.com", personalisation=personalisation))
        assert errors_of(refused) == (400, [("BadRequestError", "Template has been deleted")])
