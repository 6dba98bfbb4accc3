"""The form that says what the columns of a list are: what stands in it, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from service.imports.matching import Matching, guesses, sheet_of
from service.imports.tables import Import
from service.registrations.words import Kind, Language, Relationship
from service.web.staff.forms import chosen, text


@dataclass(frozen=True)
class Said:
    """What stands in the form of columns."""

    sheet: int
    columns: Mapping[int, str]
    """By the column's number, what it is; empty where it is left out."""
    kind: str = Kind.INDIVIDUAL.value
    relationship: str = Relationship.FAMILY.value
    language: str = Language.ENGLISH.value
    topics: tuple[str, ...] = ()
    hidden_rows: bool = False

    @classmethod
    def before(cls, found: Import, sheet: int | None) -> "Said":
        """What was said before; else what is guessed of the first sheet that is not hidden."""
        seen = found.seen or {"sheets": []}
        if found.matching is not None and sheet in (None, found.matching["sheet"]):
            matching = Matching.model_validate(found.matching)
            columns = {
                number: field.value for field, numbers in matching.columns.items() for number in numbers
            }
            return cls(
                matching.sheet,
                columns,
                matching.kind.value,
                matching.relationship.value,
                matching.language.value,
                tuple(matching.topics),
                matching.hidden_rows,
            )
        visible = [each for each in seen["sheets"] if not each["hidden"] and each["rows"]]
        first = sheet_of(seen, sheet) if sheet is not None else next(iter(visible or seen["sheets"]), None)
        if first is None:
            return cls(0, {})
        return cls(
            first["number"], {number: field.value for number, field in guesses(first["columns"]).items()}
        )

    @classmethod
    def of_form(cls, form: FormData, found: Import) -> "Said":
        number = text(form, "sheet")
        sheet = sheet_of(
            found.seen or {"sheets": []}, int(number) if number.isdecimal() and len(number) < 4 else -1
        )
        there = sheet["columns"] if sheet else []
        return cls(
            sheet["number"] if sheet else 0,
            {each["number"]: text(form, f"column-{each['number']}") for each in there},
            text(form, "kind"),
            text(form, "relationship"),
            text(form, "language"),
            tuple(chosen(form, "topics")),
            text(form, "hidden-rows") == "yes",
        )

    def matching(self) -> Matching:
        """Raises pydantic's ValidationError."""
        said: dict[str, list[int]] = {}
        for number, field in self.columns.items():
            if field:
                said.setdefault(field, []).append(number)
        return Matching.model_validate(
            {
                "sheet": self.sheet,
                "columns": said,
                "kind": self.kind,
                "relationship": self.relationship,
                "language": self.language,
                "topics": list(self.topics),
                "hidden_rows": self.hidden_rows,
            }
        )


def at(field: str, said: str) -> tuple[str, str]:
    """The input to go to for a rule of the form of columns."""
    name = field.partition(".")[0]
    if name == "topics":
        return "topics", "Choose the topics that they hear about"
    return (name, said) if name in ("kind", "relationship", "language") else ("columns", said)
