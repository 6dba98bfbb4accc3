"""A work session from the request to its end, by two caseworkers, over the JSON API."""

import asyncio

from tests.work_sessions.working import Desk


async def test_two_caseworkers_work_through_ten_people_and_never_get_the_same_one(desk: Desk) -> None:
    people = {each.registration: each for each in await desk.to_ring(10)}
    update = await desk.sent()
    session = await desk.approved(update)

    async def works(by: str) -> list[str]:
        seen: list[str] = []
        while True:
            found = await desk.opened(session, by=by)
            if found["item"] is None:
                return seen
            seen.append(found["registration"])
            assert (await desk.says(session, found["item"], "told", by=by)).json() == {"state": "done"}

    one, other = await asyncio.gather(works("caseworker"), works("caseworker2"))

    assert sorted(one + other) == sorted(map(str, people))
    assert one
    assert other
    shown = await desk.shown(session)
    assert (shown["state"], shown["states"]["done"], shown["outcomes"]["told"]) == ("finished", 10, 10)
    assert desk.needs_met(update) == {(registration, "phone") for registration in people}
