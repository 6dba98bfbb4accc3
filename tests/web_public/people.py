"""Schemes, people and links, made with SQL behind the grants; and the letterbox, opened."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from psycopg.types.json import Jsonb
from uuid6 import uuid7

from service.crypto.envelope import Place, Sealed, unpad
from service.crypto.sealing import SUITE
from service.crypto.tokens import find_hash, new_token, prove_hash, token_hash

TOPICS = (
    ("opening", "When the scheme opens", "Pan fydd y cynllun yn agor"),
    ("rules", "The rules", "Y rheolau"),
)


ABOUT = {
    "controller": {"en": "The Department for Redress", "cy": "Yr Adran Iawn"},
    "help": {"phone": "0800 678 1925", "email": "help@example.org", "post": "1 Example Street\nLondon"},
    "data_protection": {"email": "data-protection@example.org"},
    "retention": {
        "en": "For one year after the scheme has closed.",
        "cy": "Am flwyddyn ar ôl i’r cynllun gau.",
    },
}
"""What a scheme may say of itself."""
ADDRESS = "https://www.example.org/guidance/on-the-windrush-compensation-scheme"
"""Longer than a narrow screen is wide."""
WORDS = {
    "en": {"subject": "The news", "body": f"# What is new\n\nRead {ADDRESS}\n\n* one\n* two"},
    "cy": {"subject": "Y newyddion", "body": f"# Beth sy’n newydd\n\nDarllenwch {ADDRESS}"},
}


@dataclass(frozen=True)
class SchemeMade:
    id: UUID
    slug: str
    key: X25519PrivateKey


class People:
    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._sql = connection

    def scheme(self, *, closed_on: date | None = None, about: dict[str, Any] | None = None) -> SchemeMade:
        """A scheme of this test's own."""
        made = SchemeMade(uuid7(), f"scheme-{secrets.token_hex(6)}", X25519PrivateKey.generate())
        self._sql.execute(
            "INSERT INTO schemes (id, slug, name_en, name_cy, open, closed_on, privacy_notice,"
            " privacy_notice_version, lawful_basis, about, created_at)"
            " VALUES (%s, %s, 'Windrush Compensation Scheme', 'Cynllun Iawndal Windrush', %s, %s,"
            " 'https://example.org/privacy', '1', 'public task', %s, now())",
            (made.id, made.slug, closed_on is None, closed_on, Jsonb(ABOUT if about is None else about)),
        )
        for position, (code, en, cy) in enumerate(TOPICS):
            self._sql.execute(
                "INSERT INTO scheme_topics (scheme_id, code, en, cy, position) VALUES (%s, %s, %s, %s, %s)",
                (made.id, code, en, cy, position),
            )
        self._sql.execute(
            "INSERT INTO sealing_keys (key_id, scheme_id, public_key, made_at) VALUES (%s, %s, %s, now())",
            (secrets.randbelow(2**31 - 1) + 1, made.id, made.key.public_key().public_bytes_raw()),
        )
        return made

    def close(self, scheme: SchemeMade, day: date) -> None:
        self._sql.execute("UPDATE schemes SET open = false, closed_on = %s WHERE id = %s", (day, scheme.id))

    def drop_topic(self, scheme: SchemeMade, code: str) -> None:
        self._sql.execute("DELETE FROM scheme_topics WHERE scheme_id = %s AND code = %s", (scheme.id, code))

    def notice_is_our_page(self, scheme: SchemeMade) -> None:
        self._sql.execute(
            "UPDATE schemes SET privacy_notice = %s WHERE id = %s", (f"/{scheme.slug}/privacy", scheme.id)
        )

    def published(
        self,
        scheme: SchemeMade,
        words: dict[str, Any] = WORDS,
        *,
        at: datetime | None = None,
        state: str = "sent",
        **content: object,
    ) -> UUID:
        """An update that is in the archive, unless `state` or `content` keep it out."""
        update = uuid7()
        content = {"email": words, "audience": {"topics": ["opening"]}, "publish": True, **content}
        with self._sql.transaction():
            # Neither approved nor sent: the guards would say so.
            self._sql.execute("SET LOCAL session_replication_role = replica")
            self._sql.execute(
                "INSERT INTO update_versions (update_id, version, content, content_sha256, edited_by,"
                " edited_at) VALUES (%s, 1, %s, repeat('0', 64), 'comms', now())",
                (update, Jsonb(content)),
            )
            self._sql.execute(
                "INSERT INTO updates (id, scheme_id, state, version, created_by, created_at, submitted_at,"
                " planned, audience_sha256, halted_why, sending_since)"
                " VALUES (%s, %s, %s, 1, 'comms', now(), now(), 0, repeat('0', 64),"
                " CASE WHEN %s = 'halted' THEN 'it' END, %s)",
                (update, scheme.id, state, state, at or datetime.now(UTC)),
            )
        return update

    def registration(
        self, scheme: SchemeMade, *, state: str = "pending", language: str = "en", token: str | None = None
    ) -> UUID:
        """A registration for the first topic; `token` is what leaves it."""
        row = uuid7()
        self._sql.execute(
            "INSERT INTO registrations (id, scheme_id, number, kind, language, contact_by, formats, state,"
            " sealed_profile, unsubscribe_hash, unsubscribe_generation, lawful_basis, privacy_notice_version,"
            " created_at, confirmed_at)"
            " VALUES (%s, %s, %s, 'individual', %s, '{email}', '{}', %s, '\\x00', %s, 0, 'task', '1', now(),"
            " CASE WHEN %s = 'confirmed' THEN now() END)",
            (
                row,
                scheme.id,
                f"KI-{secrets.token_hex(8)}",
                language,
                state,
                token_hash(token or new_token()),
                state,
            ),
        )
        self._sql.execute("INSERT INTO registration_topics VALUES (%s, 'opening')", (row,))
        return row

    def link(
        self,
        scheme: SchemeMade,
        registration: UUID | None,
        *,
        language: str = "en",
        lives: timedelta = timedelta(days=7),
        channel: str = "email",
        code: tuple[str, str] | None = None,
        purpose: str = "confirm",
    ) -> str:
        """The token of a link that confirms `registration`, or that is about a change where it is None.

        `code`: a challenge or a number, and the code that confirms with it. A link for managing goes to a
        contact that was confirmed.
        """
        token, contact = new_token(), uuid7()
        self._sql.execute(
            "INSERT INTO contacts (id, scheme_id, channel, blind_index, place_index, sealed, created_at,"
            " asked_at) VALUES (%s, %s, %s, %s, %s, '\\x00', now(), '{}')",
            (
                contact,
                scheme.id,
                channel,
                secrets.token_bytes(32),
                secrets.token_bytes(32) if channel == "letter" else None,
            ),
        )
        if registration is not None:
            self._sql.execute(
                "INSERT INTO registration_contacts"
                " (registration_id, contact_id, channel, position, confirmed_at)"
                " VALUES (%s, %s, %s, 0, CASE WHEN %s = 'manage' THEN now() END)",
                (registration, contact, channel, purpose),
            )
        now = datetime.now(UTC)
        self._sql.execute(
            "INSERT INTO confirmations (id, scheme_id, contact_id, registration_id, purpose, sealed_change,"
            " language, state, attempt, misses, tries, reminded, reminds, try_at, created_at, sent_at,"
            " token_hash, expires_at, find_hash, prove_hash) VALUES"
            " (%s, %s, %s, %s, %s, %s, %s, 'sent', 1, 0, 0, false, false, %s, %s, %s, %s, %s, %s, %s)",
            (
                uuid7(), scheme.id, contact, registration, "change" if registration is None else purpose,
                b"\0" if registration is None else None,
                language, now, now, now, token_hash(token), now + lives,
                find_hash(code[0]) if code else None, prove_hash(*code) if code else None,
            ),
        )  # fmt: skip
        return token

    def managed(
        self, scheme: SchemeMade, *, kind: str = "individual", language: str = "en"
    ) -> tuple[UUID, str]:
        """Somebody confirmed, told by email, and the token of a link to their choices."""
        registration = self.registration(scheme, state="confirmed", language=language)
        self._sql.execute("UPDATE registrations SET kind = %s WHERE id = %s", (kind, registration))
        return registration, self.link(scheme, registration, purpose="manage")

    def choices_of(self, registration: UUID) -> tuple[str, list[str]]:
        """Language and topics."""
        language = self._one("SELECT language FROM registrations WHERE id = %s", registration)
        topics = self._one(
            "SELECT array_agg(code ORDER BY code) FROM registration_topics WHERE registration_id = %s",
            registration,
        )
        return str(language), list(topics) if isinstance(topics, list) else []

    def everything_of(self, scheme: SchemeMade) -> str:
        """All rows of the scheme's people, as text: to see that nothing changed."""
        return str(
            self._sql.execute(
                "SELECT (SELECT json_agg(r ORDER BY id) FROM registrations r WHERE scheme_id = %(id)s)::text,"
                " (SELECT json_agg(c ORDER BY id) FROM confirmations c WHERE scheme_id = %(id)s)::text,"
                " (SELECT json_agg(k ORDER BY id) FROM contacts k WHERE scheme_id = %(id)s)::text,"
                " (SELECT json_agg(i ORDER BY id) FROM intake i WHERE scheme_id = %(id)s)::text,"
                " (SELECT json_agg(t) FROM registration_topics t JOIN registrations r"
                "   ON r.id = t.registration_id WHERE scheme_id = %(id)s)::text",
                {"id": scheme.id},
            ).fetchone()
        )

    def tries_of(self, token: str) -> object:
        """How often a code was typed for the confirmation that `token` is the link of."""
        return self._one("SELECT tries FROM confirmations WHERE token_hash = %s", token_hash(token))

    def state_of(self, registration: UUID) -> str:
        return str(self._one("SELECT state FROM registrations WHERE id = %s", registration))

    def choice_of(self, token: str) -> str | None:
        found = self._one("SELECT choice FROM confirmations WHERE token_hash = %s", token_hash(token))
        return None if found is None else str(found)

    def is_used(self, token: str) -> bool:
        return (
            self._one("SELECT used_at FROM confirmations WHERE token_hash = %s", token_hash(token))
            is not None
        )

    def letters(self, scheme: SchemeMade) -> list[dict[str, Any]]:
        """What is in the scheme's letterbox, opened with the key that the public process has not."""
        rows = self._sql.execute(
            "SELECT id, sealed FROM intake WHERE scheme_id = %s ORDER BY id", (scheme.id,)
        ).fetchall()
        return [_opened(scheme, row_id, Sealed(sealed)) for row_id, sealed in rows]

    def everything_kept_of_journeys(self) -> bytes:
        return b"".join(row[0] for row in self._sql.execute("SELECT encrypted FROM journey_answers"))

    def end_the_hour(self) -> None:
        self._sql.execute("UPDATE journey_answers SET expires_at = now()")

    def _one(self, query: str, *values: object) -> object:
        row = self._sql.execute(query.encode(), values).fetchone()
        assert row is not None
        return row[0]


def _opened(scheme: SchemeMade, row: UUID, sealed: Sealed) -> dict[str, Any]:
    info = Place("intake", "sealed", row).info(sealed.key_id)
    opened: dict[str, Any] = json.loads(unpad(SUITE.decrypt(sealed.ciphertext, scheme.key, info)))
    return opened
