"""The department's own reference of something that staff ask for: a case, a letter, a ticket.

It is kept with the act, so that it may hold nobody's details.
"""

import re
from typing import Final

from service.errors import Invalid
from service.notify.details import find_details

FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/ ._-]{0,39}", re.ASCII)
FORM_RULE: Final = (
    "It has to be 1 to 40 letters, digits, spaces and / . _ - and to begin with a letter or digit"
)
NOBODYS_RULE: Final = "It has an email address or a telephone number in it: use a reference that names nobody"


def reference(typed: str, *, field: str = "reference") -> str:
    """`typed`, where it is a reference. Raises `Invalid` with the rule that it breaks."""
    if FORM.fullmatch(typed) is None:
        raise Invalid({field: FORM_RULE})
    if find_details(typed):
        raise Invalid({field: NOBODYS_RULE})
    return typed
