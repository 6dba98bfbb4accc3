"""Asking for a list: what for, of whom, with which columns, and no more people than so many.

Lists are for matching, ringing, posting and the law, never for writing to people: that is what updates are
for, and the lists of 2019 were made for nothing else.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import insert, text
from uuid6 import uuid7

from service.audit import chain
from service.audit.list_events import ExportRequested
from service.crypto.canonical import canonical_sha256
from service.database import Transaction
from service.errors import Conflict, Invalid
from service.exports.columns import Column
from service.exports.keys import key_in_use
from service.exports.reading import get_export
from service.exports.states import ExportState
from service.exports.tables import Export, RecipientKey
from service.exports.words import MESSAGING, Purpose
from service.registrations.recipients import AudienceRule
from service.schemes.reading import SchemeView
from service.staff.principal import Staff, require
from service.staff.references import Reference
from service.staff.roles import Act
from service.staff.step_up import require_fresh
from service.updates.body import Audience

FORMAT: Final = "kept-informed/export-request/v1"
MOST_ROWS: Final = 1_000_000
PURPOSE_RULE: Final = f"It has to be one of {', '.join(Purpose)}"

COUNT: Final = text("""
    SELECT count_meant(:scheme, CAST(:kinds AS text[]), CAST(:topics AS text[]), CAST(:languages AS text[]),
        CAST(:registrations AS uuid[]))
""")


class NotForMessaging(Invalid):
    """Lists are not for writing to people. Write an update: it shows nobody to anybody else."""

    code = "not-for-messaging"


class NoConfirmedKey(Conflict):
    """You have no confirmed key. Enrol one, and have its fingerprint confirmed by another person."""

    code = "no-confirmed-key"


class MoreThanTheCap(Conflict):
    """More people are meant than you asked for. Narrow the filter, or say why the list has to be longer."""

    code = "more-than-the-cap"


class NobodyMeant(Conflict):
    """Nobody is meant by this filter."""

    code = "nobody-meant"


class ExportRequest(BaseModel):
    """What is asked for (contract.md, Staff JSON API). Every column is named: there is no “all”."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    purpose: Annotated[str, Field(max_length=40)]
    reference: Reference
    columns: Annotated[list[Column], Field(min_length=1)]
    filter: Audience
    row_cap: Annotated[int, Field(ge=1, le=MOST_ROWS)]

    @field_validator("purpose")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != MESSAGING and value not in set(Purpose):
            raise PydanticCustomError("purpose", PURPOSE_RULE)
        return value

    @field_validator("columns")
    @classmethod
    def _each_once(cls, value: list[Column]) -> list[Column]:
        if len(set(value)) < len(value):
            raise PydanticCustomError("columns", "It has to name each column once")
        return value

    @model_validator(mode="after")
    def _of_people(self) -> Self:
        if self.filter.reached_by is not None or self.filter.imported_in is not None:
            raise PydanticCustomError("filter", "Its filter says kinds, topics, languages or registrations")
        return self


async def count_people(tx: Transaction, scheme_id: UUID, rule: AudienceRule) -> int:
    """How many people a list of this filter would hold now."""

    def values(words: tuple[Any, ...] | None) -> list[str] | None:
        return [str(each) for each in words] if words is not None else None

    parameters = {
        "scheme": scheme_id,
        "kinds": values(rule.kinds),
        "topics": values(rule.topics),
        "languages": values(rule.languages),
        "registrations": list(rule.registrations) if rule.registrations is not None else None,
    }
    return int(await tx.scalar(COUNT, parameters) or 0)


async def request(
    tx: Transaction, staff: Staff, scheme: SchemeView, asked: ExportRequest, *, now: datetime
) -> Export:
    """Ask for a list. Another person decides about it.

    Raises `NotYourRole`, a step-up error, `NotForMessaging`, `NoConfirmedKey`, `NobodyMeant`,
    `MoreThanTheCap`.
    """
    require(staff, Act.REQUEST_EXPORT)
    require_fresh(staff, now)
    if asked.purpose == MESSAGING:
        raise NotForMessaging({"purpose": f"Write an update instead, at /schemes/{scheme.slug}/updates/new"})
    key = await key_in_use(tx, staff.subject)
    if key is None:
        raise NoConfirmedKey
    people = await count_people(tx, scheme.id, asked.filter.rule())
    if people == 0:
        raise NobodyMeant
    if people > asked.row_cap:
        raise MoreThanTheCap
    row: dict[str, Any] = {
        "id": uuid7(),
        "scheme_id": scheme.id,
        "purpose": Purpose(asked.purpose),
        "reference": asked.reference,
        "columns": [each.value for each in asked.columns],
        "filter": asked.filter.model_dump(mode="json", exclude_none=True),
        "row_cap": asked.row_cap,
        "people": people,
        "key_id": key.id,
        "fingerprint": key.fingerprint,
        "requested_by": staff.subject,
        "requested_at": now,
    }
    row["request_sha256"] = request_sha256(row, key)
    # Only these columns: what becomes of it is not this process's to write.
    await tx.execute(insert(Export).values(**row, state=ExportState.REQUESTED))
    await chain.append(
        tx,
        ExportRequested(
            actor=staff.subject,
            export=row["id"],
            purpose=asked.purpose,
            people=people,
            request_sha256=row["request_sha256"],
        ),
        now=now,
    )
    return await get_export(tx, row["id"])


def request_sha256(row: dict[str, Any], key: RecipientKey) -> str:
    """What is approved: the SHA-256 of the canonical JSON of the request and its key, in lower-case hex."""
    return canonical_sha256(
        {
            "format": FORMAT,
            "export": str(row["id"]),
            "scheme": str(row["scheme_id"]),
            "purpose": str(row["purpose"]),
            "reference": row["reference"],
            "columns": list(row["columns"]),
            "filter": row["filter"],
            "row_cap": row["row_cap"],
            "people": row["people"],
            "recipient": key.recipient,
            "fingerprint": row["fingerprint"],
            "requested_by": row["requested_by"],
            "requested_at": row["requested_at"].isoformat(),
        }
    )
