"""Checks 31 and 32: links are kept as hashes, scanners that open them change nothing, one click leaves."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from deploy.one_machine.valkey import EmbeddedValkey
from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import Service, somebody
from tests.harness.servers import Database
from tests.security.public_side import PublicSide, public_side

EVERYTHING = (
    "SELECT query_to_xml(format('SELECT * FROM %I', relname), true, false, '')::text FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


def everything_kept(database: Database) -> str:
    """Every row of every table, as text."""
    with database.connect() as owner:
        return "\n".join(str(row[0]) for row in owner.execute(EVERYTHING))


@pytest.fixture
async def public(service: Service, database: Database, valkey_server: EmbeddedValkey) -> Any:
    with public_side(service, database, valkey_server) as public:
        yield public


async def everybody_with_links(public: PublicSide, database: Database) -> list[str]:
    """The links of a new registration, of a change that waits, and of an update; and those are all kinds."""
    service, new = public.service, somebody()
    known, _ = await service.people(2)
    await service.approved()
    await service.send()
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")
    await service.register(known, language="cy")
    await service.register(new)
    return [*dict.fromkeys(public.links(known) + public.links(new))]


async def test_31_a_scanner_that_opens_every_link_changes_nothing(
    public: PublicSide, database: Database
) -> None:
    links = await everybody_with_links(public, database)
    assert {link.split("/")[1] for link in links} >= {"confirm", "unsubscribe"}
    before = everything_kept(database)
    for link in links:
        for method in ("HEAD", "GET", "OPTIONS"):
            for suffix in ("", "?lang=cy", "?utm_source=scanner"):
                public.client.request(method, link + suffix, follow_redirects=True)
    assert everything_kept(database) == before


async def test_31_only_hashes_of_links_are_kept(public: PublicSide, database: Database) -> None:
    links = await everybody_with_links(public, database)
    kept = everything_kept(database)
    for link in links:
        token = link.rpartition("/")[2]
        assert token not in kept
        # The text of a bytea is hexadecimal or base64, by the way it was read.
        assert _is_in(sha256(token.encode()).digest(), kept), link
        assert not _is_in(token.encode(), kept)


async def test_32_one_click_from_a_message_leaves_at_once_and_for_good(
    public: PublicSide, database: Database
) -> None:
    links = await everybody_with_links(public, database)
    (link,) = (each for each in links if each.startswith("/unsubscribe/"))
    states = "SELECT array_agg(state ORDER BY state) FROM registrations"
    assert one_value(database, states) == ["confirmed", "confirmed", "pending"]
    body = {"List-Unsubscribe": "One-Click"}
    for sent in ({"files": {"List-Unsubscribe": (None, "One-Click")}}, {"data": body}, {"content": b""}):
        answer = public.client.post(link, **sent)
        assert (answer.status_code, answer.history) == (200, [])
        assert "set-cookie" not in answer.headers
        assert one_value(database, states) == ["confirmed", "left", "pending"]


def _is_in(value: bytes, text: str) -> bool:
    return any(form in text for form in (value.hex(), b64encode(value).decode()))
