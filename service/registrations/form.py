"""The body of a registration, with its rules (contract.md, Public JSON API).

Every rule that breaks is said of its field, in plain English, without the value.
"""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from service.notify.addresses import (
    MOST_LINES,
    NOT_AT_THE_START,
    NotAnAddress,
    email_address,
    mobile_number,
    phone_number,
    postal_address,
)
from service.registrations.words import ContactBy, Format, Kind, Language, Relationship

NEEDS: dict[ContactBy, str] = {
    ContactBy.EMAIL: "email",
    ContactBy.SMS: "mobile",
    ContactBy.LETTER: "postal_address",
    ContactBy.PHONE: "mobile",
}
"""The contact that each way of being told needs."""

LONGEST_ADDRESSEE = 70


def _storable(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("not_text", "It has a character that cannot be stored")
    return value


def _email(value: str) -> str:
    return _checked(email_address, value)


def _phone(value: str) -> str:
    return _checked(phone_number, value)


def _post(value: str) -> str:
    return _checked(postal_address, value)


def _checked(reads: Any, value: str) -> str:
    try:
        reads(value)
    except NotAnAddress as error:
        raise PydanticCustomError(error.name, str(error)) from None
    return value


def _needed(rule: str) -> PydanticCustomError:
    return PydanticCustomError("needed", rule)


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, Field(max_length=200)]
Email = Annotated[Text, Field(max_length=400), AfterValidator(_email)]
Phone = Annotated[Text, Field(max_length=60), AfterValidator(_phone)]
Post = Annotated[Text, Field(max_length=1000), AfterValidator(_post)]


def as_addressee(name: str | None) -> str | None:
    """`name` as it stands above a postal address; None where there is none.

    One line that fits a window, and begins as Notify lets a line of an address begin.
    """
    line = " ".join((name or "").split()).lstrip(" " + "".join(NOT_AT_THE_START))[:LONGEST_ADDRESSEE].strip()
    return line or None


class RegistrationForm(BaseModel):
    """What a person, or a partner for them, sends. `repr` shows no value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    kind: Kind
    email: Email | None = None
    mobile: Phone | None = None
    postal_address: Post | None = None
    name: Name | None = None
    organisation: Name | None = None
    relationship: Relationship | None = None
    language: Language
    topics: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=50)]
    contact_by: Annotated[list[ContactBy], Field(min_length=1, max_length=4)]
    formats: Annotated[list[Format], Field(max_length=6)] = []
    challenge: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")] | None = None
    consent: Annotated[bool, Field(strict=True, json_schema_extra={"const": True})]

    def __repr__(self) -> str:
        return "<registration form>"

    __str__ = __repr__

    def __repr_args__(self) -> tuple[()]:
        return ()  # Rich and other pretty printers ask for these.

    @property
    def addressee(self) -> str | None:
        """Whose name stands above a postal address: no other message has anybody's name."""
        return as_addressee(self.organisation if self.kind is Kind.ORGANISATION else self.name)

    @field_validator("consent")
    @classmethod
    def _said_yes(cls, value: bool) -> bool:
        if not value:
            raise PydanticCustomError("consent", "It has to be true: nobody is registered without agreeing")
        return value

    @field_validator("topics", "contact_by", "formats")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    @field_validator("email", "mobile", "postal_address", "name", "organisation", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wrong = {
            NEEDS[way]: _needed(f"It is needed, because contact_by has {way.value}")
            for way in self.contact_by
            if getattr(self, NEEDS[way]) is None
        }
        wrong |= self._unusable()
        if self.kind is Kind.ORGANISATION and self.organisation is None:
            wrong["organisation"] = _needed("It is needed for an organisation")
        if self.kind is Kind.REPRESENTATIVE and self.relationship is None:
            wrong["relationship"] = _needed(
                "It is needed for a representative: family, estate, legal or helper"
            )
        if self.kind is not Kind.REPRESENTATIVE and self.relationship is not None:
            wrong["relationship"] = PydanticCustomError("not_needed", "It is for representatives only")
        if wrong:
            raise ValidationError.from_exception_data(
                "RegistrationForm",
                [InitErrorDetails(type=rule, loc=(name,), input=None) for name, rule in wrong.items()],
                hide_input=True,
            )
        return self

    def _unusable(self) -> dict[str, PydanticCustomError]:
        """What is right by itself, and does not fit how they want to be told."""
        wrong: dict[str, PydanticCustomError] = {}
        if ContactBy.SMS in self.contact_by and self.mobile is not None:
            try:
                mobile_number(self.mobile)
            except NotAnAddress as error:
                wrong["mobile"] = PydanticCustomError(error.name, str(error))
        if ContactBy.LETTER in self.contact_by and self.postal_address is not None:
            lines = postal_address(self.postal_address).lines
            if self.addressee is not None and len(lines) == MOST_LINES:
                wrong["postal_address"] = PydanticCustomError(
                    "no-room-for-the-name", f"With the name above it, it has at most {MOST_LINES - 1} lines"
                )
        return wrong
