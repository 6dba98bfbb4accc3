"""References to a case, as staff type them: too short and too plain to hold anybody's details."""

from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from service.notify.details import find_details

RULE: Final = (
    "It has to begin with a letter or digit, and have at most 40 letters, digits, spaces and / . _ -"
)
NOBODYS: Final = "It has to be a case's reference, without anybody's address or number"


def _of_nobody(value: str) -> str:
    if find_details(value):
        raise PydanticCustomError("somebodys", NOBODYS)
    return value


def _plain(value: str) -> str:
    first, rest = value[:1], value[1:]
    if (
        not value.isascii()
        or not first.isalnum()
        or len(value) > 40
        or not all(sign.isalnum() or sign in "/ ._-" for sign in rest)
    ):
        raise PydanticCustomError("no_reference", RULE)
    return value


Reference = Annotated[
    str, StringConstraints(strip_whitespace=True), AfterValidator(_plain), AfterValidator(_of_nobody)
]
