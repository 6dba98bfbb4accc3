"""Whom a bearer token lets in. The issuer is a real one, in its own process."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from service.errors import Unauthenticated
from service.staff.bearer import BadToken, BearerVerifier
from service.staff.issuer import Issuer
from service.staff.roles import Role
from tests.demo_issuer.browser import Browser
from tests.demo_issuer.running import AUDIENCE, CLIENT_ID, RunningIssuer
from tests.staff.forging import Forger

# Fixed, so that every test process collects the same names.
LONG_AGO = 1_000_000_000
FAR_AHEAD = 4_102_444_800


async def test_a_token_from_the_command_line_says_who_it_is(
    verifier: BearerVerifier, issuer: RunningIssuer, http: httpx.AsyncClient, now: datetime
) -> None:
    answer = await http.post(f"{issuer.url}/demo/token", json={"person": "caseworker2"})

    staff = await verifier.verify(answer.json()["access_token"], now=now)

    assert staff.subject == "demo-caseworker2"
    assert staff.roles == {Role.CASEWORKER}
    assert staff.email == "caseworker2@staff.example.org"
    assert staff.auth_time is not None
    assert abs(now - staff.auth_time) < timedelta(seconds=5)


async def test_a_token_from_signing_in_says_who_it_is(
    verifier: BearerVerifier, issuer: RunningIssuer, now: datetime
) -> None:
    with Browser(issuer) as browser:
        tokens = browser.sign_in("dpo")

    assert (await verifier.verify(tokens["access_token"], now=now)).roles == {Role.DPO}


async def test_what_the_forger_leaves_alone_passes(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    """Without this, every refusal below could be for another reason than its own."""
    staff = await verifier.verify(forger.token(), now=now)

    assert staff.subject == "demo-senior"
    assert staff.roles == {Role.SENIOR}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.example.org"},
        {"iss": None},
        {"iss": ["http://127.0.0.1"]},
        {"aud": "another-api"},
        {"aud": ["another-api", "a-third"]},
        {"aud": None},
        {"aud": 7},
        {"exp": None},
        {"exp": LONG_AGO},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": None},
        {"iat": FAR_AHEAD},
        {"nbf": FAR_AHEAD},
        {"sub": None},
        {"sub": ""},
        {"sub": 12},
        {"sub": "x" * 256},
        {"sub": "demo-senior\ninjected"},
        {"sub": "demo-sеnior"},  # a Cyrillic e
        {"auth_time": FAR_AHEAD},
        {"auth_time": "now"},
        {"auth_time": True},
        {"auth_time": 10**400},
        {"auth_time": float("nan")},
    ],
    ids=lambda changes: ",".join(f"{name}={str(value)[:20]}" for name, value in changes.items()),
)
async def test_a_wrong_claim_is_refused(
    verifier: BearerVerifier, forger: Forger, now: datetime, changes: dict[str, object]
) -> None:
    with pytest.raises(BadToken):
        await verifier.verify(forger.token(changes), now=now)


async def test_clocks_may_differ_by_half_a_minute_and_no_more(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    moment = int(now.timestamp())
    for name, ahead in (("exp", -1), ("iat", 1), ("nbf", 1), ("auth_time", 1)):
        await verifier.verify(forger.token({name: moment + 25 * ahead}), now=now)
        with pytest.raises(BadToken):
            await verifier.verify(forger.token({name: moment + 35 * ahead}), now=now)


async def test_a_good_token_expires(verifier: BearerVerifier, forger: Forger, now: datetime) -> None:
    token = forger.token()

    await verifier.verify(token, now=now + timedelta(minutes=59))
    with pytest.raises(BadToken):
        await verifier.verify(token, now=now + timedelta(minutes=61))


async def test_a_token_longer_than_any_real_one_is_not_even_read(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    assert await verifier.verify(forger.token({"groups": "x" * 8_000}), now=now)

    with pytest.raises(BadToken):
        await verifier.verify(forger.token({"groups": "x" * 16_000}), now=now)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "HS256", "", None, 7, ["none"], {}])
async def test_a_token_without_a_signature_is_refused(
    verifier: BearerVerifier, forger: Forger, now: datetime, algorithm: object
) -> None:
    with pytest.raises(BadToken):
        await verifier.verify(forger.unsigned(alg=algorithm, kid=forger.key.kid), now=now)
    with pytest.raises(BadToken):
        await verifier.verify(forger.unsigned(alg=algorithm), now=now)


async def test_the_public_key_is_no_password(verifier: BearerVerifier, forger: Forger, now: datetime) -> None:
    for token in forger.signed_with_the_public_key():
        with pytest.raises(BadToken):
            await verifier.verify(token, now=now)


async def test_another_key_is_refused_under_any_key_id(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    other = RSAKey.generate_key(2048, auto_kid=True)
    curve = ECKey.generate_key("P-256")
    tokens = [
        forger.token(key=other),  # in the name of the published key
        forger.token(header={"kid": other.kid}, key=other),
        forger.token(header={"kid": None}, key=other),
        forger.token(header={"alg": "ES256"}, key=curve),
    ]
    for token in tokens:
        with pytest.raises(BadToken):
            await verifier.verify(token, now=now)


async def test_a_key_that_the_token_brings_along_is_refused(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    own = RSAKey.generate_key(2048, auto_kid=True)
    for brought in ({"jwk": own.as_dict(private=False)}, {"jku": "http://127.0.0.1:9/keys"}):
        for kid in (own.kid, forger.key.kid, None):
            with pytest.raises(BadToken):
                await verifier.verify(forger.odd({"kid": kid, **brought}, key=own), now=now)


async def test_a_changed_claim_breaks_the_signature(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    head, _, signature = forger.token({"sub": "demo-comms", "roles": ["comms"]}).split(".")
    _, body, _ = forger.token().split(".")

    with pytest.raises(BadToken):
        await verifier.verify(f"{head}.{body}.{signature}", now=now)


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
        {"typ": ""},
        {"typ": 7},
        {"typ": ["at+jwt"]},
        {"kid": 7},
        {"kid": ["k"]},
        {"kid": ""},
        {"crit": ["b64x"], "b64x": 1},
        {"crit": "exp"},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=str,
)
async def test_a_header_that_says_something_else_is_refused(
    verifier: BearerVerifier, forger: Forger, now: datetime, header: dict[str, object]
) -> None:
    assert await verifier.verify(forger.odd({}), now=now)

    with pytest.raises(BadToken):
        await verifier.verify(forger.odd(header), now=now)


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
async def test_access_tokens_of_older_issuers_pass(
    verifier: BearerVerifier, forger: Forger, now: datetime, kind: str | None
) -> None:
    assert (await verifier.verify(forger.token(header={"typ": kind}), now=now)).roles == {Role.SENIOR}


async def test_an_id_token_is_no_access_token_even_for_the_same_audience(
    issuer: RunningIssuer, http: httpx.AsyncClient, now: datetime
) -> None:
    same = BearerVerifier(Issuer(issuer=issuer.url, http=http), audience=CLIENT_ID, role_claim="roles")
    with Browser(issuer) as browser:
        tokens = browser.sign_in("senior")

    with pytest.raises(BadToken):
        await same.verify(tokens["id_token"], now=now)


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (["senior", "comms"], {Role.SENIOR, Role.COMMS}),
        (["senior", "minister", "SENIOR ", "*", "admin"], {Role.SENIOR}),
        ("dpo", {Role.DPO}),
        ("senior comms", set()),
        (["Senior"], set()),
        ([], set()),
        (None, set()),
        ([["senior"], {"senior": True}, 1, None], set()),
        ({"senior": True}, set()),
        (True, set()),
    ],
)
async def test_only_roles_that_we_know_count(
    verifier: BearerVerifier, forger: Forger, now: datetime, claim: object, roles: set[Role]
) -> None:
    assert (await verifier.verify(forger.token({"roles": claim}), now=now)).roles == roles


async def test_the_role_claim_is_the_configured_one(
    issuer: RunningIssuer, forger: Forger, http: httpx.AsyncClient, now: datetime
) -> None:
    groups = BearerVerifier(Issuer(issuer=issuer.url, http=http), audience=AUDIENCE, role_claim="groups")

    staff = await groups.verify(forger.token({"roles": ["senior"], "groups": ["reviewer"]}), now=now)

    assert staff.roles == {Role.REVIEWER}


async def test_a_sign_in_whose_time_is_not_known_stays_unknown(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    assert (await verifier.verify(forger.token({"auth_time": None}), now=now)).auth_time is None
    known = await verifier.verify(forger.token({"auth_time": 1_700_000_000}), now=now)
    assert known.auth_time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


async def test_an_address_that_was_never_verified_is_not_theirs(
    verifier: BearerVerifier, forger: Forger, now: datetime
) -> None:
    nobody: list[dict[str, object]] = [
        {},
        {"email": 7},
        {"email": "a@staff.example.org", "email_verified": False},
    ]
    for claims in nobody:
        assert (await verifier.verify(forger.token(claims), now=now)).email is None


async def test_a_refusal_says_nothing_about_the_token(
    verifier: BearerVerifier, forger: Forger, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    tokens = [
        forger.token({"sub": "sentinel-person", "aud": "elsewhere"}),
        "sentinel-person.x.y",
        "sentinel-person",
    ]
    for token in tokens:
        with pytest.raises(Unauthenticated) as refused:
            await verifier.verify(token, now=now)
        assert str(refused.value) == str(BadToken())
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None
        assert token not in caplog.text
    assert "sentinel" not in caplog.text
