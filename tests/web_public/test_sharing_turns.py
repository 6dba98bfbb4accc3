"""What a busy public process does once for many: a turn, a look at the schemes, a ring."""

import asyncio
from datetime import date

import httpx
import pytest
from pydantic import SecretStr

from service.database import Transactions
from service.errors import Unavailable
from service.schemes.reading import NoSuchScheme
from service.web.public.schemes import RecentSchemes
from service.web.together import Together
from tests.web_public.people import People, SchemeMade
from tests.web_public.serving import Serving
from tests.web_public.test_json_api import ADA


async def test_who_comes_during_a_turn_shares_the_next_one_and_gets_their_own_result() -> None:
    turns: list[list[int]] = []

    async def double(numbers: list[int]) -> list[int]:
        turns.append(numbers)
        await asyncio.sleep(0.01)
        return [2 * number for number in numbers]

    together = Together(double)
    assert await together.do(1) == 2
    first = asyncio.create_task(together.do(2))
    await asyncio.sleep(0.001)
    later = [asyncio.create_task(together.do(number)) for number in (3, 4, 5)]
    await asyncio.sleep(0)
    later[1].cancel()  # Somebody who went away takes nobody else's result.
    assert tuple(await asyncio.gather(first, later[0], later[2])) == (4, 6, 10)
    assert turns == [[1], [2], [3, 4, 5]]


async def test_what_goes_wrong_in_a_turn_is_told_to_everybody_in_it_and_the_next_one_goes_on() -> None:
    async def fail_over_zero(numbers: list[int]) -> list[int]:
        await asyncio.sleep(0)
        if 0 in numbers:
            raise Unavailable
        return numbers

    together = Together(fail_over_zero)
    told = await asyncio.gather(*(together.do(number) for number in (0, 1)), return_exceptions=True)
    assert [type(each) for each in told] == [Unavailable, Unavailable]
    assert await together.do(7) == 7


async def test_a_rush_of_registrations_is_kept_each_for_itself(
    serving: Serving, scheme: SchemeMade, people: People
) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    addresses = [f"rush.{number}@example.org" for number in range(60)]
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as client:
        bodies = [ADA | {"email": address} for address in addresses]
        # One that is refused is refused alone.
        bodies[30] |= {"topics": ["unheard-of"]}
        answers = await asyncio.gather(*(client.post(path, json=body) for body in bodies))
    assert [answer.status_code for answer in answers] == [202] * 30 + [422] + [202] * 29
    kept = sorted(letter["email"] for letter in people.letters(scheme))
    assert kept == sorted(addresses[:30] + addresses[31:])


async def test_a_scheme_that_closes_is_closed_a_second_later_and_a_new_one_is_there_at_once(
    serving: Serving, people: People
) -> None:
    transactions = Transactions(serving.settings.database_url, role="kept_public")
    recent, first = RecentSchemes(transactions), people.scheme()
    try:
        assert (await recent.find(first.slug)).open
        people.close(first, date(2026, 5, 1))
        assert (await recent.find(people.scheme().slug)).open
        assert not (await recent.find(first.slug)).open
        with pytest.raises(NoSuchScheme):
            await recent.find("nobody-made-this")
        later, late = RecentSchemes(transactions, seconds=0), people.scheme()
        assert (await later.find(late.slug)).open
        people.close(late, date(2026, 5, 1))
        assert not (await later.find(late.slug)).open
    finally:
        await transactions.close()


async def test_without_a_database_a_single_statement_is_unavailable_too() -> None:
    nowhere = Transactions(SecretStr("postgresql://kept_public:x@127.0.0.1:1/kept"), role="kept_public")
    with pytest.raises(Unavailable):
        async with nowhere.begin_for_one_statement():
            pass
    await nowhere.close()
