"""Templates and their versions.

The configuration gives first versions. What the database holds wins over it: a restart keeps every change.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

from deploy.demo.notify.answers import no_result
from deploy.demo.notify.clock import written
from deploy.demo.notify.config import TemplateText
from deploy.demo.notify.content import names_in
from deploy.demo.notify.kinds import MessageType
from deploy.demo.notify.store import Store


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a template."""

    id: str
    version: int
    type: MessageType
    name: str
    subject: str | None
    body: str
    archived: bool
    created_at: int
    updated_at: int | None


class Templates:
    """Every version of every template, the newest at hand."""

    def __init__(self, store: Store, first_versions: Iterable[TemplateText], now_us: int) -> None:
        self._store = store
        with store.transaction() as tx:
            tx.executemany(
                "INSERT OR IGNORE INTO templates VALUES (?, 1, ?, ?, ?, ?, 0, ?, NULL)",
                [(one.id, one.type, one.name, one.subject, one.body, now_us) for one in first_versions],
            )
        rows = store.rows("SELECT * FROM templates ORDER BY version")
        self.newest: dict[str, Template] = {row["id"]: _template(row) for row in rows}

    def get(self, template_id: str, version: int | None = None) -> Template:
        """Raises `Refused` 404."""
        newest = self.newest.get(template_id)
        if newest is None:
            raise no_result()
        if version is None or version == newest.version:
            return newest
        row = self._store.row("SELECT * FROM templates WHERE id = ? AND version = ?", template_id, version)
        if row is None:
            raise no_result()
        return _template(row)

    def all(self, message_type: str | None = None) -> list[Template]:
        """Those that are in use, by name."""
        found = [one for one in self.newest.values() if not one.archived and message_type in (None, one.type)]
        return sorted(found, key=lambda one: (one.name, one.id))

    def edit(self, template_id: str, changes: dict[str, Any], now_us: int) -> Template:
        """A new version. Raises `Refused` 404."""
        old = self.get(template_id)
        new = Template(
            id=old.id,
            version=old.version + 1,
            type=old.type,
            name=changes.get("name", old.name),
            subject=changes.get("subject", old.subject),
            body=changes.get("body", old.body),
            archived=changes.get("archived", old.archived),
            created_at=old.created_at,
            updated_at=now_us,
        )
        with self._store.transaction() as tx:
            tx.execute("INSERT INTO templates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(new))
        self.newest[new.id] = new
        return new


def shown(template: Template) -> dict[str, Any]:
    """A template as `GET /v2/template/{id}` shows it."""
    return {
        "id": template.id,
        "type": template.type,
        "name": template.name,
        "created_at": written(template.created_at),
        "updated_at": written(template.updated_at),
        "created_by": "demo@example.gov.uk",
        "version": template.version,
        "subject": template.subject,
        "body": template.body,
        "personalisation": {name: {"required": True} for name in names_in(template.subject, template.body)},
        "postage": "second" if template.type == "letter" else None,
        "letter_contact_block": None,
    }


def _template(row: sqlite3.Row) -> Template:
    return Template(**{**dict(row), "archived": bool(row["archived"])})
