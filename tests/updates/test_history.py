"""What changed since the version that somebody looked at, and who did what to each version."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.staff.roles import Role
from service.updates import approval, drafting
from service.updates.approval import Decision
from service.updates.differences import MOST_COMPARED, Piece, differences, word_diff
from service.updates.history import Changed, NoSuchVersion, changed_since, versions
from service.updates.reading import get_update
from tests.harness.people import COMMS, SENIOR, Service, now, staff
from tests.updates.directory import Directory
from tests.updates.words import bilingual, body, english

SAME, GONE, NEW = Piece.SAME, Piece.GONE, Piece.NEW
LINES = st.lists(st.sampled_from(["the news", "the old news", "", "  a", "b\tc"]), max_size=8).map("\n".join)


def test_a_change_is_shown_by_words_and_the_rest_as_it_is() -> None:
    before = "Dear all,\n\nThe office is open on Monday.\nYours"
    now_ = "Dear all,\n\nThe office is closed on Monday.\nYours\nThe team"

    assert word_diff(before, now_) == (
        (SAME, "Dear all,\n\nThe office is "),
        (GONE, "open "),
        (NEW, "closed "),
        (SAME, "on Monday.\nYours"),
        (NEW, "\nThe team"),
    )
    assert word_diff("", "All new") == ((NEW, "All new"),)
    assert word_diff("as it was", "as it was") == ((SAME, "as it was"),)


@given(LINES | st.text(), LINES | st.text())
def test_both_texts_can_be_read_from_what_is_shown(before: str, now_: str) -> None:
    pieces = word_diff(before, now_)

    assert "".join(text for piece, text in pieces if piece is not NEW) == before
    assert "".join(text for piece, text in pieces if piece is not GONE) == now_
    assert all(text for _, text in pieces)


def test_a_text_too_long_to_compare_is_shown_whole_between_what_is_alike() -> None:
    count = int(MOST_COMPARED**0.5) + 2
    before, now_ = (f"begin {' '.join(['ab'] * count)} {word} {'cd ' * count}end" for word in ("x", "y"))

    assert word_diff(before, now_) == (
        (SAME, "begin " + "ab " * count),
        (GONE, "x "),
        (NEW, "y "),
        (SAME, "cd " * count + "end"),
    )


def test_everything_that_differs_is_named() -> None:
    before: dict[str, Any] = {
        "title": "News",
        "email": bilingual("Read."),
        "sms": {"en": "Gone", "cy": "Wedi mynd"},
        "letter": None,
        "audience": {"topics": ["a"]},
        "window": {"send_at": None},
        "channels": ["email", "sms"],
        "templates": {"email": {"id": "1", "version": 1}},
        "reply_to": None,
        "reply_to_used": None,
        "publish": True,
    }
    changed = {
        **before,
        "channels": ["email"],
        "sms": None,
        "email": {**before["email"], "en": english("Ed")},
    }

    found = differences(before, changed)
    assert [each.where for each in found.texts] == ["email.en.subject", "email.en.body", "sms.en", "sms.cy"]
    assert found.texts[2].pieces == ((GONE, "Gone"),)
    assert (found.channels, found.audience, found.window, found.reply_to) == (True, False, False, False)
    for key, value in (
        ("audience", {"topics": ["b"]}),
        ("window", {"send_at": "2030-01-01T00:00:00Z"}),
        ("reply_to", "x"),
        ("publish", False),
        ("templates", {}),
    ):
        one = differences(before, {**before, key: value})
        assert bool(one)
        assert getattr(one, key) is True
        assert one.texts == ()
    assert not differences(before, dict(before))


async def _changed(service: Service, update: UUID, since: int | None = None) -> Changed | None:
    async with service.staff.begin() as tx:
        return await changed_since(tx, await get_update(tx, update), since)


async def _send_back(service: Service, update: UUID, comment: str) -> None:
    async with service.staff.begin() as tx:
        found = await get_update(tx, update)
        version = await drafting.current_version(tx, found)
        await approval.decide(
            tx,
            SENIOR,
            update,
            Decision.SEND_BACK,
            content_sha256=version.content_sha256,
            audience_sha256=found.audience_sha256 or "",
            comment=comment,
            hold_window=timedelta(0),
            now=now(),
        )


async def _edit(service: Service, update: UUID, **changes: Any) -> None:
    async with service.staff.begin() as tx:
        await drafting.edit(tx, staff("comms2", Role.COMMS), update, changes, now=now())


async def test_an_approver_sees_what_changed_since_it_was_last_looked_at(
    service: Service, directory: Directory
) -> None:
    directory.people(2)
    update = await service.draft(body(title="One"))
    assert await _changed(service, update) is None
    await service.submit(update)
    assert await _changed(service, update) is None

    await _edit(service, update, title="Two")
    taken_back = await _changed(service, update)
    assert taken_back is not None
    assert (taken_back.since, [each.where for each in taken_back.differences.texts]) == (1, ["title"])

    await service.submit(update)
    await _send_back(service, update, "Say when")
    unchanged = await _changed(service, update)
    assert unchanged is not None
    assert (unchanged.since, bool(unchanged.differences)) == (2, False)

    await _edit(service, update, title="Three")
    await service.submit(update)
    await _edit(service, update, audience={"topics": ["evidence"]})
    await service.submit(update)
    changed = await _changed(service, update)
    assert changed is not None
    # Since it was sent back, although it was submitted after.
    assert (changed.since, changed.differences.audience) == (2, True)
    assert changed.differences.texts[0].pieces == ((GONE, "Two"), (NEW, "Three"))
    since_one = await _changed(service, update, 1)
    assert since_one is not None
    assert since_one.differences.texts[0].pieces == ((GONE, "One"), (NEW, "Three"))
    with pytest.raises(NoSuchVersion):
        await _changed(service, update, 9)

    async with service.staff.begin() as tx:
        listed = await versions(tx, await get_update(tx, update))
    assert [(each.version, each.edited_by, len(each.submitted)) for each in listed] == [
        (4, "comms2", 1),
        (3, "comms2", 1),
        (2, "comms2", 1),
        (1, COMMS.subject, 1),
    ]
    assert [(made.decision, made.by, made.comment) for made in listed[2].decided] == [
        (Decision.SEND_BACK, "senior", "Say when")
    ]
    assert not listed[0].decided
