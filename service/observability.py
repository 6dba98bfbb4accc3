"""Logs: what happened, by event name, id and count. Never an address, a name, a text or a link."""

import logging
import sys
from typing import Literal

import structlog

QUIET = ("notifications_python_client", "urllib3", "arq", "httpx", "sqlalchemy.engine")
"""Libraries whose messages can hold what they were given."""


def configure_logging(style: Literal["text", "json"]) -> None:
    """Send structured logs to standard error, and silence libraries that repeat what they handle."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s", stream=sys.stderr, force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values_of_exceptions,
            structlog.processors.JSONRenderer()
            if style == "json"
            else structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_values_of_exceptions(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception is logged by its type and place: its text can hold what it choked on."""
    error = event.pop("error", None)
    event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = where(error)
        diagnosis = getattr(getattr(error, "orig", None), "diag", None)
        if diagnosis is not None:
            # Names of ours; its message and DETAIL can hold values.
            event["sqlstate"], event["constraint"] = diagnosis.sqlstate, diagnosis.constraint_name
    elif error is not None:
        event["error"] = error
    return event


def where(error: BaseException) -> str:
    """The file and line that raised `error`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    path = trace.tb_frame.f_code.co_filename
    return f"{'/'.join(path.split('/')[-3:])}:{trace.tb_lineno}"


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
