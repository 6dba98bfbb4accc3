"""`POST /v2/notifications/{type}`: every check in Notify's order, then the row, then the queue, then 201.

Source: notify.md "Requests": authentication, the limit of the minute, the limit of the day, JSON, schema,
permission, template, personalisation, empty message, reply-to, recipient by key type, length. So a bad body
still costs a token.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from deploy.demo.notify import content
from deploy.demo.notify.answers import Answer, bad_request, given, not_modelled, shaped
from deploy.demo.notify.faults import Fault
from deploy.demo.notify.kinds import Key, MessageType
from deploy.demo.notify.messages import Message
from deploy.demo.notify.recipients import SIMULATED, address_lines, inbox_of, is_abroad
from deploy.demo.notify.schema import check_send, check_storable
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.templates import Template

LONGEST_EMAIL_BYTES: Final = 2_000_000
LONGEST_TEXT: Final = 918
PLURALS: Final[dict[MessageType, str]] = {"email": "emails", "sms": "text messages", "letter": "letters"}
RECIPIENT_FIELD: Final[dict[MessageType, str]] = {"email": "email_address", "sms": "phone_number"}
TRIAL_MODE: Final = (
    "Can’t send to this recipient when service is in trial mode "
    "– see https://www.notifications.service.gov.uk/trial-mode"
)
# The characters that a text sends in seven bits; any other makes its fragments shorter.
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)

# Rows that were to come after their answer was lost: kept here, or the loop would forget the tasks.
_later: set[asyncio.Task[None]] = set()


def timed_out() -> Answer:
    return shaped(504, [("TimeoutError", "Timeout serving request")])


def admit(standin: StandIn, message_type: MessageType, authorization: str | None) -> Key:
    """Whoever calls has a key, a token of the bucket and a share of the day. Raises `Refused`."""
    key = standin.door.enter(authorization, standin.clock.now())
    standin.rate.take(key.type, standin.clock.now())
    standin.daily.check(message_type, key.type)
    return key


def judge(
    standin: StandIn, message_type: MessageType, key: Key, raw: bytes
) -> tuple[Message, dict[str, Any]]:
    """The message that a body asks for, and what the 201 says of its content. Raises `Refused`."""
    try:
        form = json.loads(raw) or {}
    except (ValueError, RecursionError) as error:
        raise bad_request("Invalid JSON supplied in POST data") from error
    form = check_send(message_type, form, standin.clock.now_us())
    if message_type not in standin.config.permissions:
        raise bad_request(f"Service is not allowed to send {PLURALS[message_type]}")
    template = _template(standin, message_type, form["template_id"].lower())
    personalisation = form.get("personalisation", {})
    if any(isinstance(value, dict) and "file" in value for value in personalisation.values()):
        raise not_modelled("files sent by email")
    try:
        filled = content.fill(
            template.subject, template.body, personalisation, form.get("sanitise_content_for")
        )
    except content.Missing as missing:
        raise bad_request(f"Missing personalisation: {missing}") from missing
    if message_type != "letter" and not filled.body.strip():
        raise bad_request("Your message is empty.")
    _check_sender(standin, form)
    if message_type == "sms" and is_abroad(form["phone_number"]):
        # As a service that was not given the right to: there are no other services here.
        raise bad_request("Cannot send to international mobile numbers")
    message = _addressed(message_type, key, form, template, filled)
    if not standin.allowed(message):
        team = key.type == "team"
        raise bad_request("Can’t send to this recipient using a team-only API key" if team else TRIAL_MODE)
    _check_length(message)
    check_storable(form, raw)
    return message, _said(standin, message, filled)


async def send(
    standin: StandIn, message_type: MessageType, key: Key, raw: bytes, root: str
) -> tuple[Answer, Fault | None]:
    """Judge, keep and answer, and the fault under which to give the answer. Raises `Refused`."""
    message, said = judge(standin, message_type, key, raw)
    answer = _accepted(standin, message, said, root)
    if message.inbox in SIMULATED:
        return answer, None
    fault = standin.faults.for_send(message.inbox, message.reference)
    if fault is None:
        standin.keep(message)
        return answer, None
    match fault.position:
        case "before-commit":
            return timed_out(), fault
        case "after-commit":
            standin.keep(message, queued=False)
        case "after-queueing":
            standin.keep(message)
        case "commit-then-delete":
            standin.keep(message, queued=False, replayed=False)
            _after(fault.seconds, standin.delete, message)
            return shaped(500, [("SQSError", "Internal server error")]), fault
        case "late-commit":
            _after(fault.seconds, standin.keep, message)
    return answer, fault


def _after(seconds: float, act: Callable[[Message], None], message: Message) -> None:
    async def wait_and_act() -> None:
        await asyncio.sleep(seconds)
        act(message)

    task = asyncio.create_task(wait_and_act())
    _later.add(task)
    task.add_done_callback(_later.discard)


def _template(standin: StandIn, message_type: MessageType, template_id: str) -> Template:
    template = standin.templates.newest.get(template_id)
    if template is None:
        raise bad_request("Template not found")
    if template.type != message_type:
        raise bad_request(f"{template.type} template is not suitable for {message_type} notification")
    if template.archived:
        raise bad_request("Template has been deleted")
    return template


def _check_sender(standin: StandIn, form: dict[str, Any]) -> None:
    known = {
        "email_reply_to_id": standin.config.reply_to_ids,
        "sms_sender_id": standin.config.sms_sender_ids,
    }
    for name, ids in known.items():
        if name in form and form[name].lower() not in ids:
            raise bad_request(
                f"{name} {form[name]} does not exist in database for service id {standin.config.service_id}"
            )


def _addressed(
    message_type: MessageType, key: Key, form: dict[str, Any], template: Template, filled: content.Filled
) -> Message:
    details: dict[str, Any] = {}
    if message_type == "letter":
        if key.type == "team":
            raise bad_request("Cannot send letters with a team api key", 403)
        lines = address_lines(form["personalisation"])
        details["lines"] = lines
        recipient = ", ".join(lines)
    else:
        recipient = form[RECIPIENT_FIELD[message_type]].strip()
    if message_type == "sms":
        details["fragments"] = fragments(filled.body)
    return Message(
        id=str(uuid4()),
        type=message_type,
        key_type=key.type,
        reference=form.get("reference"),
        recipient=recipient,
        inbox=inbox_of(message_type, recipient),
        template_id=template.id,
        template_version=template.version,
        subject=filled.subject,
        body=filled.body,
        one_click_unsubscribe_url=form.get("one_click_unsubscribe_url"),
        details=details,
    )


def _check_length(message: Message) -> None:
    if (
        message.type == "email"
        and (size := len(message.body.encode(errors="surrogatepass"))) > LONGEST_EMAIL_BYTES
    ):
        raise bad_request(
            f"Your message is too long. Emails cannot be longer than {LONGEST_EMAIL_BYTES} bytes. "
            f"Your message is {size} bytes."
        )
    if message.type == "sms" and (size := len(message.body)) > LONGEST_TEXT:
        raise bad_request(
            f"Your message is too long. Text messages cannot be longer than {LONGEST_TEXT} characters. "
            f"Your message is {size} characters."
        )


def fragments(body: str) -> int:
    """How many texts one message is charged as."""
    alone, joined = (160, 153) if GSM.issuperset(body) else (70, 67)
    return 1 if len(body) <= alone else -(-len(body) // joined)


def _said(standin: StandIn, message: Message, filled: content.Filled) -> dict[str, Any]:
    match message.type:
        case "email":
            return {
                "content": {
                    "from_email": standin.config.from_email,
                    "subject": message.subject,
                    "body": message.body,
                    "one_click_unsubscribe_url": message.one_click_unsubscribe_url,
                },
                "sanitised_content": filled.sanitised,
            }
        case "sms":
            return {"content": {"body": message.body, "from_number": standin.config.from_number}}
        case "letter":
            return {"content": {"subject": message.subject, "body": message.body}}


def _accepted(standin: StandIn, message: Message, said: dict[str, Any], root: str) -> Answer:
    service = f"{root}/services/{standin.config.service_id}"
    return given(
        201,
        {
            "id": message.id,
            "reference": message.reference,
            "uri": f"{root}/v2/notifications/{message.id}",
            "scheduled_for": None,
            "template": {
                "id": message.template_id,
                "version": message.template_version,
                "uri": f"{service}/templates/{message.template_id}",
            },
            **said,
        },
    )
