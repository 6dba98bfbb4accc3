"""Where the keys come from, how often the issuer is asked, and what happens when it is not there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from deploy.one_machine.ports import free_port
from service.errors import Unavailable
from service.staff.bearer import BadToken, BearerVerifier
from service.staff.issuer import Issuer, IssuerUnreachable
from tests.demo_issuer.running import AUDIENCE, RunningIssuer, running_issuer
from tests.staff.forging import Forger

ISSUER = "https://login.example.org"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PUBLISHED = ECKey.generate_key("P-256", auto_kid=True)


class Counted:
    """A client that counts the key sets it was asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.http = httpx.AsyncClient(trust_env=False, event_hooks={"request": [self._count]})

    async def _count(self, request: httpx.Request) -> None:
        self.asked += request.url.path == "/jwks"

    def verifier(self, issuer: RunningIssuer) -> BearerVerifier:
        return BearerVerifier(
            Issuer(issuer=issuer.url, http=self.http), audience=AUDIENCE, role_claim="roles"
        )


@pytest.fixture
async def counted() -> AsyncIterator[Counted]:
    counter = Counted()
    async with counter.http:
        yield counter


async def test_the_keys_are_fetched_once_for_many_tokens(
    counted: Counted, issuer: RunningIssuer, forger: Forger, now: datetime
) -> None:
    verifier = counted.verifier(issuer)

    await asyncio.gather(*(verifier.verify(forger.token(), now=now) for _ in range(20)))

    assert counted.asked == 1


async def test_made_up_key_ids_do_not_make_us_hammer_the_issuer(
    counted: Counted, issuer: RunningIssuer, forger: Forger, now: datetime
) -> None:
    verifier = counted.verifier(issuer)
    for attempt in range(50):
        with pytest.raises(BadToken):
            await verifier.verify(forger.token(header={"kid": f"made-up-{attempt}"}), now=now)
    assert counted.asked == 1

    for attempt in range(50):
        with pytest.raises(BadToken):
            await verifier.verify(
                forger.token(header={"kid": f"later-{attempt}"}), now=now + timedelta(seconds=6)
            )
    assert counted.asked == 2


async def test_a_token_that_could_never_pass_asks_nobody(
    counted: Counted, issuer: RunningIssuer, forger: Forger, now: datetime
) -> None:
    verifier = counted.verifier(issuer)
    for token in (
        "garbage",
        forger.unsigned(alg="none"),
        forger.hs256(b"secret"),
        forger.token(header={"typ": "x"}),
    ):
        with pytest.raises(BadToken):
            await verifier.verify(token, now=now)
    assert counted.asked == 0


async def test_a_new_key_of_the_issuer_is_found_and_an_old_one_forgotten(
    counted: Counted, tmp_path: Path, now: datetime
) -> None:
    with running_issuer(_made(tmp_path, "first")) as first:
        old = Forger(first)
        verifier = counted.verifier(first)
        await verifier.verify(old.token(), now=now)
    with running_issuer(_made(tmp_path, "second"), port=first.port) as second:
        new = Forger(second)
        soon = now + timedelta(seconds=6)

        assert await verifier.verify(new.token(), now=soon)
        with pytest.raises(BadToken):
            await verifier.verify(old.token(), now=soon)


def _made(directory: Path, name: str) -> Path:
    made = directory / name
    made.mkdir()
    return made


async def test_without_the_issuer_known_keys_last_ten_minutes_and_then_nobody_passes(
    counted: Counted, tmp_path: Path, now: datetime
) -> None:
    with running_issuer(tmp_path) as gone:
        forger = Forger(gone)
        verifier = counted.verifier(gone)
        token = forger.token()
        await verifier.verify(token, now=now)

    assert await verifier.verify(token, now=now + timedelta(minutes=9))
    with pytest.raises(IssuerUnreachable):
        await verifier.verify(token, now=now + timedelta(minutes=11))


async def test_an_issuer_that_is_not_there_is_unavailable_and_not_asked_again_at_once(
    forger: Forger, now: datetime
) -> None:
    attempts = 0

    async def count(_: httpx.Request) -> None:
        nonlocal attempts
        attempts += 1

    nobody = f"http://127.0.0.1:{free_port()}"
    async with httpx.AsyncClient(trust_env=False, event_hooks={"request": [count]}) as http:
        verifier = BearerVerifier(Issuer(issuer=nobody, http=http), audience=AUDIENCE, role_claim="roles")
        for _ in range(20):
            with pytest.raises(Unavailable):
                await verifier.verify(forger.token(), now=now)
        assert attempts == 1

        with pytest.raises(Unavailable):
            await verifier.verify(forger.token(), now=now + timedelta(seconds=6))
        assert attempts == 2


