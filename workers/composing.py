"""From a claimed message about a registration to what leaves for its one holder."""

from typing import assert_never

from service.notify.addresses import EmailAddress, PhoneNumber, PostalAddress
from service.notify.gateway import EmailMessage, LetterMessage, Message, TextMessage
from service.notify.guard import Allowed
from service.registrations.claiming import ClaimedConfirmation
from service.registrations.saying import shown_code
from service.registrations.wording import Filled, Written, words
from service.registrations.words import Channel, Purpose
from service.schemes.reading import SchemeView
from workers.copying import Copied, Copy, write_copy
from workers.rendering import Recipient, open_recipient
from workers.unsealing import Keyring


def compose(
    claimed: ClaimedConfirmation,
    scheme: SchemeView,
    allowed: Allowed,
    keys: Keyring,
    public_url: str,
    copied: Copied | None = None,
) -> Message:
    """The message as it will leave; `copied` is what is held, where it is a copy. Raises `CannotOpen`."""
    recipient = open_recipient(keys, claimed.channel, claimed.sealed_contact, claimed.contact_id)
    if copied is not None:
        copy = write_copy(copied, claimed, scheme, allowed, keys)
        return _copy(recipient, copy, claimed.reference, reply_to_id=scheme.reply_to_id)
    filled = Filled(
        scheme=scheme.name[claimed.language.value],
        until=claimed.expires_at.date(),
        link=_link(claimed, public_url),
        code=_code(claimed, keys),
        number=claimed.number or "",
        page=f"{public_url}/{scheme.slug}/code",
        telephone=allowed.telephone,
    )
    written = words(claimed.purpose, claimed.channel, claimed.language, filled, reminds=claimed.reminds)
    ours = tuple(text for text in (filled.link, filled.code, filled.page, filled.number) if text)
    return _message(recipient, written, claimed.reference, ours, reply_to_id=scheme.reply_to_id)


def _message(
    recipient: Recipient, written: Written, reference: str, ours: tuple[str, ...], *, reply_to_id: str | None
) -> Message:
    match recipient:
        case EmailAddress():
            return EmailMessage(
                recipient, written.subject, written.body, reference, own_links=ours, reply_to_id=reply_to_id
            )
        case PhoneNumber():
            return TextMessage(recipient, written.body, reference, own_links=ours)
        case PostalAddress():
            return LetterMessage(recipient, written.subject, written.body, reference, own_links=ours)
        case _:
            assert_never(recipient)


def _copy(recipient: Recipient, copy: Copy, reference: str, *, reply_to_id: str | None) -> Message:
    """The one message that holds what a person typed, to that person alone (security.md)."""
    written, own = copy.written, copy.own_details
    match recipient:
        case EmailAddress():
            return EmailMessage(
                recipient,
                written.subject,
                written.body,
                reference,
                reply_to_id=reply_to_id,
                own_details=own,
                sanitised=True,
            )
        case PostalAddress():
            return LetterMessage(recipient, written.subject, written.body, reference, own_details=own)
        case PhoneNumber():
            raise ValueError("a copy of what is held is not sent by text")
        case _:
            assert_never(recipient)


def _link(claimed: ClaimedConfirmation, public_url: str) -> str:
    page = "manage" if claimed.purpose is Purpose.MANAGE else "confirm"
    return f"{public_url}/{page}/{claimed.token}"


def _code(claimed: ClaimedConfirmation, keys: Keyring) -> str | None:
    """As it is printed, in two halves; None where this message has none."""
    if not claimed.has_code:
        return None
    make = keys.tokens.letters if claimed.channel is Channel.LETTER else keys.tokens.digits
    return shown_code(make(claimed.id))
