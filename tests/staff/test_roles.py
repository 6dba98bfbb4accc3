"""The table of roles, written out a second time from contract.md."""

from datetime import UTC, datetime, timedelta

import pytest

from service.errors import Forbidden, Unauthenticated
from service.staff.principal import NotYourRole, Staff, Subject, require
from service.staff.roles import MAY, Act, Role, may
from service.staff.step_up import SignInAgain, require_fresh

EVERYBODY = "comms senior caseworker dpo operator reviewer"

# contract.md, the table at its end, row by row.
TABLE = {
    "draft_update edit_update submit_update test_send": "comms senior",
    "approve_update resume_update": "senior",
    "halt_update set_hold": EVERYBODY,
    "lift_hold": "operator senior",
    "search reveal assist close_registration correct_registration import": "caseworker",
    "request_export": "caseworker",
    "approve_export confirm_key": "caseworker senior dpo",
    "approve_contact_export": "senior",
    "see_export": "caseworker senior dpo reviewer",
    "check_file": "comms senior caseworker dpo reviewer",
    "incident": "dpo operator",
    "audit": "dpo reviewer",
    "read_updates read_certificates": EVERYBODY,
    "edit_scheme": "operator",
    "change_public_list": "operator senior",
    # What was approved under embargo leaves on the word of those who could have written it.
    "give_word": "comms senior",
    # Not in the table: the erasure beside closure and correction; enrolment in security.md, Export 1.
    "erase_registration enrol_key": "caseworker",
    "name_deputy": EVERYBODY,
    # Nor these: many reveals at once are asked for and approved as a list is.
    "work_through": "caseworker",
    "approve_work": "caseworker senior dpo",
    "see_opened": "senior dpo",
}
EXPECTED = {act: set(roles.split()) for acts, roles in TABLE.items() for act in acts.split()}

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def _staff(*roles: Role, auth_time: datetime | None = NOW) -> Staff:
    return Staff(Subject("somebody"), frozenset(roles), auth_time, email="somebody@staff.example.org")


def test_the_roles_are_those_of_the_contract() -> None:
    assert {role.value for role in Role} == set(EVERYBODY.split())


def test_every_act_is_in_the_table_once() -> None:
    assert {act.value for act in Act} == set(EXPECTED)
    assert set(MAY) == set(Act)


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_contract_says_and_nothing_else(act: Act, role: Role) -> None:
    allowed = role.value in EXPECTED[act.value]

    assert may({role}, act) is allowed
    if allowed:
        require(_staff(role), act)
    else:
        with pytest.raises(NotYourRole):
            require(_staff(role), act)


@pytest.mark.parametrize("act", list(Act))
def test_without_a_role_one_may_nothing(act: Act) -> None:
    assert not may(frozenset(), act)
    with pytest.raises(Forbidden):
        require(_staff(), act)


def test_of_several_roles_one_is_enough() -> None:
    require(_staff(Role.REVIEWER, Role.OPERATOR), Act.EDIT_SCHEME)


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        MAY[Act.AUDIT] = frozenset(Role)  # type: ignore[index]


def test_nobody_is_named_in_a_log() -> None:
    staff = _staff(Role.SENIOR)

    assert "somebody" not in repr(staff) + str(staff) + f"{staff!r:>10}"


@pytest.mark.parametrize("age", [timedelta(seconds=-30), timedelta(0), timedelta(seconds=300)])
def test_a_sign_in_of_the_last_five_minutes_is_fresh(age: timedelta) -> None:
    require_fresh(_staff(auth_time=NOW - age), NOW)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(days=1), timedelta(seconds=-31)])
def test_an_older_sign_in_or_one_to_come_is_not(age: timedelta) -> None:
    with pytest.raises(SignInAgain):
        require_fresh(_staff(auth_time=NOW - age), NOW)


def test_a_sign_in_of_unknown_time_is_never_fresh() -> None:
    with pytest.raises(SignInAgain):
        require_fresh(_staff(auth_time=None), NOW, max_age=timedelta(days=10_000))


def test_what_is_fresh_can_be_narrowed_and_the_error_says_how_far() -> None:
    with pytest.raises(Unauthenticated) as refused:
        require_fresh(_staff(auth_time=NOW - timedelta(seconds=61)), NOW, timedelta(seconds=60))

    assert isinstance(refused.value, SignInAgain)
    assert refused.value.max_age_seconds == 60
