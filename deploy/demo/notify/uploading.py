"""What somebody sends by hand in Notify's own pages: the API lists it only with `include_jobs`."""

from typing import Any
from uuid import uuid4

from deploy.demo.notify import content
from deploy.demo.notify.messages import Message
from deploy.demo.notify.recipients import email_problem, inbox_of
from deploy.demo.notify.templates import Templates


class WrongUpload(Exception):
    """What was told makes no message; the text says what is wanted."""


def by_hand(templates: Templates, form: dict[str, Any]) -> Message:
    """One row of an upload: `to`, and template_id, personalisation, by, reference as wanted.

    Raises `WrongUpload`, or `Refused` 404 for a template that there is not.
    """
    to, personalisation, reference = form.get("to"), form.get("personalisation", {}), form.get("reference")
    if not isinstance(to, str) or email_problem(to) or not isinstance(personalisation, dict):
        raise WrongUpload("to: an email address; template_id, personalisation, by, reference as wanted")
    if not isinstance(reference, str | None):
        raise WrongUpload("reference: text, or left out as an upload's is")
    emails = [found for found in templates.newest.values() if found.type == "email"]
    template = templates.get(form.get("template_id", emails[0].id if emails else ""))
    try:
        filled = content.fill(template.subject, template.body, personalisation)
    except content.Missing as missing:
        raise WrongUpload(f"personalisation: lacks {missing}") from missing
    return Message(
        id=str(uuid4()),
        type="email",
        key_type="live",
        reference=reference,
        recipient=to,
        inbox=inbox_of("email", to),
        template_id=template.id,
        template_version=template.version,
        subject=filled.subject,
        body=filled.body,
        by_hand=str(form.get("by", "Somebody in Notify")),
    )
