"""Starting, stopping, restarting; the pages and the administration's door."""

import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.notify.markdown import rendered
from tests.notify_standin.conftest import (
    ANY_TEXT,
    KEYS,
    Running,
    Service,
    Starter,
    configuration,
    launch,
    started,
    wait_until,
)

WORDS = {"subject": "An update", "body": "Words"}


def ended(directory: Path, settings: dict[str, Any], *arguments: str) -> tuple[int, str]:
    process = launch(directory, settings, *arguments)
    _, said = process.communicate(timeout=20)
    return process.returncode, said


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_without_a_traceback(start: Starter, how: signal.Signals) -> None:
    notify = start()
    notify.client().send_email_notification("a@example.com", ANY_TEXT, WORDS)
    began = time.monotonic()
    notify.admin.close()
    notify.process.send_signal(how)
    _, said = notify.process.communicate(timeout=10)
    assert (notify.process.returncode, said) == (0, "")
    assert time.monotonic() - began < 4


def test_a_port_in_use_is_named_and_ends_with_2(notify: Running, tmp_path: Path) -> None:
    port = notify.url.rpartition(":")[2]
    code, said = ended(tmp_path, configuration(), "--port", port)
    assert code == 2
    assert said == f"notify stand-in: --port {port} on 127.0.0.1: already in use\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service_id": "x"}, "service_id: not a UUID"),
        ({"keys": []}, "keys: none given"),
        ({"rate_per_minute": 0}, "rate_per_minute: not a whole number above nought"),
        ({"callback": {"url": "x"}}, "callback: an object with url and token, or null"),
        ({"colour": "red"}, "unknown settings: colour"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_ends_with_2(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert ended(tmp_path, configuration(**changes), "--port", "0") == (2, f"notify stand-in: {said}\n")


def test_a_configuration_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = configuration()
    process = launch(tmp_path, settings, "--port", "0", "--data-dir", str(tmp_path / "data"))
    process.terminate()
    process.communicate(timeout=10)
    [config] = tmp_path.glob("*.json")
    config.chmod(config.stat().st_mode | stat.S_IRGRP)
    again = launch(tmp_path, settings, "--config", str(config), "--port", "0")
    _, said = again.communicate(timeout=20)
    assert again.returncode == 2
    assert "others can read it" in said
    assert KEYS["live"] not in said


def test_after_a_kill_it_goes_on_where_it_was(tmp_path: Path, service: Service) -> None:
    service.answer = 500
    data = ("--data-dir", str(tmp_path / "data"))
    settings = configuration(callback=service.callback())
    first = started(tmp_path, settings, *data)
    ids = [
        first.client().send_email_notification(f"p{n}@example.com", ANY_TEXT, WORDS)["id"] for n in range(20)
    ]
    first.tell(f"templates/{ANY_TEXT}", {"subject": "New: ((subject))"})
    first.tell(f"keys/{KEYS['team']}/revoke")
    wait_until(lambda: first.admin.get("/admin/counts").json()["callback_attempts"] == 20)
    first.end(signal.SIGKILL)
    second = started(tmp_path, settings, *data)
    try:
        summary = second.admin.get("/admin/inboxes?summary=1").json()
        assert (summary["people"], summary["messages"]) == (20, 20)
        assert {second.status(message_id) for message_id in ids} == {"delivered"}
        assert second.admin.get("/admin/counts").json()["today"]["email"] == 20
        assert second.client().get_template(ANY_TEXT)["version"] == 2
        assert second.get("/v2/notifications", key="team").status_code == 403
        service.answer = 200
        second.tell("clock", {"advance_seconds": 301})
        wait_until(lambda: second.admin.get("/admin/counts").json()["callbacks_waiting"] == 0)
        assert len(service.calls) == 40
    finally:
        second.end()


def test_two_stand_ins_never_share_a_data_directory(start: Starter, tmp_path: Path) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    start(*data)
    code, said = ended(tmp_path, configuration(), "--port", "0", *data)
    assert code == 2
    assert "another stand-in works on it" in said


def test_its_connections_can_close_after_each_answer_as_notifys_do(start: Starter) -> None:
    notify = start(close_connections=True)
    assert notify.get("/v2/notifications").headers["connection"] == "close"


def test_inboxes_are_counted_and_shown_by_subject_and_time(start: Starter) -> None:
    notify = start()
    client = notify.client()
    client.send_email_notification("A@Example.com", ANY_TEXT, WORDS, reference="r1")
    second = client.send_email_notification("b@example.com", ANY_TEXT, {"subject": "Other", "body": "x"})
    assert notify.admin.get("/admin/inboxes?summary=1").json() == {
        "people": 2,
        "messages": 2,
        "inboxes": {"a@example.com": 1, "b@example.com": 1},
    }
    by_subject = notify.admin.get("/admin/inboxes", params={"subject": "Other"}).json()
    assert list(by_subject) == ["b@example.com"]
    [message] = by_subject["b@example.com"]
    assert message["id"] == second["id"]
    [first] = notify.inbox("a@EXAMPLE.com")
    later = notify.admin.get("/admin/inboxes", params={"after": first["at"]}).json()
    assert list(later) == ["b@example.com"]
    assert first.keys() >= {"template_id", "template_version", "reference", "body", "status", "type"}


def test_requests_are_counted_by_status_and_key(start: Starter) -> None:
    notify = start()
    notify.client().send_email_notification("a@example.com", ANY_TEXT, WORDS)
    notify.post({}, key="test")
    notify.admin.get("/v2/notifications")
    counts = notify.admin.get("/admin/counts").json()
    assert counts["accepted_by_key_type"] == {"live": 1}
    assert counts["requests"] == {"201": 1, "400": 1, "401": 1}
    assert counts["requests_by_key_type"] == {"live": 1, "test": 1, "none": 1}


@pytest.mark.parametrize("path", ["/admin/health", "/health/live", "/"])
def test_only_a_loopback_name_opens_what_has_no_key(notify: Running, path: str) -> None:
    assert notify.admin.get(path).status_code == 200
    assert notify.admin.get(path, headers={"Host": "localhost:8003"}).status_code == 200
    assert notify.admin.get(path, headers={"Host": "rebound.example.com"}).status_code == 403
    assert notify.admin.get(path, headers={"Origin": "https://other.example.com"}).status_code == 403


def test_the_administration_says_what_it_does_not_understand(notify: Running) -> None:
    assert notify.admin.post("/admin/clock", json={}).status_code == 422
    assert notify.admin.post("/admin/clock", content=b"{").status_code == 400
    assert notify.admin.post("/admin/templates/x", json={"body": "b"}).status_code == 404


def test_the_pages_show_a_message_as_notify_renders_it_and_escape_the_rest(
    notify: Running, address: str
) -> None:
    body = "# News\n\n<script>alert(1)</script>\n\n* one\n* two\n\n[Read](https://example.com/?a=1&b=2)"
    notify.client().send_email_notification(address, ANY_TEXT, {"subject": "<b>S</b>", "body": body})
    page = notify.admin.get(f"/inbox/{address}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<h3>News</h3>" in page.text
    assert "<ul><li>one</li><li>two</li></ul>" in page.text
    assert "&lt;b&gt;S&lt;/b&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    listed = notify.admin.get("/", params={"search": address[:20].upper()})
    assert address in listed.text
    assert notify.admin.get("/inbox/nobody@example.com").status_code == 404


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("# One\n## Two\n### Three", "<h3>One</h3>\n<h4>Two</h4>\n<p>Three</p>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n• b", "<ul><li>a</li><li>b</li></ul>"),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        ("^ mind this\n^ and this", "<blockquote><p>mind this<br>and this</p></blockquote>"),
        ("**no** _no_ `no`", "<p>**no** _no_ `no`</p>"),
        (
            "![a](https://example.com/b.png)",
            '<p>!<a href="https://example.com/b.png" rel="noreferrer">a</a></p>',
        ),
        ("[a](javascript:alert)", "<p>[a](javascript:alert)</p>"),
        (
            "See https://example.com/x.",
            '<p>See <a href="https://example.com/x" rel="noreferrer">https://example.com/x</a>.</p>',
        ),
        (r"\# plain \<", r"<p># plain \&lt;</p>"),
    ],
)
def test_markdown_is_notifys_and_no_more(body: str, html: str) -> None:
    assert rendered(body) == html
