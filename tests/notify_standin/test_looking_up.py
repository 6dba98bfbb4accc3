"""What the GETs show, and to whom."""

import pytest

from tests.notify_standin.conftest import ANY_TEXT, GREETING, SERVICE, TEXT, Running, errors_of

WORDS = {"subject": "An update", "body": "Words"}


def sent(notify: Running, address: str, reference: str | None = None, key: str = "live") -> str:
    answer = notify.client(key).send_email_notification(address, ANY_TEXT, WORDS, reference=reference)
    return str(answer["id"])


def test_templates_are_shown_with_their_placeholders(notify: Running) -> None:
    client = notify.client()
    shown = client.get_template(GREETING)
    assert (shown["version"], shown["type"], shown["name"]) == (1, "email", "Greeting")
    assert list(shown["personalisation"]) == ["First name", "urgent", "what"]
    assert client.get_template_version(GREETING, 1)["body"] == shown["body"]
    assert {one["id"] for one in client.get_all_templates("sms")["templates"]} == {TEXT}
    assert notify.get(f"/v2/template/{GREETING}/version/9").status_code == 404


def test_a_preview_fills_a_template_and_names_what_is_missing(notify: Running) -> None:
    shown = notify.client().post_template_preview(
        GREETING, {"first name": "Sam", "urgent": False, "what": "# Now"}
    )
    assert (shown["subject"], shown["version"]) == ("Hello Sam", 1)
    assert "<h3>Now</h3>" in shown["html"]
    answer = notify.admin.post(
        f"/v2/template/{GREETING}/preview", json={"personalisation": {}}, headers=notify.headers()
    )
    _, [(_, message)] = errors_of(answer)
    assert message == "Missing personalisation: First name, urgent, what"


@pytest.mark.parametrize(
    "path", [f"/v2/notifications/{SERVICE}/pdf", f"/service/x/template/{SERVICE}/versions"]
)
def test_a_get_that_is_not_modelled_is_501(notify: Running, path: str) -> None:
    assert notify.get(path).status_code == 501


def test_a_received_text_is_listed(notify: Running) -> None:
    notify.tell("received-texts", {"from": "07700 900982", "message": "STOP"})
    found = list(notify.client().get_received_texts_iterator())
    assert ("447700900982", "STOP") in {(one["user_number"], one["content"]) for one in found}
