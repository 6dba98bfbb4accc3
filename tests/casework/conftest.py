"""The staff host with workers behind it: `tests/web_staff/conftest.py` makes both."""

from tests.web_staff.conftest import (  # noqa: F401 - fixtures
    browser,
    host,
    issuer,
    owner,
    staff_port,
    tokens,
)
