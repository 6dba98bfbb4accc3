"""Confirmed people in the real tables, set-based, each with an address that is really sealed.

What a person typed besides the address is not sealed for each anew: sending opens the address only.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from uuid6 import uuid7

from service.crypto.blind_index import IndexKey
from service.crypto.keystore import KeyStore, Purpose
from service.crypto.sealing import seal
from service.crypto.tokens import TokenKey, token_hash
from service.registrations.places import contact_place, profile_place
from service.schemes.reading import SchemeView

REGISTRATIONS: Final = """
    COPY registrations (id, scheme_id, number, kind, language, contact_by, formats, state, sealed_profile,
        unsubscribe_hash, unsubscribe_generation, lawful_basis, privacy_notice_version, created_at,
        confirmed_at) FROM STDIN
"""
CONTACTS: Final = """
    COPY contacts (id, scheme_id, channel, blind_index, sealed, created_at, asked_at) FROM STDIN
"""
LINKS: Final = """
    COPY registration_contacts (registration_id, contact_id, channel, position, confirmed_at) FROM STDIN
"""
TOPICS: Final = "COPY registration_topics (registration_id, code) FROM STDIN"


def register(url: str, keys: KeyStore, scheme: SchemeView, topics: Mapping[str, int]) -> None:
    """Make as many people as the largest topic has; of each topic the first so many are told."""
    assert scheme.sealing_key is not None
    index, tokens = IndexKey(keys.one(Purpose.INDEX)), TokenKey(keys.one(Purpose.TOKEN))
    now = datetime.now(UTC)
    registrations: list[tuple[Any, ...]] = []
    contacts: list[tuple[Any, ...]] = []
    links: list[tuple[Any, ...]] = []
    chosen: list[tuple[Any, ...]] = []
    profile = seal(b"{}", key=scheme.sealing_key, place=profile_place(uuid7()))
    for number in range(max(topics.values())):
        person, contact, address = uuid7(), uuid7(), f"person.{number}@example.com"
        registrations.append(
            (
                person,
                scheme.id,
                f"KI-{number:08d}",
                "individual",
                "en",
                ["email"],
                [],
                "confirmed",
                profile,
                token_hash(tokens.unsubscribe_token(person, 0)),
                0,
                scheme.lawful_basis,
                scheme.privacy_notice_version,
                now,
                now,
            )
        )
        sealed = seal(address.encode(), key=scheme.sealing_key, place=contact_place(contact))
        contacts.append((contact, scheme.id, "email", index.email(address), sealed, now, []))
        links.append((person, contact, "email", 0, now))
        chosen += [(person, code) for code, size in topics.items() if number < size]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for statement, rows in (
            (REGISTRATIONS, registrations),
            (CONTACTS, contacts),
            (LINKS, links),
            (TOPICS, chosen),
        ):
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
