"""There is one way out: one file has Notify's client, nothing has SMTP, nothing attaches a file."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints
from uuid import UUID

from service.deliveries.tables import Delivery
from service.notify.addresses import EmailAddress, PhoneNumber, PostalAddress
from service.notify.gateway import EmailMessage, LetterMessage, TextMessage
from service.registrations.tables import Confirmation

ROOT = Path(__file__).parents[2]
FOLDERS = ("service", "workers", "migrations", "deploy")
MAILERS = {"smtplib", "aiosmtplib", "email", "mailbox", "imaplib", "sendgrid", "django"}
ATTACHING = {"prepare_upload", "send_precompiled_letter_notification", "MIMEMultipart", "add_attachment"}


def files() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports, also inside functions and by name."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.split(".")[0])
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if "import" in ast.unparse(node.func):
                found.add(name.split(".")[0])
    return found


def test_one_file_has_notifys_client() -> None:
    users = {name for name, tree in files() if "notifications_python_client" in imported(tree)}
    assert users == {"service/notify/govuk.py"}


def test_nothing_speaks_to_a_mail_server() -> None:
    assert {name for name, tree in files() if imported(tree) & MAILERS} == set()


def test_nothing_attaches_a_file() -> None:
    users = {
        name
        for name, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in ATTACHING
    }
    assert users == set()


def test_a_message_has_room_for_one_recipient() -> None:
    kinds = get_type_hints(EmailMessage)
    holding_an_address = [name for name, kind in kinds.items() if "EmailAddress" in repr(kind)]
    assert holding_an_address == ["recipient"]
    assert kinds["recipient"] is EmailAddress
    assert get_type_hints(EmailAddress) == {
        "as_typed": str,
        "index_form": str,
    }
    assert {each.name for each in fields(EmailMessage)} == {
        "recipient",
        "subject",
        "body",
        "reference",
        "own_links",
        "one_click_unsubscribe_url",
        "reply_to_id",
        "own_details",
        "sanitised",
    }


def test_a_text_has_room_for_one_number_and_a_letter_for_one_address() -> None:
    expected: list[tuple[type, type, set[str]]] = [
        (TextMessage, PhoneNumber, {"recipient", "body", "reference", "own_links"}),
        (
            LetterMessage,
            PostalAddress,
            {"recipient", "heading", "body", "reference", "own_links", "own_details"},
        ),
    ]
    for message, recipient, names in expected:
        assert get_type_hints(message)["recipient"] is recipient
        assert {each.name for each in fields(message)} == names
    assert get_type_hints(PhoneNumber) == {"e164": str}


def test_a_delivery_and_a_confirmation_have_a_column_for_one_contact() -> None:
    for table in (Delivery, Confirmation):
        columns = {name for name in table.model_fields if "contact" in name or "address" in name}
        assert columns == {"contact_id"}
        assert table.model_fields["contact_id"].annotation is UUID
