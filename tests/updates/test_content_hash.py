"""`content_sha256`: one hash for one content, whoever computes it and whatever order it comes in."""

import json
from copy import deepcopy
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from service.notify.gateway import TemplateSeen
from service.registrations.words import Channel
from service.updates import drafting
from service.updates.body import UpdateBody
from service.updates.content import Content, audience_rule, body_of, content_of, content_sha256
from tests.harness.people import Service
from tests.updates.words import body

SCHEME = UUID("22222222-2222-4222-8222-222222222222")
TEMPLATE = TemplateSeen(UUID("11111111-2222-4333-8444-555555555555"), 3)
PERSON = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
ANOTHER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
ANSWER_TO = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"

VECTOR = (
    '{"audience":{"kinds":["individual","organisation"],"languages":["cy","en"],"topics":["eligibility"]},'
    '"channels":["email"],'
    '"email":{"cy":{"body":"Darllenwch y canllawiau.\\n\\nFfoniwch 0800 678 1925.",'
    '"subject":"Ŵyr a’r newyddion"},'
    '"en":{"body":"Read the guidance.\\n\\nCall 0800 678 1925.","subject":"The news"}},'
    '"letter":null,"publish":true,"reply_to":null,"reply_to_used":"cccccccc-cccc-4ccc-8ccc-cccccccccccc",'
    '"scheme":"22222222-2222-4222-8222-222222222222",'
    '"sms":null,'
    '"templates":{"email":{"id":"11111111-2222-4333-8444-555555555555","version":3}},'
    '"title":"A test","window":{"on_word":false,"send_at":"2099-01-01T09:00:00Z"}}'
)
VECTOR_SHA256 = "c658797eb9e97e247e426aa644a6c7f6f3bea09f45257794174f7292afd0750e"


def _content(
    changes: dict[str, Any], *, template: TemplateSeen = TEMPLATE, reply_to: str | None = ANSWER_TO
) -> Content:
    written = UpdateBody.model_validate(body(**changes))
    return content_of(written, scheme=SCHEME, templates={Channel.EMAIL: template}, reply_to=reply_to)


def _vector_body() -> dict[str, Any]:
    changed = body(
        audience={
            "topics": ["eligibility"],
            "languages": ["en", "cy"],
            "kinds": ["organisation", "individual"],
        },
        send_at="2099-01-01T10:00:00+01:00",
    )
    changed["email"]["cy"]["subject"] = "Ŵyr a’r newyddion"
    return changed


def test_a_known_content_has_a_known_hash() -> None:
    content = _content(_vector_body())

    assert json.loads(VECTOR) == content
    assert sha256(VECTOR.encode()).hexdigest() == VECTOR_SHA256
    assert content_sha256(content) == VECTOR_SHA256


def test_the_order_of_keys_and_of_choices_changes_nothing() -> None:
    turned = dict(reversed(_vector_body().items()))
    turned["email"] = dict(reversed(turned["email"].items()))
    turned["audience"] = {key: turned["audience"][key][::-1] for key in ("topics", "kinds", "languages")}

    assert content_sha256(_content(turned)) == content_sha256(_content(_vector_body()))


def test_the_same_moment_in_another_zone_is_the_same_window() -> None:
    utc = _content(body(send_at="2099-01-01T09:00:00Z"))

    assert content_sha256(_content(body(send_at="2099-01-01T04:00:00-05:00"))) == content_sha256(utc)


def _with_words(language: str, part: str, text: str) -> dict[str, Any]:
    changed = body()
    changed["email"][language][part] = text
    return changed


CHANGES: dict[str, dict[str, Any]] = {
    "title": {"title": "A test."},
    "English subject": _with_words("en", "subject", "The  news"),
    "English text": _with_words("en", "body", "Read the guidance.\n\nCall 0800 678 1925. "),
    "Welsh subject": _with_words("cy", "subject", "Y newyddion."),
    "Welsh text": _with_words("cy", "body", "Darllenwch y canllawiau\n\nFfoniwch 0800 678 1925."),
    "window": {"send_at": "2099-01-01T09:00:00Z"},
    "a second later": {"send_at": "2099-01-01T09:00:01Z"},
    "somebody's word": {"on_word": True},
    "a correction": {"audience": {"reached_by": PERSON}},
    "another correction": {"audience": {"reached_by": ANOTHER}},
    "a list": {"audience": {"imported_in": PERSON}},
    "another list": {"audience": {"imported_in": ANOTHER}},
    "another topic": {"audience": {"topics": ["evidence"]}},
    "one more topic": {"audience": {"topics": ["eligibility", "evidence"]}},
    "a kind": {"audience": {"topics": ["eligibility"], "kinds": ["individual"]}},
    "a language": {"audience": {"topics": ["eligibility"], "languages": ["en"]}},
    "one person": {"audience": {"registrations": [PERSON]}},
    "another person": {"audience": {"registrations": [ANOTHER]}},
    "an address to answer to": {"reply_to": PERSON},
    "not for the archive": {"publish": False},
    "a text": {"sms": {"en": "News", "cy": "Newyddion"}},
    "another text": {"sms": {"en": "News.", "cy": "Newyddion"}},
    "a letter": {"letter": {language: {"heading": "A", "body": "B"} for language in ("en", "cy")}},
    "another heading": {"letter": {language: {"heading": "B", "body": "B"} for language in ("en", "cy")}},
    "both": {
        "sms": {"en": "News", "cy": "Newyddion"},
        "letter": {language: {"heading": "A", "body": "B"} for language in ("en", "cy")},
    },
}


def test_every_change_has_a_hash_of_its_own() -> None:
    contents = [_content(change) for change in ({}, *CHANGES.values())]
    contents += [
        _content({}, template=TemplateSeen(TEMPLATE.template_id, 4)),
        _content({}, template=TemplateSeen(UUID(PERSON), 3)),
        _content({}, reply_to=None),
    ]
    texts = UpdateBody.model_validate(body(sms={"en": "News", "cy": "Newyddion"}))
    contents += [
        content_of(
            texts,
            scheme=SCHEME,
            templates={Channel.EMAIL: TEMPLATE, Channel.SMS: TemplateSeen(UUID(PERSON), version)},
            reply_to=ANSWER_TO,
        )
        for version in (1, 2)
    ]
    elsewhere = UpdateBody.model_validate(body())
    contents.append(
        content_of(elsewhere, scheme=UUID(PERSON), templates={Channel.EMAIL: TEMPLATE}, reply_to=ANSWER_TO)
    )

    assert len({content_sha256(content) for content in contents}) == len(contents)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_content_gives_its_body_back(change: dict[str, Any]) -> None:
    content = _content(change)

    again = UpdateBody.model_validate(body_of(content))

    assert (
        content_of(again, scheme=SCHEME, templates={Channel.EMAIL: TEMPLATE}, reply_to=ANSWER_TO) == content
    )
    assert audience_rule(content) == again.audience.rule()


def test_words_in_one_language_are_not_moved_into_the_other() -> None:
    swapped = deepcopy(body())
    swapped["email"]["en"], swapped["email"]["cy"] = swapped["email"]["cy"], swapped["email"]["en"]

    assert content_sha256(_content(swapped)) != content_sha256(_content({}))


async def test_the_stored_content_hashes_to_what_is_stored_with_it(service: Service) -> None:
    update = await service.draft(_vector_body())
    async with service.staff.begin() as tx:
        version = await drafting.current_version(tx, await drafting.locked(tx, update))

    text = json.dumps(version.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256(text.encode()).hexdigest() == version.content_sha256
