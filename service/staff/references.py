"""References of the department's own, as staff type them: too plain to hold anybody's details."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from service.notify.details import find_details

PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/ ._-]{0,39}")
RULE: Final = (
    "It has to begin with a letter or digit, to have at most 40 letters, digits, spaces and / . _ -, "
    "and no address or telephone number in it"
)


def names_nobody(reference: str) -> bool:
    """Whether a reference keeps to `RULE`."""
    return PLAIN.fullmatch(reference) is not None and not find_details(reference)


def _kept(reference: str) -> str:
    if not names_nobody(reference):
        raise PydanticCustomError("reference", RULE)
    return reference


Reference = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_kept)]
