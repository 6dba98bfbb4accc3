"""The addresses of an opened ask, normalised and indexed. Only workers have one. All raise ValueError."""

from service.crypto.blind_index import IndexKey
from service.registrations.asks import InboxAsk, LinkAsk, Replacement
from service.registrations.form import as_addressee
from service.registrations.reading_forms import Address, Addressed, read_email, read_number, read_post
from service.registrations.words import Channel, ContactBy
from service.schemes.reading import SchemeView


def for_link(scheme: SchemeView, ask: LinkAsk, index: IndexKey) -> Addressed:
    """Where a link may go: by email, or by text."""
    found: list[Address] = []
    if ask.email is not None:
        found.append(read_email(ask.email, index))
    if ask.mobile is not None:
        found.append(read_number(Channel.SMS, ask.mobile, index))
    return Addressed(scheme=scheme, addresses=tuple(found))


def for_replacement(
    scheme: SchemeView, ask: Replacement, held_name: str | None, index: IndexKey
) -> Addressed:
    """The new addresses. Above a postal one stands the name that was given, else the one that is held.

    Whoever takes a registration over is not written to under the name of the person it was for.
    """
    name = ask.name if ask.name is not None or ask.becomes is not None else held_name

    def address(way: ContactBy) -> Address:
        match way:
            case ContactBy.EMAIL if ask.email is not None:
                return read_email(ask.email, index)
            case ContactBy.SMS if ask.mobile is not None:
                return read_number(Channel.SMS, ask.mobile, index)
            case ContactBy.PHONE if ask.mobile is not None:
                return read_number(Channel.PHONE, ask.mobile, index)
            case ContactBy.LETTER if ask.postal_address is not None:
                return read_post(as_addressee(name), ask.postal_address, index)
            case _:
                raise ValueError("a way without the address that it needs")

    return Addressed(scheme=scheme, addresses=tuple(address(way) for way in ask.ways))


def for_inbox(scheme: SchemeView, ask: InboxAsk, index: IndexKey) -> Addressed:
    """The further inbox."""
    return Addressed(scheme=scheme, addresses=(read_email(ask.email, index),))
