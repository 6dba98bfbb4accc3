"""The link below every message: leaving, undoing it, and getting less instead."""

from uuid import UUID

import pytest

from tests.journeys.in_a_browser.backstage import Backstage
from tests.journeys.in_a_browser.person import Person

STATE = "SELECT state FROM registrations WHERE id = %s"


@pytest.fixture
def registration(person: Person, backstage: Backstage) -> UUID:
    """The person is registered, and has opened the link below a message."""
    _, registration = backstage.somebody(language=person.language, topics=["eligibility", "evidence"])
    person.goes_to(backstage.leaving_path(registration))
    person.sees("leave.heading")
    return registration


def test_somebody_leaves_at_once_and_undoes_it(
    person: Person, backstage: Backstage, registration: UUID
) -> None:
    assert backstage.value(STATE, registration) == "confirmed"
    person.presses("leave.button")
    person.sees("left.heading")
    assert backstage.value(STATE, registration) == "left"
    # The answer to a form is a page that can be read in the other language, too.
    person.changes_language()
    person.changes_language()
    person.sees("left.heading")
    person.presses("left.undo_button")
    person.sees("returned.heading")
    assert backstage.value(STATE, registration) == "confirmed"


@pytest.mark.parametrize("already", ["still here", "has left"])
def test_somebody_gets_less_instead(
    person: Person, backstage: Backstage, registration: UUID, already: str
) -> None:
    if already == "has left":
        person.presses("leave.button")
    person.follows("left.choices", "choices.heading")
    person.unchooses(*person.topics)
    person.presses("choices.button")
    person.is_stopped_by("choices.missing", heading="choices.heading")
    person.chooses_text(person.topics[2])
    other = "cy" if person.language == "en" else "en"
    person.chooses(f"manage.language_{other}")
    person.presses("choices.button")
    person.changes_language()
    person.sees("choices.done_heading")
    chosen = (
        "SELECT state || language || array_agg(code)::text FROM registrations"
        " JOIN registration_topics ON registration_id = id WHERE id = %s GROUP BY state, language"
    )
    assert backstage.value(chosen, registration) == f"confirmed{other}{{evidence}}"
