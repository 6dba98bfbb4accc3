"""The authorization code flow, on Authlib's server side, with PKCE S256 enforced.

The only file that knows Authlib, which has no types: hence the marked lines. What Authlib leaves to
its user is here: one client, codes in memory that work once, and the refusal of a request without a
code challenge, which Authlib itself makes only of public clients.
"""

import hmac
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc.jwk import KeySet, RSAKey
from starlette.datastructures import FormData, ImmutableMultiDict, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.demo.issuer.config import IssuerConfig
from deploy.demo.issuer.tokens import ALGORITHM, LIFETIME_SECONDS, SignedIn, Tokens

SCOPES: Final = ("openid", "profile", "email")
_CODE_LIFETIME_SECONDS: Final = 60

# What a request that is refused raises; it has a `redirect_uri` only where that one is registered.
FlowError = OAuth2Error


@dataclass(frozen=True, slots=True)
class Client:
    """The one relying party, in the words that Authlib asks for (`ClientMixin`)."""

    config: IssuerConfig

    @property
    def client_metadata(self) -> dict[str, object]:
        return {"post_logout_redirect_uris": self.config.sign_out_targets}

    def get_client_id(self) -> str:
        return self.config.client_id

    def get_default_redirect_uri(self) -> None:
        # OpenID Connect Core 1.0, 3.1.2.1: the request has to name it.
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = (scope or "").split()
        return " ".join(name for name in SCOPES if name in asked) if "openid" in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.config.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        expected = self.config.client_secret.get_secret_value()
        return hmac.compare_digest(client_secret.encode(), expected.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was given out, in the words that Authlib asks for (`AuthorizationCodeMixin`)."""

    who: SignedIn
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str
    expires_at: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.who.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, sent: Mapping[str, str], every: dict[str, list[str]]) -> None:
        self._sent = sent
        self._every = every

    @property
    def data(self) -> Mapping[str, str]:
        return self._sent

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._every


class FlowRequest(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it: its parameters are the query's, or the form's."""

    def __init__(self, request: Request, sent: QueryParams | FormData) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        texts = cast("ImmutableMultiDict[str, str]", sent)
        every: dict[str, list[str]] = defaultdict(list)
        for name, value in texts.multi_items():
            if isinstance(value, str):  # an uploaded file is no parameter
                every[name].append(value)
        self._sent = {name: values[-1] for name, values in every.items()}
        self.payload = _Payload(self._sent, every)

    @property
    def form(self) -> Mapping[str, str]:
        return self._sent


class _RequiredS256(CodeChallenge):  # type: ignore[misc]
    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        sent = grant.request.payload.data
        # A missing method would mean `plain` (RFC 7636, 4.3).
        if not sent.get("code_challenge") or sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge, and code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["client_secret_basic", "client_secret_post"]

    def save_authorization_code(self, code: str, request: Any) -> None:
        sent = request.payload.data
        now = time.time()
        codes = self.server.codes
        for old in [known for known, given in codes.items() if given.expires_at <= now]:
            del codes[old]
        codes[code] = Code(
            who=request.user,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=sent.get("nonce"),
            code_challenge=sent["code_challenge"],
            code_challenge_method=sent["code_challenge_method"],
            expires_at=now + _CODE_LIFETIME_SECONDS,
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        # Taken out at the first try, also at one that then fails: nobody gets a second guess.
        given: Code | None = self.server.codes.pop(code, None)
        return given if given is not None and given.expires_at > time.time() else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It is gone already."""

    def authenticate_user(self, authorization_code: Code) -> SignedIn:
        return authorization_code.who


class _IdToken(OpenIDCode):  # type: ignore[misc]
    def __init__(self, config: IssuerConfig, tokens: Tokens) -> None:
        super().__init__(require_nonce=False)
        self._config = config
        self._tokens = tokens

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        # Whether a nonce is its own is for the client to check (OpenID Connect Core 1.0, 3.1.3.7).
        return False

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self._tokens.key

    def get_client_algorithm(self, client: Client) -> str:
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return self._tokens.header("JWT")

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self._config.issuer, "aud": self._config.client_id}

    def generate_user_info(self, user: SignedIn, scope: str) -> dict[str, Any]:
        return self._tokens.claims_about(user.person)


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]
    def get_server_jwks(self) -> KeySet:
        return KeySet([self.server.tokens.key])

    def get_algorithms(self) -> list[str]:
        return [ALGORITHM]

    def is_post_logout_redirect_uri_legitimate(self, *_: object) -> bool:
        # A registered place is safe without an id_token_hint: what a forged sign-out costs here is
        # one more click.
        return True

    def end_session(self, end_session_request: object) -> None:
        """The browser's session is the application's; it ends it whatever becomes of the request."""


class CodeFlow(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server for the one client."""

    def __init__(self, config: IssuerConfig, tokens: Tokens) -> None:
        super().__init__(scopes_supported=None)
        self.tokens = tokens
        self.codes: dict[str, Code] = {}
        self._client = Client(config)
        self.register_token_generator("default", self._new_token)
        self.register_grant(_CodeGrant, [_RequiredS256(required=True), _IdToken(config, tokens)])
        self.register_endpoint(_EndSession)

    def query_client(self, client_id: str) -> Client | None:
        return self._client if client_id == self._client.get_client_id() else None

    def create_oauth2_request(self, request: FlowRequest) -> FlowRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        answer = JSONResponse(body, status) if isinstance(body, dict) else Response(body, status)
        answer.headers.update(dict(headers))
        return answer

    def save_token(self, token: Mapping[str, Any], request: object) -> None:
        """Access tokens are JWTs: there is nothing to keep."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def _new_token(self, *, user: SignedIn, scope: str, **_: object) -> dict[str, Any]:
        return {
            "access_token": self.tokens.access_token(user, now=int(time.time())),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": scope,
        }
