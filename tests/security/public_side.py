"""The whole service with its public process in front, as somebody outside meets it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.one_machine.valkey import EmbeddedValkey
from tests.harness.people import Service
from tests.harness.servers import Database
from tests.web_public.serving import public_process

LINK = re.compile(r"/(?:confirm|manage|unsubscribe)/[\w-]{20,}")


@dataclass
class PublicSide:
    """The service behind its letterbox, and a client in front of it."""

    service: Service
    client: httpx.Client

    def form(self, email: str, **changes: Any) -> dict[str, Any]:
        return self.service.form(email, **changes).model_dump(mode="json", exclude_none=True)

    def register(self, email: str, **changes: Any) -> httpx.Response:
        """Register as a partner does."""
        return self.client.post("/v1/schemes/windrush/registrations", json=self.form(email, **changes))

    def links(self, email: str) -> list[str]:
        """The paths of all links of ours that an address was sent."""
        bodies = [message["body"] for message in self.service.notify.inbox(email)]
        return [path for body in bodies for path in LINK.findall(body)]


@contextmanager
def public_side(service: Service, database: Database, valkey: EmbeddedValkey) -> Iterator[PublicSide]:
    """`service` with a public process on its database, for as long as the block."""
    with (
        public_process(database, valkey) as serving,
        httpx.Client(base_url=serving.url, trust_env=False, timeout=30) as client,
    ):
        yield PublicSide(service, client)
