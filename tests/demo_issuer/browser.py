"""What a browser and the staff service do between them when somebody signs in."""

import base64
import hashlib
import secrets
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.demo_issuer.running import CLIENT_ID, REDIRECT_URI, RunningIssuer


class Browser:
    """One browser, with its cookies, and the client's secrets of one sign-in."""

    def __init__(self, issuer: RunningIssuer) -> None:
        self._issuer = issuer
        self.http = httpx.Client(base_url=issuer.url, trust_env=False)
        self.verifier = secrets.token_urlsafe(48)
        self.nonce = secrets.token_urlsafe(16)
        self.state = secrets.token_urlsafe(16)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; a change to None leaves one out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid email",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def ask(self, **changes: str | None) -> httpx.Response:
        """Go to the authorization endpoint."""
        return self.http.get("/authorize", params=self.request(**changes))

    def choose(self, person: str, **changes: str | None) -> httpx.Response:
        """Press a person's button on the page."""
        return self.http.post("/authorize", params=self.request(**changes), data={"person": person})

    def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """The client's call of the token endpoint, with its secret in the header."""
        sent: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": self.verifier,
            **changes,
        }
        form = {name: value for name, value in sent.items() if value is not None}
        return self.http.post("/token", data=form, auth=(CLIENT_ID, self._issuer.client_secret))

    def sign_in(self, person: str, **changes: str | None) -> dict[str, Any]:
        """From the first request to the tokens."""
        answer = self.exchange(returned(self.choose(person, **changes))["code"])
        tokens: dict[str, Any] = answer.json()
        return tokens

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, once its signature was checked against the published keys."""
        keys = KeySet.import_key_set(self.http.get("/jwks").json())
        return jwt.decode(token, keys, algorithms=["RS256"]).claims


def returned(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back to the client."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith(REDIRECT_URI + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
