"""Schemes on pages: what `kept scheme apply` does for one that is there, and its public list."""

import difflib
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from service.crypto.canonical import canonical_sha256
from service.database import Transaction
from service.errors import Invalid
from service.schemes import public_list as listed
from service.schemes.applying import TopicInUse, change
from service.schemes.file import BadSchemeFile, SchemeFile, as_toml, file_of, parse_scheme_file
from service.schemes.public_list import NotADetail, Proposal, PublicListDecision, compared
from service.schemes.reading import SchemeView, all_schemes, find_scheme, public_list
from service.schemes.tables import DetailKind
from service.staff.principal import Staff
from service.staff.roles import Act
from service.updates.checking.personal import refuse_details
from service.web.staff.forms import SentForm, text
from service.web.staff.pages import Errors, go_to
from service.web.staff.process import Here, StaffProcess, Who, allowed
from service.web.staff.wording import DETAILS, moment

router: Final = APIRouter(include_in_schema=False)

Slug = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{1,39}$")]
Editor = Annotated[Staff, Depends(allowed(Act.EDIT_SCHEME))]
Lister = Annotated[Staff, Depends(allowed(Act.CHANGE_PUBLIC_LIST))]
LONGEST_WHY: Final = 500


@router.get("/schemes")
async def schemes(request: Request, here: Here, staff: Who) -> Response:
    """All schemes."""
    async with here.transactions.begin() as tx:
        found = await all_schemes(tx)
        counts = await listed.counts_waiting(tx)
    waiting = {scheme.slug: counts.get(scheme.id, 0) for scheme in found}
    return here.pages.show(request, "schemes", schemes=found, waiting=waiting)


@router.get("/schemes/{slug}")
async def scheme(request: Request, slug: Slug, here: Here, staff: Who) -> Response:
    """One scheme: its settings, its topics, its public list, and what waits for a second person."""
    return await _shown(request, here, slug, staff)


@router.get("/schemes/{slug}/edit")
async def edit(request: Request, slug: Slug, here: Here, staff: Editor) -> Response:
    """The scheme's file, to change."""
    async with here.transactions.begin() as tx:
        now = await _file(tx, await find_scheme(tx, slug))
    return here.pages.show(
        request, "scheme_edit", slug=slug, typed=as_toml(now), was=_digest(now), changes=None
    )


@router.post("/schemes/{slug}/edit")
async def save(request: Request, slug: Slug, here: Here, staff: Editor, form: SentForm) -> Response:
    """Show what the file would change; and once that was seen, change it."""
    typed, was = text(form, "file"), text(form, "was")
    try:
        wanted = parse_scheme_file(typed)
        if wanted.slug != slug:
            raise BadSchemeFile(f"slug: it has to stay {slug}")
        async with here.transactions.begin() as tx:
            now = await _file(tx, await find_scheme(tx, slug))
            stale = _digest(now) != was
            if text(form, "confirmed") and not stale:
                await change(tx, staff, wanted, now=here.clock.now())
                return go_to(f"/schemes/{slug}")
            listed.details_in(wanted.public_list)
    except (BadSchemeFile, TopicInUse) as error:
        return _again(request, here, slug, typed, was, (("file", error.message),))
    except Invalid as error:
        wrong = tuple(("file", f"{name}: {rule}") for name, rule in error.fields.items())
        return _again(request, here, slug, typed, was, wrong)
    return here.pages.show(
        request,
        "scheme_edit",
        errors=(("file", "Somebody else has changed the scheme meanwhile. Look at what would change now."),)
        if stale and text(form, "confirmed")
        else (),
        slug=slug,
        typed=typed,
        was=_digest(now),
        changes=_changes(now, wanted),
    )


