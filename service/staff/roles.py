"""Who may do what: the one place that says so.

`MAY` is the table at the end of the staff API in contract.md. It answers for the role alone. Rules
about the *person* (the author never approves, nobody confirms their own key, only the requester
downloads, two people change a scheme's public list) belong to the features, and to constraints in
the database.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is here for. A role that the issuer names and we do not is no role."""

    COMMS = "comms"
    SENIOR = "senior"
    CASEWORKER = "caseworker"
    DPO = "dpo"
    OPERATOR = "operator"
    REVIEWER = "reviewer"


class Act(StrEnum):
    """Something staff do, and that some of them may not."""

    DRAFT_UPDATE = "draft_update"
    EDIT_UPDATE = "edit_update"
    SUBMIT_UPDATE = "submit_update"
    TEST_SEND = "test_send"
    APPROVE_UPDATE = "approve_update"
    GIVE_WORD = "give_word"
    RESUME_UPDATE = "resume_update"
    HALT_UPDATE = "halt_update"
    SET_HOLD = "set_hold"
    LIFT_HOLD = "lift_hold"
    SEARCH = "search"
    REVEAL = "reveal"
    ASSIST = "assist"
    CLOSE_REGISTRATION = "close_registration"
    CORRECT_REGISTRATION = "correct_registration"
    ERASE_REGISTRATION = "erase_registration"
    IMPORT = "import"
    ENROL_KEY = "enrol_key"
    CONFIRM_KEY = "confirm_key"
    REQUEST_EXPORT = "request_export"
    APPROVE_EXPORT = "approve_export"
    APPROVE_CONTACT_EXPORT = "approve_contact_export"
    SEE_EXPORT = "see_export"
    CHECK_FILE = "check_file"
    INCIDENT = "incident"
    AUDIT = "audit"
    READ_UPDATES = "read_updates"
    READ_CERTIFICATES = "read_certificates"
    EDIT_SCHEME = "edit_scheme"
    CHANGE_PUBLIC_LIST = "change_public_list"
    NAME_DEPUTY = "name_deputy"
    WORK_THROUGH = "work_through"
    APPROVE_WORK = "approve_work"
    SEE_OPENED = "see_opened"


_ANY: Final = frozenset(Role)
_AUTHORS: Final = frozenset({Role.COMMS, Role.SENIOR})
_CASEWORKERS: Final = frozenset({Role.CASEWORKER})
_CONSENTERS: Final = frozenset({Role.CASEWORKER, Role.SENIOR, Role.DPO})
_SENIORS: Final = frozenset({Role.SENIOR})

MAY: Final[Mapping[Act, frozenset[Role]]] = MappingProxyType(
    {
        Act.DRAFT_UPDATE: _AUTHORS,
        Act.EDIT_UPDATE: _AUTHORS,
        Act.SUBMIT_UPDATE: _AUTHORS,
        Act.TEST_SEND: _AUTHORS,
        Act.APPROVE_UPDATE: _SENIORS,
        # It was approved: whoever wrote it says when the embargo is over.
        Act.GIVE_WORD: _AUTHORS,
        Act.RESUME_UPDATE: _SENIORS,
        # To stop is never wrong for want of a role; to go on again is.
        Act.HALT_UPDATE: _ANY,
        Act.SET_HOLD: _ANY,
        Act.LIFT_HOLD: frozenset({Role.OPERATOR, Role.SENIOR}),
        Act.SEARCH: _CASEWORKERS,
        Act.REVEAL: _CASEWORKERS,
        Act.ASSIST: _CASEWORKERS,
        Act.CLOSE_REGISTRATION: _CASEWORKERS,
        Act.CORRECT_REGISTRATION: _CASEWORKERS,
        # The table names no role for it; contract.md lists it with closure and correction.
        Act.ERASE_REGISTRATION: _CASEWORKERS,
        Act.IMPORT: _CASEWORKERS,
        # Nor for this: security.md has the caseworker who asks for a list enrol the key.
        Act.ENROL_KEY: _CASEWORKERS,
        Act.CONFIRM_KEY: _CONSENTERS,
        Act.REQUEST_EXPORT: _CASEWORKERS,
        Act.APPROVE_EXPORT: _CONSENTERS,
        # Required besides APPROVE_EXPORT where a column is email, mobile or postal_address.
        Act.APPROVE_CONTACT_EXPORT: _SENIORS,
        Act.SEE_EXPORT: _CONSENTERS | {Role.REVIEWER},
        Act.CHECK_FILE: _ANY - {Role.OPERATOR},
        Act.INCIDENT: frozenset({Role.DPO, Role.OPERATOR}),
        Act.AUDIT: frozenset({Role.DPO, Role.REVIEWER}),
        Act.READ_UPDATES: _ANY,
        Act.READ_CERTIFICATES: _ANY,
        Act.EDIT_SCHEME: frozenset({Role.OPERATOR}),
        # The table says how many people, and not which: those who answer for a scheme's settings and words.
        Act.CHANGE_PUBLIC_LIST: frozenset({Role.OPERATOR, Role.SENIOR}),
        # Nor for this: everybody who is told that something waits may be away.
        Act.NAME_DEPUTY: _ANY,
        # Nor for these: a session of many reveals is asked for as a list is, and approved as one.
        Act.WORK_THROUGH: _CASEWORKERS,
        Act.APPROVE_WORK: _CONSENTERS,
        Act.SEE_OPENED: frozenset({Role.SENIOR, Role.DPO}),
    }
)


def may(roles: Collection[Role], act: Act) -> bool:
    """Whether somebody with these roles may do this. Nobody without a role may do anything."""
    return not MAY[act].isdisjoint(roles)
