"""The GETs of the v2 API, and the preview of a template.

Source: notify.md "Requests". A single message is found with any key of the service; the list holds only
what was made with the same type of key.
"""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from deploy.demo.notify import content, messages
from deploy.demo.notify.answers import Answer, bad_request, given, invalid, no_result, not_modelled
from deploy.demo.notify.clock import written
from deploy.demo.notify.faults import Fault
from deploy.demo.notify.kinds import MESSAGE_TYPES, Key
from deploy.demo.notify.markdown import rendered
from deploy.demo.notify.schema import UUID_PATTERN, check_id, check_listing
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.templates import Template, shown


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that is not a POST of a message."""

    key: Key
    query: str
    raw: bytes
    root: str
    parts: tuple[str, ...]

    @property
    def arguments(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)


def one(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    message_id = check_id(asked.parts[0])
    fault = standin.faults.for_look_up(None)
    row = messages.find(standin.store, message_id, standin.kept_since_us())
    if row is None or (fault and fault.symptom == "miss"):
        raise no_result()
    return given(200, messages.shown(row, asked.root)), fault


def several(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    arguments = asked.arguments
    check_listing(arguments)
    fault = standin.faults.for_look_up(arguments.get("reference", [None])[0])
    rows = messages.page(standin.store, asked.key.type, arguments, standin.kept_since_us())
    if fault and fault.symptom == "miss":
        rows = []
    here = f"{asked.root}/v2/notifications"
    links = {"current": f"{here}?{asked.query}" if asked.query else here}
    if rows:
        links["next"] = f"{here}?{urlencode({**arguments, 'older_than': rows[-1]['id']}, doseq=True)}"
    return given(
        200, {"notifications": [messages.shown(row, asked.root) for row in rows], "links": links}
    ), fault


def template(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    return given(200, shown(standin.templates.get(check_id(asked.parts[0])))), None


def template_version(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    template_id = check_id(asked.parts[0])
    if not asked.parts[1].isdecimal():
        raise invalid(f"version {asked.parts[1]} is not of type integer")
    return given(200, shown(standin.templates.get(template_id, int(asked.parts[1])))), None


def templates(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    wanted = asked.arguments.get("type", [None])[0]
    if wanted is not None and wanted not in MESSAGE_TYPES:
        raise invalid(f"type {wanted} is not one of [{', '.join(MESSAGE_TYPES)}]")
    return given(200, {"templates": [shown(found) for found in standin.templates.all(wanted)]}), None


def preview(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    template_id = check_id(asked.parts[0])
    try:
        form = json.loads(asked.raw) or {}
    except ValueError as error:
        raise bad_request("Invalid JSON supplied in POST data") from error
    personalisation = form.get("personalisation", {}) if isinstance(form, dict) else None
    if not isinstance(personalisation, dict):
        raise invalid("personalisation should contain key value pairs")
    found = standin.templates.get(template_id)
    return given(200, previewed(found, personalisation)), None


def previewed(found: Template, personalisation: dict[str, Any]) -> dict[str, Any]:
    """A template with values in it. Raises `Refused` 400 where some are missing."""
    try:
        filled = content.fill(found.subject, found.body, personalisation)
    except content.Missing as missing:
        raise bad_request(f"Missing personalisation: {missing}") from missing
    return {
        "id": found.id,
        "type": found.type,
        "version": found.version,
        "body": filled.body,
        "html": rendered(filled.body) if found.type == "email" else html.escape(filled.body),
        "subject": filled.subject,
        "postage": "second" if found.type == "letter" else None,
    }


def received_texts(standin: StandIn, asked: Asked) -> tuple[Answer, Fault | None]:
    older_than = asked.arguments.get("older_than", [None])[0]
    if older_than is not None and not UUID_PATTERN.match(older_than):
        raise invalid("older_than is not a valid UUID")
    rows = standin.store.rows(
        "SELECT * FROM received_texts WHERE ? IS NULL "
        "OR number < (SELECT number FROM received_texts WHERE id = ?) ORDER BY number DESC LIMIT ?",
        older_than,
        older_than,
        messages.PAGE_SIZE,
    )
    here = f"{asked.root}/v2/received-text-messages"
    links = {"current": here}
    if rows:
        links["next"] = f"{here}?older_than={rows[-1]['id']}"
    texts = [
        {
            "id": row["id"],
            "user_number": row["sender"],
            "notify_number": standin.config.from_number,
            "service_id": standin.config.service_id,
            "content": row["message"],
            "created_at": written(row["created_at"]),
        }
        for row in rows
    ]
    return given(200, {"received_text_messages": texts, "links": links}), None


def letter_as_pdf(_standin: StandIn, _asked: Asked) -> tuple[Answer, Fault | None]:
    raise not_modelled("the PDF of a letter")


def all_versions(_standin: StandIn, _asked: Asked) -> tuple[Answer, Fault | None]:
    raise not_modelled("the list of a template's versions")


Handler = Callable[[StandIn, Asked], tuple[Answer, Fault | None]]
ROUTES: Final[tuple[tuple[re.Pattern[str], str, Handler], ...]] = tuple(
    (re.compile(pattern), method, handler)
    for pattern, method, handler in (
        (r"/v2/notifications", "GET", several),
        (r"/v2/notifications/([^/]+)", "GET", one),
        (r"/v2/notifications/([^/]+)/pdf", "GET", letter_as_pdf),
        (r"/v2/templates", "GET", templates),
        (r"/v2/template/([^/]+)", "GET", template),
        (r"/v2/template/([^/]+)/version/([^/]+)", "GET", template_version),
        (r"/v2/template/([^/]+)/preview", "POST", preview),
        (r"/v2/received-text-messages", "GET", received_texts),
        (r"/service/[^/]+/template/[^/]+/versions", "GET", all_versions),
    )
)
