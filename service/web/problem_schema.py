"""How problems appear in an OpenAPI document."""

from typing import Any, Final

from service.web.problems import MEDIA_TYPE, TITLES

SCHEMA: Final[dict[str, object]] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. It never repeats what was sent.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule"],
                "properties": {"field": {"type": "string"}, "rule": {"type": "string"}},
            },
        },
    },
}
"""What `documented` refers to."""

_OF_FASTAPI: Final = ("HTTPValidationError", "ValidationError")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route in the OpenAPI document, for the problems that it may answer."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def as_documented(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with the schema of problems, and without the 422 of FastAPI's own, which nobody gets."""
    schemas = document["components"]["schemas"]
    for name in _OF_FASTAPI:
        schemas.pop(name, None)
    schemas["Problem"] = SCHEMA
    for path in document["paths"].values():
        for call in path.values():
            if "application/json" in call["responses"].get("422", {}).get("content", {}):
                del call["responses"]["422"]
    return document