@router.post("/schemes/{slug}/public-list")
async def propose(request: Request, slug: Slug, here: Here, staff: Lister, form: SentForm) -> Response:
    """Put a change of the public list before a second person."""
    why, typed = text(form, "why"), text(form, "value")
    errors: list[tuple[str, str]] = []
    kind = next((each for each in DetailKind if each.value == text(form, "kind")), None)
    adds = {"add": True, "remove": False}.get(text(form, "change"))
    if kind is None:
        errors.append(("kind", "Choose what it is"))
    if adds is None:
        errors.append(("change", "Choose whether it goes onto the list or comes off"))
    if not why or len(why) > LONGEST_WHY:
        errors.append(("why", f"Say why, in up to {LONGEST_WHY} characters"))
    value = ""
    try:
        value = compared(kind, typed) if kind is not None else ""
    except NotADetail as error:
        errors.append(("value", str(error)))
    if errors or kind is None or adds is None:
        return await _shown(request, here, slug, staff, errors=tuple(errors), typed=dict(_typed(form)))
    try:
        async with here.transactions.begin() as tx:
            found = await find_scheme(tx, slug)
            refuse_details({"why": why}, await public_list(tx, found.id))
            new = await listed.propose(
                tx, found.id, [Proposal(kind, value, adds)], why=why, by=staff.subject, now=here.clock.now()
            )
    except Invalid as error:
        named = tuple(error.fields.items())
        return await _shown(request, here, slug, staff, errors=named, typed=dict(_typed(form)))
    if new == 0:
        nothing = (("value", "The list is like that already, or the same change waits for a second person"),)
        return await _shown(request, here, slug, staff, errors=nothing, typed=dict(_typed(form)))
    return go_to(f"/schemes/{slug}")


@router.post("/schemes/{slug}/public-list/{change_id}")
async def answer(slug: Slug, change_id: UUID, here: Here, staff: Lister, form: SentForm) -> Response:
    """Agree to what another person proposed, or refuse it; one's own can be taken back."""
    decision = next((each for each in PublicListDecision if each.value == text(form, "decision")), None)
    if decision is None:
        raise Invalid({"decision": "It has to be agree or refuse"})
    async with here.transactions.begin() as tx:
        await listed.decide(tx, change_id, decision, by=staff.subject, now=here.clock.now())
    return go_to(f"/schemes/{slug}")


async def _shown(
    request: Request,
    here: StaffProcess,
    slug: str,
    staff: Staff,
    *,
    errors: Errors = (),
    typed: dict[str, str] | None = None,
) -> Response:
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, slug)
        details = sorted(await listed.details_of(tx, found.id))
        waiting = await listed.waiting(tx, found.id)
    return here.pages.show(
        request,
        "scheme",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        errors=errors,
        scheme=found,
        details=[(DETAILS[kind], value) for kind, value in details],
        waiting=[
            {
                "id": each.id,
                "what": f"{'Add' if each.adds else 'Take off'}: {DETAILS[each.kind].lower()} {each.value}",
                "why": each.why,
                "who": f"Proposed by {each.proposed_by} on {moment(each.proposed_at)}",
                "own": each.proposed_by == staff.subject,
            }
            for each in waiting
        ],
        kinds=[(kind.value, words) for kind, words in DETAILS.items()],
        may_edit=staff.may(Act.EDIT_SCHEME),
        may_list=staff.may(Act.CHANGE_PUBLIC_LIST),
        typed=typed or {},
    )


def _again(request: Request, here: StaffProcess, slug: str, typed: str, was: str, errors: Errors) -> Response:
    return here.pages.show(
        request,
        "scheme_edit",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        errors=errors,
        slug=slug,
        typed=typed,
        was=was,
        changes=None,
    )


def _typed(form: Any) -> list[tuple[str, str]]:
    return [(name, text(form, name)) for name in ("kind", "change", "value", "why")]


async def _file(tx: Transaction, found: SchemeView) -> SchemeFile:
    return file_of(found, await public_list(tx, found.id))


def _digest(file: SchemeFile) -> str:
    return canonical_sha256(file.model_dump(mode="json"))


def _changes(now: SchemeFile, wanted: SchemeFile) -> list[tuple[str, str]]:
    """Lines that go and lines that come: `-` or `+`, and the line."""
    lines = difflib.ndiff(as_toml(now).splitlines(), as_toml(wanted).splitlines())
    return [(line[0], line[2:]) for line in lines if line[0] in "+-" and line[2:].strip()]
