"""Whom a message may go to: addresses, numbers, postal addresses.

Sources: notify.md "Requests", "Delivery", "Seen on a running server"; `recipient_validation/` of
notifications-utils.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from deploy.demo.notify.answers import invalid
from deploy.demo.notify.kinds import MessageType

# Characters that Notify drops from an address because nobody sees them.
OBSCURE_WHITESPACE: Final = dict.fromkeys(map(ord, "\u180e\u200b\u200c\u200d\u2060\ufeff\u00a0\u202f"), None)
LOCAL_AND_DOMAIN: Final = re.compile(r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\-]+@([^.@][^@\s]+)$")
HOST_LABEL: Final = re.compile(r"^(xn|[a-z0-9]+)(-?-[a-z0-9]+)*$", re.IGNORECASE)
TOP_LEVEL: Final = re.compile(r"^([a-z]{2,63}|xn--([a-z0-9]+-)*[a-z0-9]+)$", re.IGNORECASE)
LONGEST_ADDRESS: Final = 320
LONGEST_HOST: Final = 253
LONGEST_LABEL: Final = 63

# Accepted with a 201 and then forgotten: nothing is stored, nothing is sent.
SIMULATED: Final = frozenset(
    {f"simulate-delivered{suffix}@notifications.service.gov.uk" for suffix in ("", "-2", "-3")}
    | {"447700900000", "447700900111", "447700900222"}
)
# What becomes of a test key's message; anything else is delivered.
TEST_KEY_OUTCOMES: Final = {
    "temp-fail@simulator.notify": "temporary-failure",
    "perm-fail@simulator.notify": "permanent-failure",
    "447700900003": "temporary-failure",
    "447700900002": "permanent-failure",
}

POSTCODE: Final = re.compile(r"^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2})$")
FEWEST_DIGITS_ABROAD: Final = 8
FEWEST_LINES: Final = 3
# Enough of Notify's list for a scheme's demo; a country that is missing here is refused, not guessed.
COUNTRIES: Final = frozenset(
    [
        "antigua and barbuda",
        "australia",
        "austria",
        "bahamas",
        "bangladesh",
        "barbados",
        "belgium",
        "belize",
        "canada",
        "cyprus",
        "denmark",
        "dominica",
        "france",
        "germany",
        "ghana",
        "greece",
        "grenada",
        "guyana",
        "india",
        "ireland",
        "italy",
        "jamaica",
        "kenya",
        "malta",
        "netherlands",
        "new zealand",
        "nigeria",
        "norway",
        "pakistan",
        "poland",
        "portugal",
        "saint lucia",
        "sierra leone",
        "south africa",
        "spain",
        "sri lanka",
        "sweden",
        "switzerland",
        "trinidad and tobago",
        "uganda",
        "united states",
        "zambia",
        "zimbabwe",
    ]
)


def email_problem(address: str) -> str | None:
    """What is wrong with an email address, in Notify's words."""
    return None if _is_email(address) else "Not a valid email address"


@lru_cache(maxsize=4096)
def _is_email(text: str) -> bool:
    address = stripped(text)
    found = LOCAL_AND_DOMAIN.match(address)
    if not found or len(address) > LONGEST_ADDRESS or ".." in address:
        return False
    try:
        host = found.group(1).encode("idna").decode("ascii")
    except UnicodeError:
        return False
    labels = host.split(".")
    if len(host) > LONGEST_HOST or len(labels) < 2:
        return False
    if not all(label and len(label) <= LONGEST_LABEL and HOST_LABEL.match(label) for label in labels):
        return False
    return TOP_LEVEL.match(labels[-1]) is not None


def phone_problem(number: str) -> str | None:
    """What is wrong with a phone number, in Notify's words. One abroad is right, whoever may write to it."""
    digits = _dialled(number).lstrip("+")
    if not digits.isdecimal():
        return "Must not contain letters or symbols"
    if is_abroad(number):
        return None if len(digits.lstrip("0")) >= FEWEST_DIGITS_ABROAD else "Not enough digits"
    national = digits.lstrip("0").removeprefix("44").lstrip("0")
    if not national.startswith("7"):
        return "Not a UK mobile number"
    if len(national) > 10:
        return "Too many digits"
    if len(national) < 10:
        return "Not enough digits"
    return None


def is_abroad(number: str) -> bool:
    """Whether a phone number begins with the code of another country."""
    digits = _dialled(number)
    return (digits.startswith("+") and not digits.startswith("+44")) or (
        digits.startswith("00") and not digits.startswith("0044")
    )


def _dialled(number: str) -> str:
    return re.sub(r"[\s()\-.]", "", stripped(number))


def stripped(text: str) -> str:
    return text.translate(OBSCURE_WHITESPACE).strip()


def inbox_of(message_type: MessageType, recipient: str) -> str:
    """The one name of whoever receives: a lower-cased address, `447700900123`, or postal lines."""
    match message_type:
        case "email":
            return stripped(recipient).lower()
        case "sms":
            digits = re.sub(r"\D", "", recipient)
            return "44" + digits.lstrip("0").removeprefix("44").lstrip("0")
        case "letter":
            return recipient.lower()


def address_lines(personalisation: Mapping[str, Any]) -> list[str]:
    """The lines of a postal address, empty ones left out. Raises `Refused` 400."""
    named = {re.sub(r"[ _-]", "", name).lower(): value for name, value in personalisation.items()}
    names = [*(f"addressline{number}" for number in range(1, 8)), "postcode"]
    lines = [" ".join(str(named[name]).split()) for name in names if named.get(name) is not None]
    lines = [line for line in lines if line]
    if len(lines) < FEWEST_LINES:
        raise invalid(f"Address must be at least {FEWEST_LINES} lines")
    if len(lines) > 7:
        raise invalid("Address must be no more than 7 lines")
    if not POSTCODE.match(lines[-1].upper()) and lines[-1].lower() not in COUNTRIES:
        raise invalid("Last line of address must be a real UK postcode or another country")
    return lines
