"""One settings class a process: what a process may not know has no field.

Read from the environment, or from the file that `KEPT_ENV_FILE` names (the environment wins).
`load` turns what is missing or wrong into a `Misconfigured` that names the setting and never its
value, and refuses to start a process that was given a secret of another one (contract.md, Settings).
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.errors import Misconfigured

SECRETS: Final = (
    "KEPT_NOTIFY_API_KEY",
    "KEPT_NOTIFY_CALLBACK_TOKEN",
    "KEPT_KEY_SERVICE",
    "KEPT_KEY_STORE",
    "KEPT_OIDC_CLIENT_SECRET",
)
"""Settings that give a power. A process starts only where it has a field for each one it was given."""

OWNER_ROLE: Final = "kept_owner"


class Settings(BaseSettings):
    """What every process has."""

    model_config = SettingsConfigDict(env_prefix="KEPT_", extra="ignore", hide_input_in_errors=True)

    log_format: Literal["text", "json"] = "text"


class DatabaseSettings(Settings):
    """A process that talks to PostgreSQL, as `role` and no other."""

    database_url: SecretStr

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("it has to start with postgresql://")
        return value


class QueueSettings(DatabaseSettings):
    """A process that rings, or hears, the doorbell."""

    redis_url: SecretStr

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("it has to start with redis://, rediss:// or unix://")
        return value


class PublicSettings(QueueSettings):
    """The public web process: it can seal and cannot open."""

    public_url: str
    brand: Literal["generic", "govuk"] = "generic"
    client_limit_per_minute: Annotated[int, Field(ge=0)] = 30
    """0: no limit."""
    quickest_form_seconds: Annotated[float, Field(ge=0)] = 2
    """Whoever goes through the pages of the form faster is a machine (`service/web/public/forms.py`)."""
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )


class StaffSettings(QueueSettings):
    """The staff web process."""

    public_url: str
    staff_url: str
    brand: Literal["generic", "govuk"] = "generic"
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: SecretStr
    oidc_role_claim: str = "roles"
    hold_window_seconds: Annotated[int, Field(ge=0)] = 900
    urgent_window_seconds: Annotated[int, Field(ge=0)] = 120
    """The hold window that an approver may choose instead, with a reason; never longer than the usual."""
    reveals_per_day: Annotated[int, Field(ge=1)] = 20
    """Of how many people a caseworker may see the details in a day, one by one."""
    text_pence: Annotated[Decimal, Field(ge=0, le=1000)] | None = None
    """What Notify takes for one segment of a text. Without it no sum is shown."""
    letter_pence: Annotated[Decimal, Field(ge=0, le=10_000)] | None = None


class CallbacksSettings(QueueSettings):
    """The process that hears from Notify."""

    notify_callback_token: Annotated[SecretStr, Field(min_length=10)]


class WorkerSettings(QueueSettings):
    """The workers: the only processes that open, and the only ones that reach Notify."""

    key_service: str
    key_store: Path
    public_url: str
    staff_url: str
    """For the links in what staff are told."""
    notify_api_key: SecretStr
    notify_base_url: str = "https://api.notifications.service.gov.uk"
    notify_email_template_id: str
    notify_sms_template_id: str | None = None
    notify_letter_template_id: str | None = None
    notify_rate_per_minute: Annotated[int, Field(gt=0)] = 3000
    notify_retention_days: Annotated[int, Field(ge=1, le=7)] = 7
    uncertain_after_seconds: Annotated[int, Field(ge=0)] = 120
    witness: Path
    bounce_halt_percent: Annotated[int, Field(ge=1, le=100)] = 10
    ramp: Annotated[tuple[int, ...], NoDecode] = (1, 10, 100)
    ramp_wait_seconds: Annotated[int, Field(ge=0)] = 600
    confirmations_per_hour: Annotated[int, Field(ge=0)] = 10_000
    """Of all people together; 0: no ceiling."""
    canary_domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")] | None = None
    """Where the addresses of people who do not exist are: a domain whose whole mail the department reads."""
    escalate_after_seconds: Annotated[int, Field(ge=0)] = 14_400
    """How long something may wait for staff before everybody concerned is told again."""
    reader_confined_by: Literal["kernel", "limits"] = "kernel"
    """What has to hold the process that reads files: where the kernel has no filter of system calls (macOS),
    nothing is read unless this says `limits`."""

    @field_validator("ramp", mode="before")
    @classmethod
    def _ramp(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("ramp")
    @classmethod
    def _ends_at_everyone(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or value[-1] != 100 or list(value) != sorted(set(value)) or value[0] < 1:
            raise ValueError("it has to be rising percentages that end at 100, such as 1,10,100")
        return value


class OperatorSettings(DatabaseSettings):
    """Commands that an operator runs with the owner's URL: migrations, schemes, keys."""

    key_service: str | None = None
    key_store: Path | None = None
    witness: Path | None = None


AnySettings = TypeVar("AnySettings", bound=Settings)


def load(kind: type[AnySettings]) -> AnySettings:
    """The settings of one process.

    Raises `Misconfigured` (exit code 2) naming the first setting that is missing, wrong, or not
    this process's to know.
    """
    known = {f"KEPT_{name.upper()}" for name in kind.model_fields}
    env_file = os.environ.get("KEPT_ENV_FILE")
    if env_file is not None and not Path(env_file).is_file():
        raise Misconfigured(f"KEPT_ENV_FILE: there is no file {env_file}")
    for name in SECRETS:
        if name not in known and any(key == name or key.startswith(f"{name}__") for key in os.environ):
            raise Misconfigured(f"{name}: this process must not know it; take it out of its environment")
    try:
        return kind(_env_file=env_file)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "KEPT_" + "_".join(str(part) for part in first["loc"][:1]).upper()
        rule = "it is not set" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name}: {rule}") from None
