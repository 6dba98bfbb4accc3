"""What an update has to be before it is a draft."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from service.errors import Invalid
from service.staff.principal import NotYourRole
from service.staff.roles import Role
from service.updates import drafting
from service.updates.body import LONGEST_BODY, LONGEST_TEXT, UpdateBody
from service.updates.drafting import TemplateNotSeen
from service.updates.states import UpdateState
from service.updates.tables import UpdateVersion
from tests.harness.people import COMMS, Service, now, staff
from tests.updates.words import bilingual, body, english

WELSH_ONLY = {"cy": english("Y newyddion")}
A_LETTER = {"heading": "The news", "body": "Read."}

WRONG: list[tuple[str, dict[str, Any], set[str]]] = [
    ("no title", {"title": None}, {"title"}),
    ("an empty title", {"title": ""}, {"title"}),
    ("a blank title", {"title": " \n"}, {"title"}),
    ("a title of 201 characters", {"title": "t" * 201}, {"title"}),
    ("a title that is no text", {"title": 7}, {"title"}),
    ("a title with NUL", {"title": "a\0b"}, {"title"}),
    ("a title that is half a character", {"title": "\ud800"}, {"title"}),
    ("no words", {"email": {}}, {"email.en", "email.cy"}),
    ("words that are no object", {"email": "news"}, {"email"}),
    ("English alone", {"email": {"en": english()}}, {"email.cy"}),
    ("Welsh alone", {"email": WELSH_ONLY}, {"email.en"}),
    (
        "Welsh alone for the English",
        {"email": WELSH_ONLY, "audience": {"languages": ["en"]}},
        {"email.en"},
    ),
    ("another language", {"email": {**bilingual("Read."), "fr": english()}}, {"email"}),
    ("a language that is none", {"email": {**bilingual("Read."), "secret-word": {}}}, {"email"}),
    ("an empty subject", {"email": bilingual("Read.", subject="")}, {"email.en.subject", "email.cy.subject"}),
    ("a long subject", {"email": {**bilingual("R"), "en": english("s" * 301)}}, {"email.en.subject"}),
    ("a subject of two lines", {"email": {**bilingual("R"), "en": english("a\nb")}}, {"email.en.subject"}),
    ("a subject with CR", {"email": {**bilingual("R"), "en": english("a\rb")}}, {"email.en.subject"}),
    ("an empty text", {"email": {**bilingual("R"), "en": english(text="")}}, {"email.en.body"}),
    ("a text with NUL", {"email": {**bilingual("R"), "en": english(text="a\0")}}, {"email.en.body"}),
    (
        "a text that is too long",
        {"email": {**bilingual("R"), "en": english(text="b" * (LONGEST_BODY + 1))}},
        {"email.en.body"},
    ),
    (
        "a recipient among the words",
        {"email": {**bilingual("R"), "en": {**english(), "to": "a@example.com"}}},
        {"email.en.to"},
    ),
    ("no audience", {"audience": None}, {"audience"}),
    ("an empty audience", {"audience": {}}, {"audience"}),
    ("no kinds", {"audience": {"kinds": []}}, {"audience.kinds"}),
    ("an unknown kind", {"audience": {"kinds": ["dog"]}}, {"audience.kinds.0"}),
    ("no topics", {"audience": {"topics": []}}, {"audience.topics"}),
    ("no languages", {"audience": {"languages": []}}, {"audience.languages"}),
    ("an unknown language", {"audience": {"languages": ["fr"]}}, {"audience.languages.0"}),
    ("no registrations", {"audience": {"registrations": []}}, {"audience.registrations"}),
    ("a name for a person", {"audience": {"registrations": ["Mary"]}}, {"audience.registrations.0"}),
    (
        "people and a rule",
        {"audience": {"registrations": ["11111111-2222-4333-8444-555555555555"], "kinds": ["individual"]}},
        {"audience"},
    ),
    ("an unknown rule", {"audience": {"emails": ["a@example.com"]}}, {"audience.emails"}),
    ("a text in English alone", {"sms": {"en": "News"}}, {"sms.cy"}),
    ("a text without words", {"sms": {}}, {"sms.en", "sms.cy"}),
    ("an empty text message", {"sms": {"en": " ", "cy": "Newyddion"}}, {"sms.en"}),
    ("a text with a subject", {"sms": {"en": {"subject": "a", "body": "b"}, "cy": "b"}}, {"sms.en"}),
    ("a text in another language", {"sms": {"en": "a", "cy": "b", "fr": "c"}}, {"sms"}),
    (
        "a text that is too long",
        {"sms": {"en": "b" * (LONGEST_TEXT + 1), "cy": "b" * LONGEST_TEXT}},
        {"sms.en"},
    ),
    ("a letter that is no object", {"letter": {"en": "News"}}, {"letter.en"}),
    ("a letter in English alone", {"letter": {"en": A_LETTER}}, {"letter.cy"}),
    (
        "a letter with a heading of two lines",
        {"letter": {"en": {**A_LETTER, "heading": "a\nb"}, "cy": A_LETTER}},
        {"letter.en.heading"},
    ),
    (
        "a letter with an address",
        {"letter": {"en": {**A_LETTER, "to": "x"}, "cy": A_LETTER}},
        {"letter.en.to"},
    ),
    ("a time without its zone", {"send_at": "2099-01-01T09:00:00"}, {"send_at"}),
    ("a time that is none", {"send_at": "tomorrow"}, {"send_at"}),
    ("a time after the last year", {"send_at": "9999-12-31T23:59:59-14:00"}, {"send_at"}),
    ("a time before the first year", {"send_at": "0001-01-01T00:00:00+14:00"}, {"send_at"}),
    ("an address to answer to", {"reply_to": "a@example.com"}, {"reply_to"}),
    ("a field that is not known", {"bcc": ["a@example.com"]}, {"bcc"}),
]


@pytest.mark.parametrize(("changes", "fields"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_body_names_its_fields(changes: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        UpdateBody.model_validate(body(**changes))

    assert {".".join(map(str, error["loc"])) for error in refused.value.errors()} == fields


@pytest.mark.parametrize("needed", ["title", "email", "audience"])
def test_a_body_without_a_part_names_it(needed: str) -> None:
    lacking = body()
    del lacking[needed]

    with pytest.raises(ValidationError) as refused:
        UpdateBody.model_validate(lacking)

    assert [error["loc"] for error in refused.value.errors()] == [(needed,)]


def test_no_error_repeats_what_was_sent() -> None:
    with pytest.raises(ValidationError) as refused:
        UpdateBody.model_validate(body(title=["secret-word"], reply_to="secret-word"))

    assert "secret-word" not in str(refused.value)


def test_a_language_that_the_audience_leaves_out_needs_no_words() -> None:
    UpdateBody.model_validate(body(email=WELSH_ONLY, audience={"languages": ["cy"]}))
    UpdateBody.model_validate(body(email={"en": english()}, audience={"languages": ["en"]}))


def test_what_goes_by_email_only_may_say_so() -> None:
    UpdateBody.model_validate(body(sms=None, letter=None))


async def test_a_topic_that_the_scheme_has_not_is_named(service: Service) -> None:
    with pytest.raises(Invalid) as refused:
        await service.draft(body(audience={"topics": ["eligibility", "gossip", "a\0"]}))

    assert set(refused.value.fields) == {"audience.topics.1", "audience.topics.2"}
    assert "gossip" not in str(refused.value.fields.values())


async def test_a_time_that_has_passed_is_refused(service: Service) -> None:
    with pytest.raises(Invalid) as refused:
        await service.draft(body(send_at=(now() - timedelta(seconds=1)).isoformat()))

    assert set(refused.value.fields) == {"send_at"}


async def test_a_draft_is_a_draft_with_one_version(service: Service) -> None:
    update = await service.draft()

    found = await service.update(update)
    assert (found.state, found.version, found.planned) == (UpdateState.DRAFT, 1, 0)
    assert (found.created_by, found.submitted_by, found.audience_sha256) == ("comms", None, None)
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, found)
    assert isinstance(version, UpdateVersion)
    assert version.edited_by == "comms"


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.DPO, Role.OPERATOR, Role.REVIEWER])
async def test_only_comms_and_seniors_write(service: Service, role: Role) -> None:
    with pytest.raises(NotYourRole):
        await service.draft(by=staff("somebody", role))


async def test_nothing_is_drafted_before_the_template_was_seen(service: Service) -> None:
    with pytest.raises(TemplateNotSeen):
        async with service.staff.begin() as tx:
            await drafting.draft(tx, COMMS, service.scheme, UpdateBody.model_validate(body()), now=now())


async def test_a_submission_whose_time_has_passed_is_refused(service: Service) -> None:
    update = await service.draft(body(send_at=(now() + timedelta(seconds=60)).isoformat()))

    with pytest.raises(drafting.SendTimePassed):
        async with service.staff.begin() as tx:
            await drafting.submit(tx, COMMS, update, now=now() + timedelta(seconds=61))


async def test_there_is_no_update_of_an_unknown_id(service: Service) -> None:
    with pytest.raises(drafting.NoSuchUpdate):
        async with service.staff.begin() as tx:
            await drafting.submit(tx, COMMS, UUID(int=7), now=now())
