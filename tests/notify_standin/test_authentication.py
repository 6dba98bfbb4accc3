"""Keys that come while it runs. Who else is let in: tests/notify_contract/test_who_is_let_in.py."""

from uuid import uuid4

import pytest
from notifications_python_client.errors import HTTPError

from tests.notify_standin.conftest import ANY_TEXT, Running


def test_a_key_that_was_added_opens(notify: Running, address: str) -> None:
    secret = str(uuid4())
    with pytest.raises(HTTPError):
        notify.client(secret).send_email_notification(address, ANY_TEXT, {"subject": "s", "body": "b"})
    notify.tell("keys", {"secret": secret, "type": "live", "name": "another"})
    notify.client(secret).send_email_notification(address, ANY_TEXT, {"subject": "s", "body": "b"})
    assert len(notify.inbox(address)) == 1