async def test_an_unknown_key_while_the_issuer_is_away_is_not_called_wrong(
    counted: Counted, tmp_path: Path, now: datetime
) -> None:
    with running_issuer(tmp_path) as gone:
        forger = Forger(gone)
        verifier = counted.verifier(gone)
        await verifier.verify(forger.token(), now=now)
    later = now + timedelta(seconds=6)

    for _ in range(2):
        with pytest.raises(IssuerUnreachable):
            await verifier.verify(forger.token(header={"kid": "perhaps-new"}), now=later)
    assert await verifier.verify(forger.token(), now=later)


async def test_a_slow_answer_about_a_made_up_key_id_stalls_nobody_else() -> None:
    answering = asyncio.Event()
    asked = asyncio.Event()
    first = True

    async def answer(request: httpx.Request) -> httpx.Response:
        if not first:
            asked.set()
            await answering.wait()
        return _published(PUBLISHED)(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        keys = Issuer(issuer=ISSUER, http=http)
        await keys.find(PUBLISHED.kid, now=NOW)
        first = False
        stuck = asyncio.create_task(keys.find("made-up", now=NOW + timedelta(seconds=6)))
        await asked.wait()

        found = await asyncio.wait_for(keys.find(PUBLISHED.kid, now=NOW + timedelta(seconds=6)), 1)

        answering.set()
        assert found is not None
        assert await stuck is None


async def test_a_clock_that_was_set_back_does_not_keep_old_keys_for_hours() -> None:
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += request.url.path == "/jwks"
        return _published(PUBLISHED)(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        keys = Issuer(issuer=ISSUER, http=http)
        await keys.find(PUBLISHED.kid, now=NOW)
        await keys.find(PUBLISHED.kid, now=NOW - timedelta(hours=3))

    assert asked == 2


def _published(*keys: Key, **discovery: object) -> Callable[[httpx.Request], httpx.Response]:
    document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **discovery}
    # Private on purpose where a key has a private half: even that must do no harm.
    published = {"keys": [key.as_dict() for key in keys]}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=published if request.url.path == "/jwks" else document)

    return answer


async def _find(answer: Callable[[httpx.Request], httpx.Response], kid: str | None) -> Key | None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        return await Issuer(issuer=ISSUER, http=http).find(kid, now=NOW)


async def test_keys_of_every_allowed_kind_are_found() -> None:
    rsa = RSAKey.generate_key(2048, auto_kid=True)
    kinds: list[Key] = [rsa, PUBLISHED, OKPKey.generate_key("Ed25519", auto_kid=True)]
    for key in kinds:
        found = await _find(_published(*kinds), key.kid)
        assert found is not None
        assert found.thumbprint() == key.thumbprint()


async def test_without_a_key_id_only_an_only_key_is_meant() -> None:
    other = ECKey.generate_key("P-256", auto_kid=True)

    assert await _find(_published(PUBLISHED), None) is not None
    assert await _find(_published(PUBLISHED, other), None) is None


async def test_a_shared_secret_or_an_encryption_key_verifies_nothing() -> None:
    secret = OctKey.generate_key(256, auto_kid=True)
    encrypting = ECKey.generate_key("P-256", parameters={"use": "enc"}, auto_kid=True)

    for key in (secret, encrypting):
        assert await _find(_published(PUBLISHED, key), key.kid) is None


async def test_a_key_that_is_not_understood_does_not_hide_the_others() -> None:
    strange: list[object] = [{"kty": "AKP", "kid": "x"}, {"kty": "RSA"}, {}, 7, None, {"kty": ["RSA"]}]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/jwks":
            return httpx.Response(200, json={"keys": [*strange, PUBLISHED.as_dict(private=False)]})
        return _published()(request)

    assert await _find(answer, PUBLISHED.kid) is not None


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://another.example.org"},
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": 7},
        {"jwks_uri": "http://login.example.org/jwks"},
        {"jwks_uri": "file:///etc/jwks"},
        {"jwks_uri": "https://[broken/jwks"},
    ],
    ids=str,
)
async def test_a_discovery_document_that_cannot_be_trusted_gives_no_keys(
    discovery: dict[str, object],
) -> None:
    with pytest.raises(IssuerUnreachable):
        await _find(_published(PUBLISHED, **discovery), PUBLISHED.kid)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(302, headers={"Location": "https://elsewhere.example.org/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}),
        httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", "keys": {}}),
    ],
    ids=["500", "redirect", "html", "deep", "list", "no keys", "keys no list"],
)
async def test_an_issuer_that_answers_nonsense_is_unavailable(answer: httpx.Response) -> None:
    with pytest.raises(IssuerUnreachable):
        await _find(lambda _: answer, PUBLISHED.kid)


async def test_an_issuer_that_never_finishes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.staff.issuer._ALTOGETHER_SECONDS", 0.1)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")

    async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as http:
        with pytest.raises(IssuerUnreachable):
            await asyncio.wait_for(Issuer(issuer=ISSUER, http=http).find(None, now=NOW), 5)
