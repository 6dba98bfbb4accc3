"""The notice: the first thing that each person hears who was brought in with a list.

An update like any other, made for comms with these words: who wrote the address down and what for, how to
leave, where the privacy notice is. A senior approves it; until it has been sent, nothing else goes to them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from service.database import Transaction
from service.errors import Conflict
from service.imports.looking_up import awaiting_notice, get_import
from service.imports.states import ImportState
from service.imports.wording import EMAIL, HEADING, LETTER, SUBJECT, TEXT, TITLE, WRITE_TO_US
from service.registrations.words import Channel, Language
from service.schemes.reading import SchemeView, get_scheme
from service.staff.principal import Staff, require
from service.staff.roles import Act
from service.updates import drafting
from service.updates.body import UpdateBody
from service.updates.reading import notices_of
from service.updates.states import UpdateState
from service.updates.tables import Update


class NobodyWaits(Conflict):
    """Nobody of this list waits for a notice."""

    code = "nobody-waits"


class NoticeThere(Conflict):
    """There is a notice of this list already. Go on with that one."""

    code = "notice-there"

    def __init__(self, update: UUID) -> None:
        super().__init__()
        self.update = update


async def draft_notice(
    tx: Transaction, staff: Staff, import_id: UUID, *, public_url: str, now: datetime
) -> Update:
    """The draft of a notice to those of an import who have not been told, theirs who asked for it.

    Raises `NotYourRole`, `NobodyWaits`, `NoticeThere`, and what `drafting.draft` raises.
    """
    require(staff, Act.DRAFT_UPDATE)
    found = await get_import(tx, import_id)
    if found.state is not ImportState.DONE or not await awaiting_notice(tx, import_id):
        raise NobodyWaits
    for notice in await notices_of(tx, import_id):
        if notice.state is not UpdateState.SENT:
            raise NoticeThere(notice.id)
    scheme = await get_scheme(tx, found.scheme_id)
    templates = await drafting.templates_seen(tx)
    body = notice_body(scheme, import_id, found.reference, channels=set(templates), public_url=public_url)
    return await drafting.draft(tx, staff, scheme, UpdateBody.model_validate(body), now=now)


def notice_body(
    scheme: SchemeView, import_id: UUID, called: str, *, channels: set[Channel], public_url: str
) -> dict[str, Any]:
    """The body of a notice, in both languages and for each channel that there is a template for."""

    def filled(words: dict[Language, str], language: Language) -> str:
        controller = scheme.about.controller
        phone = scheme.about.help.phone
        privacy = scheme.privacy_notice
        return words[language].format(
            scheme=scheme.name[language.value],
            controller=controller[language.value] if controller else scheme.name[language.value],
            privacy=f"{public_url}{privacy}" if privacy.startswith("/") else privacy,
            help=WRITE_TO_US[language].format(phone=phone) if phone else "",
        )

    body: dict[str, Any] = {
        "title": TITLE.format(called=called),
        "email": {
            each.value: {"subject": filled(SUBJECT, each), "body": filled(EMAIL, each).strip()}
            for each in Language
        },
        "audience": {"imported_in": import_id},
        # It is for these people: nobody else has to read that there was a list.
        "publish": False,
    }
    if Channel.SMS in channels:
        body["sms"] = {each.value: filled(TEXT, each).strip() for each in Language}
    if Channel.LETTER in channels:
        body["letter"] = {
            each.value: {"heading": filled(HEADING, each), "body": filled(LETTER, each).strip()}
            for each in Language
        }
    return body
