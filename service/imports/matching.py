"""Which column is what: what is guessed from a header, and what a person says.

Everything in a list that nobody says the meaning of is left out.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.errors import Invalid
from service.registrations.words import Kind, Language, Relationship
from service.schemes.reading import SchemeView


class ImportField(StrEnum):
    """What a column may be."""

    EMAIL = "email"
    MOBILE = "mobile"
    POSTAL_ADDRESS = "postal_address"
    NAME = "name"
    ORGANISATION = "organisation"
    KIND = "kind"
    RELATIONSHIP = "relationship"
    LANGUAGE = "language"
    TOPICS = "topics"


ADDRESSES: Final = (ImportField.EMAIL, ImportField.MOBILE, ImportField.POSTAL_ADDRESS)
IN_PARTS: Final = frozenset({ImportField.POSTAL_ADDRESS, ImportField.NAME})
"""What several columns may be together, in their order: the lines of an address, the parts of a name."""

GUESSES: Final = (
    # The first that fits: an email address is no postal one, an organisation's name no person's.
    (re.compile(r"e-?mail|ebost"), ImportField.EMAIL),
    (re.compile(r"mobile|phone|\btel|symudol|ffôn|ffon"), ImportField.MOBILE),
    (re.compile(r"organi[sz]ation|company|charity|\bfirm\b|sefydliad"), ImportField.ORGANISATION),
    (re.compile(r"language|iaith"), ImportField.LANGUAGE),
    (re.compile(r"relation|perthynas"), ImportField.RELATIONSHIP),
    (re.compile(r"topic|interest|pwnc|pynciau"), ImportField.TOPICS),
    (
        re.compile(r"address|street|town|city|county|post ?code|cyfeiriad|cod post|tref"),
        ImportField.POSTAL_ADDRESS,
    ),
    (re.compile(r"^(kind|type|category|math)\b"), ImportField.KIND),
    (re.compile(r"name|\benw\b|cyfenw"), ImportField.NAME),
)


def guess(header: str) -> ImportField | None:
    """What a column seems to be by its header; a person says."""
    said = " ".join(header.lower().split())
    return next((field for pattern, field in GUESSES if pattern.search(said)), None)


def guesses(columns: list[dict[str, Any]]) -> dict[int, ImportField]:
    """What the columns of a sheet seem to be, hidden ones left out; each field once, or in its parts."""
    found: dict[int, ImportField] = {}
    for column in columns:
        field = ImportField(column["guess"]) if column["guess"] else None
        if field and not column["hidden"] and (field in IN_PARTS or field not in found.values()):
            found[column["number"]] = field
    return found


class Matching(BaseModel):
    """What a person says of a list: its sheet, its columns, and what counts where there is no column."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    sheet: Annotated[int, Field(ge=0, lt=1000)] = 0
    columns: dict[
        ImportField, Annotated[list[Annotated[int, Field(ge=0, lt=1000)]], Field(min_length=1, max_length=8)]
    ]
    kind: Kind = Kind.INDIVIDUAL
    relationship: Relationship = Relationship.FAMILY
    language: Language = Language.ENGLISH
    topics: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=50)]
    hidden_rows: bool = False
    """Whether rows that are hidden in the file are taken, too."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if not any(field in self.columns for field in ADDRESSES):
            raise PydanticCustomError(
                "no_address",
                "Say which column is the email address, the telephone number or the postal address",
            )
        said = [number for numbers in self.columns.values() for number in numbers]
        if len(said) != len(set(said)):
            raise PydanticCustomError("column_twice", "One column cannot be two things")
        for field, numbers in self.columns.items():
            if len(numbers) > 1 and field not in IN_PARTS:
                raise PydanticCustomError(
                    "columns_twice", "Only a name or a postal address may have several columns"
                )
        return self

    def refuse_unknown(self, seen: Mapping[str, Any], scheme: SchemeView) -> None:
        """Raises `Invalid` where the file has no such sheet or column, or the scheme no such topic."""
        sheet = sheet_of(seen, self.sheet)
        wrong: dict[str, str] = {}
        if sheet is None:
            wrong["sheet"] = "The file has no such sheet"
        else:
            there = {column["number"] for column in sheet["columns"]}
            wrong |= {
                f"columns.{field.value}": "The sheet has no such column"
                for field, numbers in self.columns.items()
                if not there.issuperset(numbers)
            }
        if not {topic.code for topic in scheme.topics}.issuperset(self.topics):
            wrong["topics"] = "Choose from the scheme's topics"
        if wrong:
            raise Invalid(wrong)


def sheet_of(seen: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """One sheet of a file that was looked at."""
    return next((sheet for sheet in seen["sheets"] if sheet["number"] == number), None)
