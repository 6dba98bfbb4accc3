"""What staff pages say: plain words for states and for what went wrong. Staff pages are in English."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from service.deliveries.states import DeliveryState
from service.schemes.tables import DetailKind
from service.staff.roles import Act, Role
from service.updates.states import UpdateState

SERVICE: Final = "Kept Informed for staff"

ROLES: Final[Mapping[Role, str]] = {
    Role.COMMS: "communications",
    Role.SENIOR: "senior approver",
    Role.CASEWORKER: "caseworker",
    Role.DPO: "data-protection officer",
    Role.OPERATOR: "operator",
    Role.REVIEWER: "reviewer",
}
"""What somebody is here for, in the middle of a sentence."""

ACTS: Final[Mapping[Act, str]] = {
    Act.READ_UPDATES: "See updates",
    Act.READ_CERTIFICATES: "See certificates",
    Act.DRAFT_UPDATE: "Write an update",
    Act.EDIT_UPDATE: "Change an update",
    Act.SUBMIT_UPDATE: "Submit an update",
    Act.TEST_SEND: "Send an update to themselves, as a test",
    Act.APPROVE_UPDATE: "Approve an update, or send it back (never one that they wrote, changed or submitted)",
    Act.HALT_UPDATE: "Halt an update",
    Act.GIVE_WORD: "Give the word for an update that was approved to wait for it",
    Act.RESUME_UPDATE: "Resume a halted update",
    Act.SET_HOLD: "Hold everything, or everything in bulk",
    Act.LIFT_HOLD: "Lift a hold",
    Act.SEARCH: "Find a person, and see who could not be reached",
    Act.REVEAL: "See one person’s details",
    Act.WORK_THROUGH: "Ask to work through many people, and open them one by one",
    Act.APPROVE_WORK: "Approve a work session that another person asked for",
    Act.SEE_OPENED: "See who opened whom in a work session",
    Act.ASSIST: "Register somebody who rang or wrote",
    Act.CLOSE_REGISTRATION: "Close a registration",
    Act.CORRECT_REGISTRATION: "Correct a registration",
    Act.ERASE_REGISTRATION: "Erase a registration",
    Act.IMPORT: "Bring in a list",
    Act.ENROL_KEY: "Enrol a key of their own for lists",
    Act.CONFIRM_KEY: "Confirm another person’s key",
    Act.REQUEST_EXPORT: "Ask for a list",
    Act.APPROVE_EXPORT: "Approve a list that another person asked for",
    Act.APPROVE_CONTACT_EXPORT: "Approve a list with addresses or numbers in it",
    Act.SEE_EXPORT: "See what became of a list",
    Act.CHECK_FILE: "Check a file before it is published",
    Act.INCIDENT: "Run an incident",
    Act.AUDIT: "Read the audit log",
    Act.EDIT_SCHEME: "Change a scheme",
    Act.CHANGE_PUBLIC_LIST: "Propose a change to a scheme’s public list, or agree to another person’s",
    Act.NAME_DEPUTY: "Name a deputy of the same role, who is told instead of them what waits",
}
"""What staff do, as the page of who may do what says it, in its order."""

DETAILS: Final[Mapping[DetailKind, str]] = {
    DetailKind.EMAIL: "Email address",
    DetailKind.PHONE: "Telephone number",
    DetailKind.HOST: "Website that links may lead to",
    DetailKind.POSTCODE: "Postcode",
    DetailKind.REFERENCE: "Reference that is nobody’s",
}
"""What is on a scheme's public list."""

OUTCOMES: Final[Mapping[DeliveryState, str]] = {
    DeliveryState.DELIVERED: "Delivered",
    DeliveryState.ACCEPTED: "With GOV.UK Notify, which has not said whether it arrived",
    DeliveryState.UNCERTAIN: "May have been sent: we are asking GOV.UK Notify",
    DeliveryState.CLAIMED: "Being sent now",
    DeliveryState.PLANNED: "Not sent yet",
    DeliveryState.BOUNCED: "Came back: the address does not exist",
    DeliveryState.FAILED: "Could not be delivered: the mailbox is full, or a mail service failed",
    DeliveryState.REFUSED: "Not taken by GOV.UK Notify: the address is not valid",
    DeliveryState.SUPPRESSED: "Not sent: the address came back before, or is not to be written to",
    DeliveryState.SET_ASIDE: "Set aside: a person has to find out whether it was sent",
    DeliveryState.WITHDRAWN: "Not sent: the person left first",
}
"""What became of a message, in the order in which a page shows it."""

BEFORE_THE_FIRST_MESSAGE: Final[Mapping[UpdateState, str]] = {
    UpdateState.DRAFT: "This update is a draft. Nothing of it has been sent.",
    UpdateState.PREPARING: "This update was submitted, and the people it is for are being counted. Nothing has been sent.",
    UpdateState.AWAITING_APPROVAL: "This update is waiting for a senior person to approve it. Nothing has been sent.",
    UpdateState.APPROVED: "This update is approved. Nothing has been sent.",
}

PROBLEMS: Final[Mapping[int, tuple[str, str]]] = {
    401: ("You need to sign in", "This page is for staff. Sign in, then open it again."),
    409: ("This cannot be done now", "Something has changed since you opened the page. Look again."),
    422: ("Something was missing", "Go back, and fill in what the page asks for."),
    403: (
        "You cannot see this page",
        "Your role does not allow it. Ask whoever manages access to the service.",
    ),
    404: (
        "Page not found",
        "If you typed the address, check that it is correct. If you followed a link, ask whoever sent it.",
    ),
    405: ("Page not found", "This page can only be read."),
    410: ("This is not here any more", "It was there once, or for a time, and that is over."),
    429: ("Too many at once", "Wait for some minutes, then try again. Nothing is lost."),
    503: (
        "Sorry, this is not ready",
        "The service could not get it done in time. Nothing is lost. Open the page again in a minute.",
    ),
}
"""Heading and advice, by status."""

FROM_AN_OLD_PAGE: Final = (
    "This page was older than your sign-in",
    "You have signed in again since you opened it, so what you sent was not taken. Go back in your browser, where "
    "what you typed should still be, copy it, and open the page again.",
)
"""For a form without the token of the session: that of an earlier one, or another site's."""

OTHER_PROBLEM: Final = ("Sorry, there is a problem", "Try again later. If it stays, tell an operator.")


def moment(when: datetime) -> str:
    """`22 November 2026 at 01:38 UTC`."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y} at {when:%H:%M} UTC"


def counted(count: int, one: str, many: str) -> str:
    """`1 address`, `1,598 addresses`."""
    return f"{count:,} {one if count == 1 else many}"


def finished(unknown: int) -> str:
    """What a final certificate says. `unknown`: messages of which Notify never said what became."""
    said = "This certificate is final. Nothing more is awaited."
    if unknown:
        said += f" GOV.UK Notify never said whether {counted(unknown, 'message', 'messages')} arrived."
    return said
