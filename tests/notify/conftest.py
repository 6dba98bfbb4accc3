"""The gateway to Notify, on the stand-in; a Redis without anything in it."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import redis
from pydantic import SecretStr

from deploy.one_machine.valkey import EmbeddedValkey
from service.notify.addresses import EmailAddress
from service.notify.gateway import EmailMessage, MessageType, Outcome
from service.notify.govuk import GovukNotify
from tests.harness.people import somebody
from tests.harness.servers import EMAIL_TEMPLATE, StandIn

Send = Callable[..., Outcome]


@pytest.fixture
def gateway(notify: StandIn) -> Iterator[GovukNotify]:
    made = GovukNotify(
        api_key=SecretStr(notify.api_key), base_url=notify.url, templates={MessageType.EMAIL: EMAIL_TEMPLATE}
    )
    yield made
    made.close()


@pytest.fixture
def send(gateway: GovukNotify) -> Send:
    """Hand one message over, under a fresh token."""

    def send_one(to: str | None = None, *, reference: str | None = None, body: str = "Words.") -> Outcome:
        return gateway.send(a_message(to, reference=reference, body=body), gateway.fence())

    return send_one


@pytest.fixture
def empty_redis(valkey_server: EmbeddedValkey) -> Iterator[redis.Redis]:
    """Redis with nothing in it, as its owner: the pace of other tests does not count here."""
    with redis.Redis.from_url(valkey_server.url("kept_owner")) as owner:
        owner.flushdb()
        yield owner
        owner.flushdb()


def a_message(
    to: str | None = None,
    *,
    reference: str | None = None,
    subject: str = "The news",
    body: str = "Words.",
    own_links: tuple[str, ...] = (),
) -> EmailMessage:
    return EmailMessage(
        recipient=EmailAddress.stored(to or somebody()),
        subject=subject,
        body=body,
        reference=reference or f"test-{uuid4()}",
        own_links=own_links,
    )
