"""What the issuer is told: a JSON file of mode 0600, because arguments can be seen by everybody."""

import ipaddress
import json
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from deploy.demo.issuer.private_files import NotPrivate, read_private

# What the process binds; other loopback addresses are other addresses.
BOUND_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


class WrongConfig(Exception):
    """The configuration is missing, readable by others, or wrong. The message names the field."""


def _loopback(url: str) -> str:
    """Whoever reaches this issuer is let in, so nothing beyond this machine may take part."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not _is_loopback(parts.hostname or ""):
        raise ValueError("it has to be a URL on loopback: this issuer asks for no passwords")
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


LoopbackUrl = Annotated[str, AfterValidator(_loopback)]


class IssuerConfig(BaseModel):
    """The issuer's one client, and how its tokens are made out.

    `post_logout_redirect_uris` are where a browser may go after signing out; the root of every
    `redirect_uris` host if left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: LoopbackUrl
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[SecretStr, Field(min_length=16)]
    redirect_uris: Annotated[tuple[LoopbackUrl, ...], Field(min_length=1)]
    role_claim: Annotated[str, Field(min_length=1)] = "roles"
    audience: Annotated[str, Field(min_length=1)]
    post_logout_redirect_uris: tuple[LoopbackUrl, ...] = ()

    @model_validator(mode="after")
    def _issuer_is_served_here(self) -> Self:
        parts = urlsplit(self.issuer)
        if parts.scheme != "http" or parts.hostname not in BOUND_HOSTS or parts.path or parts.query:
            raise ValueError("issuer: it has to be http://127.0.0.1:PORT, where this process serves")
        return self

    @property
    def port(self) -> int:
        """The port that the issuer's URL names."""
        return urlsplit(self.issuer).port or 80

    @property
    def client_origins(self) -> tuple[str, ...]:
        """Scheme, host and port of every place that a browser is sent back to."""
        found = (urlsplit(uri) for uri in (*self.redirect_uris, *self.post_logout_redirect_uris))
        return tuple(dict.fromkeys(f"{uri.scheme}://{uri.netloc}" for uri in found))

    @property
    def sign_out_targets(self) -> tuple[str, ...]:
        """Every URL that `end_session` may send a browser to."""
        return self.post_logout_redirect_uris or tuple(f"{origin}/" for origin in self.client_origins)


def read_config(path: Path) -> IssuerConfig:
    """The configuration in this file; WrongConfig, which never quotes a value, if it is none."""
    try:
        return IssuerConfig.model_validate(json.loads(read_private(path)))
    except NotPrivate as error:
        raise WrongConfig(str(error)) from None
    except OSError as error:
        raise WrongConfig(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        rule = first["msg"].removeprefix("Value error, ")
        raise WrongConfig(f"{path}: {field}: {rule}" if field else f"{path}: {rule}") from None
    except ValueError:
        raise WrongConfig(f"{path}: it is not JSON") from None
