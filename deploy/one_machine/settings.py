"""What the operator asked for, and what follows from it on one machine (contract.md, Settings)."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic_settings import DotEnvSettingsSource

from deploy.one_machine.passwords import kept
from deploy.one_machine.ports import Ports, url_of
from deploy.one_machine.stand_ins import notify_settings
from service.errors import Misconfigured
from service.settings import Settings

CLIENT_ID: Final = "kept-informed-staff"
NO_LIMIT: Final = "0"

_HERE: Final = {
    # On one machine nobody waits between approval and the first message unless they ask to.
    "KEPT_HOLD_WINDOW_SECONDS": "0",
    "KEPT_RAMP_WAIT_SECONDS": "0",
}


def asked_for(environment: Mapping[str, str]) -> dict[str, str]:
    """The operator's `KEPT_` settings: from the environment, else from the file in `KEPT_ENV_FILE`.

    An empty one counts as not set. Raises `Misconfigured` where they contradict each other.
    """
    settings = {name: value for name, value in environment.items() if name.startswith("KEPT_")}
    if env_file := settings.pop("KEPT_ENV_FILE", ""):
        if not Path(env_file).is_file():
            raise Misconfigured(f"KEPT_ENV_FILE: there is no file {env_file}")
        read = DotEnvSettingsSource(Settings, env_file=env_file, case_sensitive=True).env_vars
        settings = {
            name: value for name, value in read.items() if name.startswith("KEPT_") and value
        } | settings
    settings = {name: value for name, value in settings.items() if value}
    _check(settings)
    return settings


def uses_stand_in(settings: Mapping[str, str]) -> bool:
    """Whether messages go to the stand-in rather than to a Notify that the operator named."""
    return "KEPT_NOTIFY_BASE_URL" not in settings


def uses_demo_issuer(settings: Mapping[str, str]) -> bool:
    """Whether staff sign in at the demo issuer, where anybody may be anybody."""
    return "KEPT_OIDC_ISSUER" not in settings


def completed(settings: Mapping[str, str], data_dir: Path, ports: Ports) -> dict[str, str]:
    """`settings` with all that they leave open filled in; passwords are made once and kept."""
    defaults = _HERE | {
        "KEPT_PUBLIC_URL": url_of(ports.public),
        "KEPT_STAFF_URL": url_of(ports.staff),
        "KEPT_KEY_SERVICE": f"file:{data_dir / 'key-service' / 'key'}",
        "KEPT_KEY_STORE": str(data_dir / "key-store"),
        "KEPT_WITNESS": str(data_dir / "witness"),
        "KEPT_NOTIFY_CALLBACK_TOKEN": kept(data_dir, "notify-callback-token"),
    }
    if all(
        _is_loopback(settings.get(name, defaults[name])) for name in ("KEPT_PUBLIC_URL", "KEPT_STAFF_URL")
    ):
        defaults |= {
            "KEPT_CLIENT_LIMIT_PER_MINUTE": NO_LIMIT,
            "KEPT_CONFIRMATIONS_PER_HOUR": NO_LIMIT,
            "KEPT_QUICKEST_FORM_SECONDS": NO_LIMIT,
        }
    if uses_stand_in(settings):
        defaults |= notify_settings(data_dir, ports)
    if uses_demo_issuer(settings):
        defaults |= {
            "KEPT_OIDC_ISSUER": url_of(ports.issuer),
            "KEPT_OIDC_CLIENT_ID": CLIENT_ID,
            "KEPT_OIDC_CLIENT_SECRET": kept(data_dir, "oidc-client-secret"),
            "KEPT_OIDC_ROLE_CLAIM": "roles",
        }
    return defaults | dict(settings)


def _check(settings: Mapping[str, str]) -> None:
    if "KEPT_NOTIFY_API_KEY" in settings and "KEPT_NOTIFY_BASE_URL" not in settings:
        raise Misconfigured(
            "KEPT_NOTIFY_API_KEY: it is set without KEPT_NOTIFY_BASE_URL; name the Notify that it is for, "
            "or take it away to use the stand-in"
        )
    if "KEPT_NOTIFY_BASE_URL" in settings and "KEPT_NOTIFY_API_KEY" not in settings:
        raise Misconfigured("KEPT_NOTIFY_API_KEY: it is not set, and KEPT_NOTIFY_BASE_URL is")
    if uses_demo_issuer(settings):
        for name, value in sorted(settings.items()):
            if name.endswith("_URL") and not _is_loopback(value):
                raise Misconfigured(
                    f"KEPT_OIDC_ISSUER: it is not set, and {name} is not on loopback. The demo issuer lets "
                    "anybody sign in as anybody, so it starts only where every URL is on loopback"
                )


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    if host is None:
        # A socket in the file system, which is this machine by nature.
        return url.startswith(("unix://", "postgresql:///", "postgres:///", "postgresql+psycopg:///"))
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
