"""How often one client may write, or try a secret; and whose address is believed (check 35)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network

import httpx
import pytest
import redis

from service.crypto.tokens import new_token
from service.errors import Misconfigured
from service.settings import PublicSettings, load
from service.web.public.app import create_app
from service.web.public.clients import client_of, counts
from tests.web_public.people import SchemeMade
from tests.web_public.serving import Serving
from tests.web_public.test_json_api import ADA

NOON = datetime(2026, 11, 22, 12, 0, 17, tzinfo=UTC)
TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1/32")))
MOST = 3


@dataclass
class Clock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


Open = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def opened(serving: Serving) -> AsyncIterator[Open]:
    """Public processes with a limit of three a minute, each asked from an address of one's own."""
    apps = []

    def opens(client: str, *, clock: Clock | None = None, **changes: object) -> httpx.AsyncClient:
        told = serving.settings.model_dump() | {"client_limit_per_minute": MOST} | changes
        app = create_app(PublicSettings.model_validate(told), clock=clock or Clock(NOON))
        apps.append(app)
        transport = httpx.ASGITransport(app, client=(client, 4321))
        return httpx.AsyncClient(transport=transport, base_url=serving.url)

    with redis.Redis.from_url(serving.redis_owner_url) as valkey:
        valkey.flushall()
    yield opens
    for app in apps:
        # Its end gives the connections back.
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        # From somebody who is no proxy of ours the header is only words.
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        # What a client wrote itself stands to the left of what the proxy saw.
        ("10.0.0.1", ["192.0.2.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1, 198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", ["198.51.100.1:51234"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, not an address"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("2001:db8:ffff::1", ["[2001:db8:1:3::9]:443"], "2001:db8:1:3::/64"),
        ("", [], "nowhere"),
        (None, ["198.51.100.1"], "nowhere"),
    ],
)
def test_35_only_a_trusted_proxy_is_believed_and_from_the_right(
    peer: str | None, forwarded: list[str], client: str
) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("POST", "/v1/schemes/windrush/registrations", True),
        ("POST", "/confirm/token", True),
        ("PATCH", "/v1/preferences/token", True),
        ("DELETE", "/v1/preferences/token", True),
        ("MADE-UP", "/", True),
        ("GET", "/confirm/token", False),
        ("HEAD", "/", False),
        ("POST", "/unsubscribe/token", False),
        ("POST", "/unsubscribe/token/undo", True),
        ("DELETE", "/unsubscribe/token", True),
    ],
)
def test_what_writes_or_tries_a_secret_is_counted_and_leaving_is_not(
    method: str, path: str, counted: bool
) -> None:
    assert counts(method, path) is counted


async def test_35_too_many_are_429_for_this_client_until_the_next_minute(
    opened: Open, scheme: SchemeMade
) -> None:
    path, clock = f"/v1/schemes/{scheme.slug}/registrations", Clock(NOON)
    one, other = opened("203.0.113.1", clock=clock), opened("203.0.113.2")
    elsewhere = opened("203.0.113.1")  # Another process, the same client.
    for number in range(MOST):
        client = (one, elsewhere)[number % 2]
        # What says that it was sent for somebody else is counted all the same.
        spoofed = {"x-forwarded-for": f"198.51.100.{number}", "forwarded": "for=198.51.100.1"}
        assert (await client.post(path, json=ADA, headers=spoofed)).status_code == 202
    refused = await one.post(path, json=ADA)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "43"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["content-security-policy"].startswith("default-src 'none'")
    assert refused.json()["title"] == "Too many requests"
    page = await elsewhere.post(f"/{scheme.slug}/register/email", data={})
    assert (page.status_code, page.headers["content-type"][:9]) == (429, "text/html")
    assert (await other.post(path, json=ADA)).status_code == 202
    assert (await one.get(f"/v1/schemes/{scheme.slug}")).status_code == 200
    assert (await one.post(f"/unsubscribe/{new_token()}")).status_code == 200
    clock.moment = NOON.replace(minute=1, second=0)
    assert (await one.post(path, json=ADA)).status_code == 202


async def test_35_of_a_clients_requests_that_come_together_as_many_pass_as_one_by_one(
    opened: Open, scheme: SchemeMade
) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    one, other = opened("203.0.113.1"), opened("203.0.113.2")
    answers = await asyncio.gather(*(who.post(path, json=ADA) for who in [one] * (MOST + 2) + [other]))
    assert [answer.status_code for answer in answers] == [202] * MOST + [429] * 2 + [202]


async def test_35_behind_a_trusted_proxy_each_client_has_its_own_count(
    opened: Open, scheme: SchemeMade
) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    proxy = opened("10.0.0.1", trusted_proxies="10.0.0.0/8")
    for client, expected in (("203.0.113.5", 202), ("203.0.113.6", 202), ("203.0.113.5", 429)):
        for number in range(MOST if expected == 202 else 1):
            sent = {"x-forwarded-for": f"192.0.2.{number}, {client}"}
            assert (await proxy.post(path, json=ADA, headers=sent)).status_code == expected


async def test_no_address_lies_in_redis_and_nothing_stays(
    opened: Open, scheme: SchemeMade, serving: Serving
) -> None:
    for address in ("203.0.113.77", "2001:db8::77"):
        await opened(address).post(f"/v1/schemes/{scheme.slug}/registrations", json=ADA)
    with redis.Redis.from_url(serving.redis_owner_url) as valkey:
        keys = sorted(valkey.keys("kept:count:*"))
        assert len(keys) == 2
        for key in keys:
            prefix, _, name = key.decode().rpartition(":")
            assert (prefix, len(bytes.fromhex(name))) == ("kept:count:client", 32)
            assert 0 < valkey.ttl(key) <= 120


async def test_without_redis_each_process_counts_and_nobody_is_told(opened: Open, scheme: SchemeMade) -> None:
    path = f"/v1/schemes/{scheme.slug}/registrations"
    alone = opened("203.0.113.1", redis_url="redis://127.0.0.1:1")
    answers = [(await alone.post(path, json=ADA)).status_code for _ in range(MOST + 1)]
    assert answers == [202, 202, 202, 429]


def test_a_proxy_that_is_no_network_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "KEPT_DATABASE_URL": "postgresql://kept_public:x@127.0.0.1/kept",
        "KEPT_REDIS_URL": "redis://127.0.0.1",
        "KEPT_PUBLIC_URL": "https://kept.example",
        "KEPT_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::1",
    }.items():
        monkeypatch.setenv(name, value)
    read = load(PublicSettings)
    assert read.client_limit_per_minute == 30
    assert [str(network) for network in read.trusted_proxies] == ["10.0.0.0/8", "2001:db8::1/128"]
    monkeypatch.setenv("KEPT_TRUSTED_PROXIES", "the load balancer")
    with pytest.raises(Misconfigured, match=r"^KEPT_TRUSTED_PROXIES"):
        load(PublicSettings)
