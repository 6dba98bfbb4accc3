"""Registering by the pages, one thing a page (GOV.UK Service Manual): questions, check, done.

The answers never appear in an address, and lie encrypted (`answers`). A person registers in the language
of the check page, which says so. The last page is the same whoever it was.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from service.crypto.tokens import new_challenge
from service.doorbell import Job
from service.errors import NotFound
from service.registrations import journey, letterbox, links
from service.registrations.journey import Answers
from service.registrations.saying import said_code
from service.registrations.words import ContactBy
from service.schemes.reading import SchemeView, find_scheme
from service.web.public import answers, forms
from service.web.public.answers import Journey
from service.web.public.pages import READ, language_of, see_other
from service.web.public.process import Here, PublicProcess, SchemeSlug
from service.web.public.questions import (
    BY_PAGE,
    FIRST,
    QUESTIONS,
    Question,
    asked_of,
    broken_rules,
    form_of,
    needed_of,
    open_question,
)
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

CHECK: Final = "check"
DONE: Final = "done"


@router.api_route("/{scheme}/register", methods=READ)
async def begin(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """The first question. Whoever has finished begins anew; whoever has not finds their answers."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    if not found.open:
        return here.pages.show(request, "start", scheme=found)
    if person is None or person.is_finished:
        person = answers.begun(scheme)
    first = see_other(_path(scheme, FIRST.page), language_of(request))
    person.keep_key(first)
    return first


