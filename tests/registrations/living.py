"""What people do with a link to their choices, as tests take its steps."""

import re
from typing import Any

from service.crypto.tokens import token_hash
from service.registrations import leaving, letterbox, preferences
from service.registrations.asks import InboxAsk, LinkAsk, ReplacementAsk
from service.registrations.preferences import Preferences, PreferencesChange
from service.registrations.words import Language
from tests.deliveries.looking import run_sql
from tests.harness.people import Service, now
from tests.harness.servers import Database
from workers import intake

Ask = LinkAsk | ReplacementAsk | InboxAsk


async def drop(service: Service, *asks: Ask) -> None:
    """Seal these into the letterbox, and have them opened and what they cause sent."""
    async with service.public.begin() as tx:
        for ask in asks:
            await letterbox.drop_ask(tx, service.scheme, ask, now=now())
    await take_in(service)


async def take_in(service: Service) -> None:
    await intake.take_in(service.worker)
    await service.send_confirmations()


def links_of(service: Service, email: str) -> list[str]:
    """The tokens of all manage links that an address got, oldest first."""
    return [
        found.group(1)
        for message in service.notify.inbox(email)
        if (found := re.search(r"/manage/([\w-]+)", message["body"]))
    ]


async def manage_link(service: Service, email: str) -> str:
    """Ask for a link to the choices, as anybody can; the token that the holder of `email` got."""
    await drop(service, LinkAsk(email=email))
    return links_of(service, email)[-1]


async def look(service: Service, token: str) -> Preferences:
    async with service.public.begin() as tx:
        return await preferences.look(tx, token)


async def change(service: Service, token: str, **wanted: Any) -> Preferences:
    """Change choices by the link, and have done what the workers do of it."""
    async with service.public.begin() as tx:
        found = await preferences.change(tx, token, PreferencesChange.model_validate(wanted), now=now())
    await take_in(service)
    return found


async def choose(service: Service, token: str, language: Language, *topics: str) -> None:
    async with service.public.begin() as tx:
        await leaving.choose(tx, token, language, topics)


async def undo(service: Service, token: str) -> None:
    async with service.public.begin() as tx:
        await leaving.undo(tx, token)


def may_be_asked_again(database: Database) -> None:
    """As if the last messages to everybody had been long ago."""
    run_sql(database, "UPDATE contacts SET asked_at = '{}'")


def unsubscribe_token(service: Service, email: str) -> str:
    """The token below the newest update that an address got."""
    for message in reversed(service.notify.inbox(email)):
        if found := re.search(r"/unsubscribe/([\w-]+)", message["body"]):
            return found.group(1)
    raise AssertionError("no update came")


def hashed(token: str) -> str:
    return token_hash(token).hex()
