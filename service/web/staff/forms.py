"""Reading the forms of staff pages: from a page of ours, and of the shape that the route expects."""

from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request

from service.web.staff.door import check_csrf
from service.web.staff.process import visitor

CSRF_FIELD = "csrf"


async def sent_form(request: Request) -> FormData:
    """The form, where it carries the session's token. Raises `SentFromElsewhere`.

    Programs send JSON to the API: for them there is no form.
    """
    form = await request.form()
    found = visitor(request)
    if found.session is not None:
        check_csrf(found, form.get(CSRF_FIELD))
    return form


SentForm = Annotated[FormData, Depends(sent_form)]


def text(form: FormData, name: str) -> str:
    """What was typed into `name`, trimmed, with the line ends of our own; empty where nothing was."""
    value = form.get(name)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def chosen(form: FormData, name: str) -> list[str]:
    """What was ticked of `name`."""
    return [value for value in form.getlist(name) if isinstance(value, str)]