@router.api_route("/{scheme}/register/check", methods=READ)
async def ask_check(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Everything that will be sent, before it is."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    if not found.open:
        return here.pages.show(request, "start", scheme=found)
    if person is None or person.answers is None:
        return _expired(request, here, found)
    if person.is_finished:
        return see_other(_path(scheme, DONE), language_of(request))
    if (still_open := open_question(person.answers, found)) is not None:
        return see_other(_path(scheme, still_open.page), language_of(request))
    return here.pages.show(
        request,
        "check",
        scheme=found,
        questions=asked_of(person.answers),
        answers=person.answers,
        proof=person.proof(CHECK, person.answers),
    )


@router.post("/{scheme}/register/check")
async def send(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Put the answers into the letterbox, and forget them."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    language = language_of(request)
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
        if person is None or person.answers is None:
            return _expired(request, here, found)
        if person.is_finished:
            return see_other(_path(scheme, DONE), language)
        shown = person.proves(sent.get("proof"), CHECK, person.answers)
        if not shown or open_question(person.answers, found) is not None:
            # A second tab has changed the answers: nobody registers what this page did not show.
            return see_other(_path(scheme, CHECK), language)
        challenge = new_challenge() if ContactBy.SMS in person.answers["contact_by"] else None
        form = form_of(person.answers, language, challenge)
        if not _is_a_machine(person, sent, here):
            await letterbox.drop(tx, found, form, now=here.clock.now())
        await journey.remember(tx, person.key, answers.finished(person.answers, challenge))
    await here.doorbell.ring(Job.INTAKE)
    return see_other(_path(scheme, DONE), language)


@router.api_route("/{scheme}/register/done", methods=READ)
async def done(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """What comes next for each way of being told; all ways where the hour is over."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    return _done_page(request, here, found, person)


@router.post("/{scheme}/register/done")
async def take_code(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Confirm a mobile by the code of its text. Wrong, used, expired and unknown codes are one error."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    code = said_code(str(sent.get("code", "")))
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
        if person is None or person.challenge is None or not person.proves(sent.get("proof"), DONE):
            return see_other(_path(scheme, DONE), language_of(request))
        # It ends well where the code is wrong: the try counts.
        right = bool(code) and await links.use_code(tx, person.challenge, code)
    if right:
        return see_other(f"/{scheme}/confirmed", language_of(request))
    return _done_page(request, here, found, person, wrong="code.wrong" if code else "code.missing")


@router.api_route("/{scheme}/register/{page}", methods=READ)
async def ask(request: Request, scheme: SchemeSlug, page: str, here: Here) -> Response:
    """One question, with what was answered before; or the first that has to be answered before it."""
    question = _question(page)
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    if not found.open:
        return here.pages.show(request, "start", scheme=found)
    if person is not None and person.is_finished:
        return see_other(_path(scheme, DONE), language_of(request))
    if person is not None and person.answers is None and question is not FIRST:
        return _expired(request, here, found)
    person = person or answers.begun(scheme)
    given = person.answers or {}
    still_open = open_question(given, found)
    if not question.asked(given) or _comes_before(still_open, question):
        return see_other(_path(scheme, still_open.page if still_open else CHECK), language_of(request))
    rule = broken_rules(given, found).get(question.field) if question.field in given else None
    return _question_page(request, here, found, person, question, given, broken=rule)


@router.post("/{scheme}/register/{page}")
async def take(request: Request, scheme: SchemeSlug, page: str, here: Here) -> Response:
    """Keep the answer and go to the next open question, or say what is wrong with it."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    question = _question(page)
    sent = await request.form()
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
        if not found.open:
            return here.pages.show(request, "start", scheme=found)
        if person is None or not _may_answer(person, question, sent.get("proof")):
            return _expired(request, here, found)
        given = needed_of((person.answers or {}) | {question.field: question.read(sent, found)})
        rule = broken_rules(given, found).get(question.field)
        if rule is not None and question.field in given:
            return _question_page(
                request,
                here,
                found,
                person,
                question,
                given,
                broken=rule,
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        marks = forms.marks(person.marks, sent, now=here.clock.now())
        await journey.remember(tx, person.key, given | marks)
    still_open = open_question(given, found)
    return see_other(_path(scheme, still_open.page if still_open else CHECK), language_of(request))


def _is_a_machine(person: Journey, sent: FormData, here: PublicProcess) -> bool:
    quickest = timedelta(seconds=here.settings.quickest_form_seconds)
    return forms.is_a_machine(person.marks, sent, quickest=quickest, now=here.clock.now())


def _path(scheme: str, page: str) -> str:
    return f"/{scheme}/register/{page}"


def _question(page: str) -> Question:
    """Raises `NotFound`."""
    if page not in BY_PAGE:
        raise NotFound
    return BY_PAGE[page]


def _comes_before(one: Question | None, other: Question) -> bool:
    return one is not None and QUESTIONS.index(one) < QUESTIONS.index(other)


def _may_answer(person: Journey, question: Question, proof: object) -> bool:
    """Only the first question is answered where nothing is kept; none once they have finished."""
    begun = person.answers is not None or question is FIRST
    return begun and not person.is_finished and person.proves(proof, question.page)


def _question_page(
    request: Request,
    here: PublicProcess,
    scheme: SchemeView,
    person: Journey,
    question: Question,
    given: Answers,
    *,
    broken: str | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    answer = given.get(question.field, "")
    page = here.pages.show(
        request,
        "question",
        status=status,
        scheme=scheme,
        errors=() if broken is None else ((question.field, question.sentence(answer, broken)),),
        question=question,
        answer=answer,
        back=_back(scheme, question, person.answers or {}),
        # Not over the answers: a page may be sent again from a tab that is behind.
        proof=person.proof(question.page),
    )
    person.keep_key(page)
    return page


def _back(scheme: SchemeView, question: Question, kept: Answers) -> str:
    """The page before this one: the check page, for whoever came from there to change an answer."""
    if open_question(kept, scheme) is None:
        return _path(scheme.slug, CHECK)
    before = [each for each in asked_of(kept) if _comes_before(each, question)]
    return _path(scheme.slug, before[-1].page) if before else f"/{scheme.slug}"


def _expired(request: Request, here: PublicProcess, scheme: SchemeView) -> Response:
    return here.pages.show(
        request,
        "expired",
        status=HTTPStatus.GONE,
        scheme=scheme,
        other_language_at=_path(scheme.slug, CHECK),
    )


def _done_page(
    request: Request,
    here: PublicProcess,
    scheme: SchemeView,
    person: Journey | None,
    *,
    wrong: str | None = None,
) -> Response:
    takes_code = person is not None and person.challenge is not None
    return here.pages.show(
        request,
        "done",
        status=HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        scheme=scheme,
        errors=() if wrong is None else (("code", wrong),),
        ways=(person.ways if person is not None else []) or list(ContactBy),
        proof=person.proof(DONE) if person is not None and takes_code else None,
    )
