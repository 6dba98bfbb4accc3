"""Which rule a sent body broke, in plain English, by field (contract.md: no problem repeats what was sent).

pydantic's own messages and `ctx` can hold the input; the sentences here are ours. What they quote
comes from the model alone: a limit, or the list of allowed words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from pydantic_core.core_schema import ErrorType

UNREADABLE: Final = "json_invalid"

_OF_PYDANTIC: Final = frozenset(get_args(ErrorType))
_WHERE: Final = frozenset({"body", "path", "query", "header", "cookie"})
_OF_A_KEY: Final = "[key]"

_TEXT: Final = "It has to be text"
_LIST: Final = "It has to be a list"
_OBJECT: Final = "It has to be a JSON object, sent as application/json"
_NUMBER: Final = "It has to be a whole number"
_DATE: Final = "It has to be a date and time with its zone, such as 2027-01-31T09:00:00Z"

_RULES: Final[Mapping[str, str | Callable[[Mapping[str, Any]], str]]] = {
    "missing": "It is needed",
    "extra_forbidden": "It has a field that is not known here",
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": "It has to be text that can be encoded as UTF-8",
    "string_too_short": lambda ctx: f"It has to have at least {_characters(ctx['min_length'])}",
    "string_too_long": lambda ctx: f"It may have at most {_characters(ctx['max_length'])}",
    "string_pattern_mismatch": "It does not have the form that the documentation describes",
    "enum": lambda ctx: f"It has to be one of these: {ctx['expected']}",
    "literal_error": lambda ctx: f"It has to be one of these: {ctx['expected']}",
    "list_type": _LIST,
    "too_short": lambda ctx: f"It has to have at least {_entries(ctx['min_length'])}",
    "too_long": lambda ctx: f"It may have at most {_entries(ctx['max_length'])}",
    "bool_type": "It has to be true or false",
    "bool_parsing": "It has to be true or false",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_from_float": _NUMBER,
    "greater_than": lambda ctx: f"It has to be more than {ctx['gt']}",
    "greater_than_equal": lambda ctx: f"It has to be {ctx['ge']} or more",
    "less_than": lambda ctx: f"It has to be less than {ctx['lt']}",
    "less_than_equal": lambda ctx: f"It has to be {ctx['le']} or less",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "datetime_type": _DATE,
    "datetime_parsing": _DATE,
    "datetime_from_date_parsing": _DATE,
    "timezone_aware": _DATE,
    "uuid_type": "It has to be an id, as given by this service",
    "uuid_parsing": "It has to be an id, as given by this service",
}
_SOMETHING: Final = "It does not have the form that the documentation describes"


class BrokenRule(NamedTuple):
    """A field by its path (`email`, `topics.0`; empty for the whole body), and what it has to be."""

    field: str
    rule: str


def broken_rules(errors: Sequence[Mapping[str, Any]]) -> tuple[BrokenRule, ...]:
    """Pydantic's `errors` as fields and rules, each once, in order."""
    return tuple(dict.fromkeys(BrokenRule(_field(error), _rule(error)) for error in errors))


def _field(error: Mapping[str, Any]) -> str:
    path = list(error["loc"])
    if path and path[0] in _WHERE:
        del path[0]
    if error["type"] == "extra_forbidden" and path:
        # The last part is the name that somebody made up, and that may be anything.
        path.pop()
    if path and path[-1] == _OF_A_KEY:
        del path[-2:]
    return ".".join(str(part) for part in path)


def _rule(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind not in _OF_PYDANTIC:
        # A rule of a form of ours (`PydanticCustomError`), whose message is a fixed sentence.
        return str(error["msg"])
    sentence = _RULES.get(kind, _SOMETHING)
    return sentence if isinstance(sentence, str) else sentence(error["ctx"])


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
