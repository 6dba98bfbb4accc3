"""Registering by the pages, one thing a page: email address, check, done (GOV.UK Service Manual).

The page registers a person for themselves, by email, for every topic, in the language of the page; the
check page says so. The answers never appear in an address, and lie encrypted (`answers`).
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.doorbell import Job
from service.registrations import journey, letterbox
from service.registrations.form import RegistrationForm
from service.registrations.words import ContactBy, Kind, Language
from service.schemes.reading import SchemeView, find_scheme
from service.web.public import answers
from service.web.public.answers import Journey
from service.web.public.pages import READ, language_of, see_other
from service.web.public.process import Here, PublicProcess, SchemeSlug
from service.web.same_site import refuse_other_sites

router: Final = APIRouter(include_in_schema=False)

EMAIL: Final = "email"
CHECK: Final = "check"
DONE: Final = "done"


@router.api_route("/{scheme}/register/email", methods=READ)
async def ask_email(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """The question, with what was answered before."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    if not found.open:
        return here.pages.show(request, "start", scheme=found)
    if person is None or person.is_finished:
        person = answers.begun(scheme)
    return _email_page(request, here, found, person, email=(person.answers or {}).get("email", ""))


@router.post("/{scheme}/register/email")
async def take_email(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Keep the answer, or say what is wrong with it."""
    refuse_other_sites(request, own_url=here.settings.public_url)
    sent = await request.form()
    email = str(sent.get("email", "")).strip()
    language = language_of(request)
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
        if person is None or not _from_the_email_page(person, sent.get("proof")):
            return _expired(request, here, found)
        if (wrong := _what_is_wrong(found, email, language)) is not None:
            return _email_page(request, here, found, person, email=email, wrong=wrong)
        await journey.remember(tx, person.key, {"email": email})
    return see_other(_path(scheme, CHECK), language)


@router.api_route("/{scheme}/register/check", methods=READ)
async def ask_check(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """Everything that will be sent, before it is."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
        person = await answers.resumed(tx, request, scheme)
    if person is None or person.answers is None:
        return _expired(request, here, found)
    if person.is_finished:
        return see_other(_path(scheme, DONE), language_of(request))
    return here.pages.show(
        request, "check", scheme=found, email=person.answers["email"], proof=person.proof(CHECK)
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
        if not person.proves(sent.get("proof"), CHECK):
            # A second tab has changed the answers: nobody registers what this page did not show.
            return see_other(_path(scheme, CHECK), language)
        form = _form(found, person.answers["email"], language)
        await letterbox.drop(tx, found, form, now=here.clock.now())
        await journey.remember(tx, person.key, answers.FINISHED)
    await here.doorbell.ring(Job.INTAKE)
    return see_other(_path(scheme, DONE), language)


@router.api_route("/{scheme}/register/done", methods=READ)
async def done(request: Request, scheme: SchemeSlug, here: Here) -> Response:
    """The same page whoever it was."""
    async with here.transactions.begin() as tx:
        found = await find_scheme(tx, scheme)
    return here.pages.show(request, "done", scheme=found)


def _path(scheme: str, page: str) -> str:
    return f"/{scheme}/register/{page}"


def _email_page(
    request: Request,
    here: PublicProcess,
    scheme: SchemeView,
    person: Journey,
    *,
    email: str,
    wrong: str | None = None,
) -> Response:
    page = here.pages.show(
        request,
        "email",
        status=HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        scheme=scheme,
        errors=() if wrong is None else (("email", wrong),),
        email=email,
        proof=_before(person).proof(EMAIL),
    )
    person.keep_key(page)
    return page


def _before(person: Journey) -> Journey:
    """`person` without answers: the email page may be sent again from a tab that is behind."""
    return Journey(person.scheme, person.key)


def _from_the_email_page(person: Journey, proof: object) -> bool:
    return _before(person).proves(proof, EMAIL)


def _expired(request: Request, here: PublicProcess, scheme: SchemeView) -> Response:
    return here.pages.show(
        request,
        "expired",
        status=HTTPStatus.GONE,
        scheme=scheme,
        other_language_at=_path(scheme.slug, CHECK),
    )


def _form(scheme: SchemeView, email: str, language: Language) -> RegistrationForm:
    return RegistrationForm(
        kind=Kind.INDIVIDUAL,
        email=email,
        language=language,
        topics=[topic.code for topic in scheme.topics],
        contact_by=[ContactBy.EMAIL],
        consent=True,
    )


def _what_is_wrong(scheme: SchemeView, email: str, language: Language) -> str | None:
    """The key of what is wrong with `email`, by the rules that the JSON API has."""
    if not email:
        return "email.missing"
    try:
        _form(scheme, email, language)
    except ValidationError:
        return "email.wrong"
    return None
