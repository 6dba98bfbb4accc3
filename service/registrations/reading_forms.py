"""An opened form, with its addresses and their blind indexes. Only workers have one."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from service.crypto.blind_index import BlindIndex, IndexKey
from service.crypto.sealing import SealingKey
from service.errors import Unavailable
from service.notify.addresses import email_address, phone_number, postal_address, postal_index_form
from service.registrations.form import RegistrationForm
from service.registrations.words import Channel, ContactBy, GivenBy
from service.schemes.reading import SchemeView

ContactKey = tuple[UUID, str, bytes]
"""What is unique of a contact: its scheme, channel and blind index."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a form, in the clear. Its `repr` does not show it."""

    channel: Channel
    text: str = field(repr=False)
    """An email address, a number in E.164, or the lines of a letter's address, the name first."""
    index: BlindIndex = field(repr=False)
    place: BlindIndex | None = field(default=None, repr=False)
    """Of a postal address: the index without the name, which everybody in one home shares."""


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """Addresses out of their envelope, with what is needed to find and to store them."""

    scheme: SchemeView
    addresses: tuple[Address, ...]
    """One for each way of being told, in the person's own order."""

    def key(self, address: Address) -> ContactKey:
        """Under which `address` is found."""
        return (self.scheme.id, address.channel.value, address.index)

    @cached_property
    def sealing_key(self) -> SealingKey:
        """The key that what is kept of it is sealed to. Raises `Unavailable`."""
        if self.scheme.sealing_key is None:
            raise Unavailable
        return self.scheme.sealing_key


@dataclass(frozen=True, kw_only=True)
class Opened(Addressed):
    """A form out of its envelope."""

    intake: UUID
    form: RegistrationForm = field(repr=False)
    given_by: GivenBy | None = None
    """How it came to the caseworker who typed it; None where nobody else did."""


def read_form(
    intake: UUID,
    scheme: SchemeView,
    form: RegistrationForm,
    index: IndexKey,
    *,
    given_by: GivenBy | None = None,
) -> Opened:
    """`form` with its addresses normalised and indexed. Raises ValueError where one lacks."""
    addresses = tuple(_address(way, form, index) for way in form.contact_by)
    return Opened(intake=intake, scheme=scheme, form=form, addresses=addresses, given_by=given_by)


def _address(way: ContactBy, form: RegistrationForm, index: IndexKey) -> Address:
    match way:
        case ContactBy.EMAIL:
            return read_email(_given(form.email), index)
        case ContactBy.SMS:
            return read_number(Channel.SMS, _given(form.mobile), index)
        case ContactBy.PHONE:
            return read_number(Channel.PHONE, _given(form.mobile), index)
        case ContactBy.LETTER:
            return read_post(form.addressee, _given(form.postal_address), index)


def _given(text: str | None) -> str:
    if text is None:
        raise ValueError("a form without an address that it needs")
    return text


def read_email(text: str, index: IndexKey) -> Address:
    """An email address as it is stored and found. Raises ValueError."""
    email = email_address(text)
    return Address(Channel.EMAIL, email.as_typed, index.email(email.index_form))


def read_number(channel: Channel, text: str, index: IndexKey) -> Address:
    """A number for texts or for calls, as it is stored and found. Raises ValueError."""
    e164 = phone_number(text).e164
    return Address(channel, e164, index.phone(e164))


def read_post(addressee: str | None, text: str, index: IndexKey) -> Address:
    """A letter's address with the name on it, as it is stored and found. Raises ValueError.

    Two people in one home are two contacts: a letter is one person's.
    """
    place = postal_address(text)
    named = f"{addressee}\n{place.text}" if addressee else place.text
    return Address(
        Channel.LETTER, named, index.post(postal_index_form(named)), place=index.post(place.index_form)
    )
