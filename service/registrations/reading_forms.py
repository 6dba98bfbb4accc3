"""An opened form, with its addresses and their blind indexes. Only workers have one."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from service.crypto.blind_index import BlindIndex, IndexKey
from service.crypto.sealing import SealingKey
from service.errors import Unavailable
from service.notify.addresses import email_address, phone_number, postal_index_form
from service.registrations.form import RegistrationForm
from service.registrations.words import Channel, ContactBy
from service.schemes.reading import SchemeView


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a form, in the clear. Its `repr` does not show it."""

    channel: Channel
    text: str = field(repr=False)
    index: BlindIndex = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A form out of its envelope, with what is needed to find and to store it."""

    intake: UUID
    scheme: SchemeView
    form: RegistrationForm = field(repr=False)
    email: Address
    others: tuple[Address, ...]
    """Further contacts that were asked for. A mobile is one only where texts were chosen."""

    @property
    def addresses(self) -> tuple[Address, ...]:
        return (self.email, *self.others)

    @cached_property
    def sealing_key(self) -> SealingKey:
        """The key that what is kept of it is sealed to. Raises `Unavailable`."""
        if self.scheme.sealing_key is None:
            raise Unavailable
        return self.scheme.sealing_key


def read_form(intake: UUID, scheme: SchemeView, form: RegistrationForm, index: IndexKey) -> Opened:
    """`form` with its addresses normalised and indexed. Raises ValueError where it has no email."""
    if form.email is None:
        raise ValueError("a form without an email address")
    email = email_address(form.email)
    others: list[Address] = []
    if ContactBy.SMS in form.contact_by and form.mobile is not None:
        e164 = phone_number(form.mobile).e164
        others.append(Address(Channel.SMS, e164, index.phone(e164)))
    if ContactBy.LETTER in form.contact_by and form.postal_address is not None:
        post = postal_index_form(form.postal_address)
        others.append(Address(Channel.LETTER, form.postal_address, index.post(post)))
    return Opened(
        intake=intake,
        scheme=scheme,
        form=form,
        email=Address(Channel.EMAIL, email.as_typed, index.email(email.index_form)),
        others=tuple(others),
    )
