"""Checks 31 and 32: links are kept as hashes, scanners that open them change nothing, one click leaves."""

from hashlib import sha256

from tests.deliveries.looking import one_value, run_sql
from tests.harness.people import somebody
from tests.harness.servers import Database
from tests.migrations.describing import rows
from tests.security.public_side import PublicSide


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
    before = rows(database)
    for link in links:
        for method in ("HEAD", "GET", "OPTIONS"):
            for suffix in ("", "?lang=cy", "?utm_source=scanner"):
                public.client.request(method, link + suffix, follow_redirects=True)
    assert rows(database) == before


async def test_31_only_hashes_of_links_are_kept(public: PublicSide, database: Database) -> None:
    links = await everybody_with_links(public, database)
    with database.connect() as owner:
        # As PostgreSQL writes them, bytes are hexadecimal.
        kept = "".join(
            str(owner.execute(f"SELECT array_agg(t::text) FROM {table} t".encode()).fetchone())
            for table in rows(database)
        )
    for link in links:
        token = link.rpartition("/")[2]
        assert token not in kept
        assert token.encode().hex() not in kept
        assert sha256(token.encode()).hexdigest() in kept, link


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
