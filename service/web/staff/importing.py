"""Lists in, on pages: hand one in, say its columns, see what would happen, bring it in; and its notice."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.errors import Invalid
from service.imports import deciding
from service.imports.arriving import FileTooLarge
from service.imports.looking_up import awaiting_notice, get_import, lines, newest
from service.imports.matching import Matching, sheet_of
from service.imports.states import ImportState, Verdict
from service.imports.tables import Import
from service.registrations.words import Relationship
from service.schemes.reading import SchemeView, all_schemes, get_scheme
from service.updates.reading import notices_of
from service.web.broken_rules import broken_rules
from service.web.staff.forms import SentForm, text
from service.web.staff.import_columns import Said, at
from service.web.staff.import_words import FIELDS, LARGEST_IN_WORDS, REFUSED, STATES, VERDICTS, finding, rule
from service.web.staff.imports_api import BEING_WORKED_ON, Importer, account, worked_on
from service.web.staff.naming import KINDS, LANGUAGES
from service.web.staff.naming import STATES as UPDATE_STATES
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess
from service.web.staff.rows import counts
from service.web.staff.uploads import take_in
from service.web.staff.wording import counted, moment

router: Final = APIRouter(include_in_schema=False)

SHOWN: Final = 50
"""Imports on the list, and lines that cannot be used."""
NUMBERS: Final = 500
RELATIONSHIPS: Final = {
    Relationship.FAMILY: "Family",
    Relationship.ESTATE: "They settle somebody’s estate",
    Relationship.LEGAL: "Legal representatives",
    Relationship.HELPER: "Helpers",
}


@router.get("/imports")
async def imports(request: Request, here: Here, staff: Importer) -> Response:
    """Lists that came in, and a form for another."""
    return await _list(request, here)


@router.post("/imports")
async def upload(request: Request, here: Here, staff: Importer) -> Response:
    """Seal an uploaded list as it comes, and have it read."""
    try:
        import_id = await take_in(request, here, staff)
    except Invalid as error:
        return await _list(request, here, errors=tuple(error.fields.items()))
    except FileTooLarge as error:
        return await _list(request, here, errors=(("file", error.message),))
    await worked_on(here, import_id)
    return go_to(f"/imports/{import_id}")


@router.get("/imports/{import_id}")
async def page(
    request: Request,
    import_id: UUID,
    here: Here,
    staff: Importer,
    sheet: int | None = None,
    again: bool = False,
) -> Response:
    """One import, where it is now. `sheet`: the one whose columns are said; `again`: say them anew."""
    found, scheme = await _found(here, import_id)
    if found.state is ImportState.READ or (found.state is ImportState.CHECKED and again):
        return _columns(request, here, found, scheme, Said.before(found, sheet))
    return await _state(request, here, found, scheme)


@router.post("/imports/{import_id}/columns")
async def columns(request: Request, import_id: UUID, here: Here, staff: Importer, form: SentForm) -> Response:
    """What the columns are; then what would become of each row."""
    found, scheme = await _found(here, import_id)
    said = Said.of_form(form, found)
    try:
        async with here.transactions.begin() as tx:
            await deciding.match(tx, staff, import_id, said.matching(), now=here.clock.now())
    except ValidationError as error:
        rules = broken_rules(error.errors(include_url=False, include_input=False))
        return _columns(
            request, here, found, scheme, said, errors=tuple(at(each.field, each.rule) for each in rules)
        )
    except Invalid as error:
        return _columns(
            request, here, found, scheme, said, errors=tuple(at(*each) for each in error.fields.items())
        )
    await worked_on(here, import_id)
    return go_to(f"/imports/{import_id}")


@router.post("/imports/{import_id}/commit")
async def commit(import_id: UUID, here: Here, staff: Importer, form: SentForm) -> Response:
    """Bring in those who are new."""
    new = text(form, "new")
    if not new.isdecimal() or len(new) > 9:
        raise Invalid({"new": "It has to be how many are new"})
    async with here.transactions.begin() as tx:
        await deciding.commit_to(tx, staff, import_id, new=int(new), now=here.clock.now())
    await worked_on(here, import_id)
    return go_to(f"/imports/{import_id}")


@router.post("/imports/{import_id}/give-up")
async def give_up(import_id: UUID, here: Here, staff: Importer, form: SentForm) -> Response:
    """Bring nothing of it in."""
    async with here.transactions.begin() as tx:
        await deciding.give_up(tx, staff, import_id, now=here.clock.now())
    await here.doorbell.ring(Job.IMPORTS)
    return go_to(f"/imports/{import_id}")


@router.get("/imports/{import_id}/account.csv")
async def account_file(import_id: UUID, here: Here, staff: Importer) -> Response:
    """What becomes of each line: line numbers and codes."""
    return await account(here, import_id)


async def _found(here: StaffProcess, import_id: UUID) -> tuple[Import, SchemeView]:
    async with here.transactions.begin() as tx:
        found = await get_import(tx, import_id)
        return found, await get_scheme(tx, found.scheme_id)


async def _list(request: Request, here: StaffProcess, *, errors: Errors = ()) -> Response:
    async with here.transactions.begin() as tx:
        found = await newest(tx, limit=SHOWN)
        schemes = await all_schemes(tx)
    names = {scheme.id: scheme.name["en"] for scheme in schemes}
    return here.pages.show(
        request,
        "imports",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        imports=[
            (each, names[each.scheme_id], STATES[each.state], moment(each.handed_in_at)) for each in found
        ],
        schemes=schemes,
        largest=LARGEST_IN_WORDS,
    )


def _columns(
    request: Request,
    here: StaffProcess,
    found: Import,
    scheme: SchemeView,
    said: Said,
    *,
    errors: Errors = (),
) -> Response:
    seen: dict[str, Any] = found.seen or {"sheets": [], "findings": []}
    sheet = sheet_of(seen, said.sheet) or {"columns": [], "findings": [], "rows": 0, "name": "", "number": 0}
    return here.pages.show(
        request,
        "import_columns",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        found=found,
        scheme=scheme,
        seen=seen,
        sheet=sheet,
        said=said,
        findings=[finding(each) for each in [*seen["findings"], *sheet["findings"]]],
        rows=counted(sheet["rows"], "row", "rows"),
        has_hidden_rows=any(each["code"] == "hidden-row" for each in sheet["findings"]),
        fields=[(field.value, words) for field, words in FIELDS.items()],
        kinds=[(kind.value, words) for kind, words in KINDS.items()],
        relationships=[(each.value, words) for each, words in RELATIONSHIPS.items()],
        languages=[(each.value, words) for each, words in LANGUAGES.items()],
    )


async def _state(request: Request, here: StaffProcess, found: Import, scheme: SchemeView) -> Response:
    async with here.transactions.begin() as tx:
        unusable = await lines(tx, found.id, limit=SHOWN, verdict=Verdict.UNUSABLE)
        waiting = await awaiting_notice(tx, found.id)
        notices = await notices_of(tx, found.id)
    verdicts = (found.counts or {"verdicts": {}})["verdicts"]
    rules = (found.counts or {"rules": []})["rules"]
    matching = Matching.model_validate(found.matching) if found.matching else None
    return here.pages.show(
        request,
        "import",
        found=found,
        scheme=scheme,
        state=STATES[found.state],
        being_worked_on=found.state in BEING_WORKED_ON,
        handed_in=f"By {found.handed_in_by}, on {moment(found.handed_in_at)}",
        why=REFUSED.get(found.why or "", REFUSED["broken"]),
        new=verdicts.get(Verdict.NEW.value, 0),
        registered=verdicts.get(Verdict.REGISTERED.value, 0),
        people=counted(verdicts.get(Verdict.NEW.value, 0), "person", "people"),
        verdicts=counts(
            (words, verdicts[each.value]) for each, words in VERDICTS.items() if verdicts.get(each.value)
        ),
        rules=counts((rule(field, broken), count) for field, broken, count in rules),
        unusable=[
            [{"text": str(each.line)}, {"text": rule(each.field or "", each.rule or "")}] for each in unusable
        ],
        left_out=_left_out(found, matching),
        waiting=len(waiting),
        waiting_people=counted(len(waiting), "person", "people"),
        numbers=waiting[:NUMBERS],
        notices=[(each.id, UPDATE_STATES[each.state]) for each in notices],
    )


def _left_out(found: Import, matching: Matching | None) -> list[str]:
    """The columns and sheets that nobody said the meaning of: nothing of them is kept."""
    sheet = sheet_of(found.seen or {"sheets": []}, matching.sheet) if matching else None
    if matching is None or sheet is None:
        return []
    said = {number for numbers in matching.columns.values() for number in numbers}
    columns = [
        f"Column {each['letter']}{': ' + each['header'] if each['header'] else ''}{_hidden(each)}"
        for each in sheet["columns"]
        if each["number"] not in said
    ]
    sheets = [
        f"Sheet {each['name']}{_hidden(each)}"
        for each in (found.seen or {"sheets": []})["sheets"]
        if each["number"] != matching.sheet
    ]
    return columns + sheets


def _hidden(each: Mapping[str, Any]) -> str:
    return " (hidden in the file)" if each["hidden"] else ""
