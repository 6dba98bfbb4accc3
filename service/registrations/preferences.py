"""What the holder of a manage link may see and change, as the process that faces the public may do it.

It reads no row: each function here calls one that the owner wrote (`migrations/sql/0007_living.sql`). What
it hands on, another address, it seals. A link that ended and one that never was are the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import func, select, text

from service.crypto.tokens import token_hash
from service.database import Transaction
from service.errors import Conflict, Gone, Invalid
from service.notify.addresses import MOST_LINES, NotAnAddress, mobile_number, postal_address
from service.registrations.asks import InboxAsk, ReplacementAsk, link_of
from service.registrations.form import NEEDS, Email, Name, Phone, Post
from service.registrations.letterbox import drop_ask
from service.registrations.states import RegistrationState
from service.registrations.words import ContactBy, Format, Kind, Language, Relationship
from service.schemes.reading import SchemeView, find_scheme

LONGEST_PAUSE: Final = timedelta(days=366)

CHANGE: Final = text("""
    SELECT change_preferences(:hash, :language, CAST(:topics AS text[]), CAST(:contact_by AS text[]),
        CAST(:formats AS text[]), CAST(:paused_until AS timestamptz))
""")


class HasLeft(Conflict):
    """This registration was left. Come back first, then change it."""

    code = "has-left"


class NotAnOrganisation(Conflict):
    """Only an organisation has further inboxes."""

    code = "not-an-organisation"


@dataclass(frozen=True)
class Preferences:
    """What somebody gets, and how. No address is in it, and no name."""

    scheme: str
    number: str
    status: RegistrationState
    """Confirmed or left."""
    kind: Kind
    language: Language
    topics: tuple[str, ...]
    contact_by: tuple[ContactBy, ...]
    formats: tuple[Format, ...]
    paused_until: datetime | None
    confirmed_ways: frozenset[ContactBy]
    """Those whose address has been confirmed."""
    waiting_ways: frozenset[ContactBy]
    """Those with an address that waits to be confirmed; one may be both."""

    @property
    def ways_known(self) -> frozenset[ContactBy]:
        """Those that need no address now: one was given, though it may lie in the letterbox still."""
        return self.confirmed_ways | self.waiting_ways | frozenset(self.contact_by)


def _moment(value: object) -> object:
    """A moment with its zone, or a day, which begins at midnight UTC."""
    if value is None or isinstance(value, datetime):
        return value
    try:
        if isinstance(value, date):
            value = value.isoformat()
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            if len(value) <= len("2027-01-31"):
                return read.replace(tzinfo=UTC)
            if read.tzinfo is not None:
                return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError(
        "not_a_moment",
        "It has to be a day, such as 2027-01-31, or a moment with its zone, such as 2027-01-31T09:00:00Z",
    )


class PreferencesChange(BaseModel):
    """What to change: what is left out, or null, stays as it is. A `paused_until` of null ends a pause.

    `email`, `mobile`, `postal_address` take the place of the present one once their holder has confirmed
    them. `name` stands above the postal address.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    language: Language | None = None
    topics: (
        Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=50)] | None
    ) = None
    contact_by: Annotated[list[ContactBy], Field(min_length=1, max_length=4)] | None = None
    formats: Annotated[list[Format], Field(max_length=6)] | None = None
    paused_until: Annotated[datetime | None, BeforeValidator(_moment)] = None
    email: Email | None = None
    mobile: Phone | None = None
    postal_address: Post | None = None
    name: Name | None = None

    def __repr__(self) -> str:
        return "<change of preferences>"

    __str__ = __repr__

    def __repr_args__(self) -> tuple[()]:
        return ()  # Rich and other pretty printers ask for these.

    @field_validator("topics", "contact_by", "formats")
    @classmethod
    def _once_each(cls, value: list[str] | None) -> list[str] | None:
        return value if value is None else list(dict.fromkeys(value))

    @field_validator("email", "mobile", "postal_address", "name", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def contacts(self) -> frozenset[str]:
        """Which addresses it has, by the names of their fields."""
        return frozenset(name for name in set(NEEDS.values()) if getattr(self, name) is not None)


async def look(tx: Transaction, token: str) -> Preferences:
    """What is chosen now. Raises `Gone`."""
    row = (await tx.execute(LOOK, {"hash": token_hash(token)})).one_or_none()
    if row is None:
        raise Gone
    return Preferences(
        scheme=row.scheme,
        number=row.number,
        status=RegistrationState(row.status),
        kind=Kind(row.kind),
        language=Language(row.language),
        topics=tuple(row.topics or ()),
        contact_by=tuple(ContactBy(way) for way in row.contact_by),
        formats=tuple(Format(need) for need in row.formats),
        paused_until=row.paused_until,
        confirmed_ways=frozenset(ContactBy(way) for way in row.confirmed_ways or ()),
        waiting_ways=frozenset(ContactBy(way) for way in row.waiting_ways or ()),
    )


LOOK: Final = text("SELECT * FROM look_at_preferences(:hash)")


async def change(tx: Transaction, token: str, wanted: PreferencesChange, *, now: datetime) -> Preferences:
    """Change what `wanted` names; what is chosen then.

    A further address lies sealed in the letterbox: ring for it. Raises `Gone`, `HasLeft`, `Invalid`.
    """
    before = await look(tx, token)
    if before.status is RegistrationState.LEFT:
        raise HasLeft
    scheme = await find_scheme(tx, before.scheme)
    ways = tuple(wanted.contact_by or before.contact_by)
    if wrong := what_is_wrong(wanted, before, ways, scheme, now):
        raise Invalid(wrong)
    pausing = "paused_until" in wanted.model_fields_set
    changed = await tx.scalar(
        CHANGE,
        {
            "hash": token_hash(token),
            "language": (wanted.language or before.language).value,
            "topics": wanted.topics or list(before.topics),
            "contact_by": [way.value for way in ways],
            "formats": [
                need.value for need in (before.formats if wanted.formats is None else wanted.formats)
            ],
            "paused_until": wanted.paused_until if pausing else before.paused_until,
        },
    )
    if not changed:
        raise Gone
    if wanted.contacts:
        ask = ReplacementAsk(
            link=link_of(token),
            ways=[way for way in ways if NEEDS[way] in wanted.contacts],
            email=wanted.email,
            mobile=wanted.mobile,
            postal_address=wanted.postal_address,
            name=wanted.name,
        )
        await drop_ask(tx, scheme, ask, now=now)
    return await look(tx, token)


async def take_over(
    tx: Transaction,
    token: str,
    relationship: Relationship,
    way: ContactBy,
    contact: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Ask the holder of another address to take the registration over, as its representative.

    `contact`: the address under the name of its field, and `name` for a letter, as the form has read them.
    Nothing changes until it is confirmed; then it is the only one. Raises `Gone`.
    """
    scheme = await find_scheme(tx, (await look(tx, token)).scheme)
    ask = ReplacementAsk.model_validate(
        {"link": link_of(token), "ways": [way], "becomes": relationship, **contact}
    )
    await drop_ask(tx, scheme, ask, now=now)


async def add_inbox(tx: Transaction, token: str, email: str, *, now: datetime) -> None:
    """Register a further inbox of an organisation. Raises `Gone`, `HasLeft`, `NotAnOrganisation`."""
    found = await look(tx, token)
    if found.kind is not Kind.ORGANISATION:
        raise NotAnOrganisation
    if found.status is RegistrationState.LEFT:
        raise HasLeft
    scheme = await find_scheme(tx, found.scheme)
    await drop_ask(tx, scheme, InboxAsk(link=link_of(token), email=email), now=now)


async def leave(tx: Transaction, token: str) -> None:
    """Stop all messages at once. The link goes on working for its time. Raises `Gone`."""
    await _done(tx, func.leave_managed(token_hash(token)))


async def come_back(tx: Transaction, token: str) -> None:
    """Be told again, as before. Raises `Gone`."""
    await _done(tx, func.return_managed(token_hash(token)))


async def ask_for_copy(tx: Transaction, token: str) -> None:
    """Have a copy of what is held sent to the person alone, once a day at most. Raises `Gone`."""
    await _done(tx, func.ask_for_copy(token_hash(token)))


async def erase(tx: Transaction, token: str) -> None:
    """Delete everything that is held of the person, in this transaction. Raises `Gone`.

    What stays are bare ids of what was sent; and of an address that must never be written to its blind
    index, so that nobody can register it again.
    """
    await _done(tx, func.erase_registration(token_hash(token)))


async def _done(tx: Transaction, call: Any) -> None:
    if not await tx.scalar(select(call)):
        raise Gone


def what_is_wrong(
    wanted: PreferencesChange,
    before: Preferences,
    ways: tuple[ContactBy, ...],
    scheme: SchemeView,
    now: datetime,
) -> dict[str, str]:
    """The rules that the body breaks, seen with what is held, by field."""
    known = {topic.code for topic in scheme.topics}
    wrong = {
        f"topics.{position}": "It is not one of the scheme's topics"
        for position, code in enumerate(wanted.topics or ())
        if code not in known
    }
    wrong |= {
        NEEDS[way]: f"It is needed, because contact_by has {way.value}"
        for way in ways
        if way not in before.ways_known and NEEDS[way] not in wanted.contacts
    }
    used = {NEEDS[way] for way in ways}
    wrong |= dict.fromkeys(sorted(wanted.contacts - used), "Nothing in contact_by uses it")
    if wanted.name is not None and wanted.postal_address is None:
        wrong["name"] = "It goes with a postal_address"
    until = wanted.paused_until
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        wrong["paused_until"] = "It has to be in the future, and within a year from now"
    return wrong | unusable(ways, mobile=wanted.mobile, postal=wanted.postal_address)


def unusable(ways: tuple[ContactBy, ...], *, mobile: str | None, postal: str | None) -> dict[str, str]:
    """What is right by itself, and does not fit how they want to be told."""
    wrong: dict[str, str] = {}
    if ContactBy.SMS in ways and mobile is not None:
        try:
            mobile_number(mobile)
        except NotAnAddress as error:
            wrong["mobile"] = str(error)
    # There may be a name above it, which only the workers know.
    if postal is not None and len(postal_address(postal).lines) == MOST_LINES:
        wrong["postal_address"] = f"With the name above it, it has at most {MOST_LINES - 1} lines"
    return wrong
