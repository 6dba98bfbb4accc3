"""The file of `kept scheme apply`: its shape and its rules."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from service.errors import KeptError
from service.schemes.about import About, InBothLanguages, Words

HOST: Final = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"


class BadSchemeFile(KeptError):
    """The scheme file cannot be used."""

    code = "bad-scheme-file"


class TopicFile(InBothLanguages):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,59}$")]


class PublicListFile(BaseModel):
    """What the scheme publishes: the outgoing guard and the checks let it pass."""

    model_config = ConfigDict(extra="forbid")

    emails: list[str] = []
    phones: list[str] = []
    hosts: list[Annotated[str, Field(pattern=HOST, max_length=253)]] = []
    """Where links in updates may lead, beside GOV.UK: `www.example.org`, and only that."""
    postcodes: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9 ]{5,8}$")]] = []
    references: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9 /-]{6,30}$")]] = []
    """Numbers that look like somebody's case and are nobody's, such as a form's."""


class SchemeFile(BaseModel):
    """A scheme as its file describes it."""

    model_config = ConfigDict(extra="forbid")

    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: InBothLanguages
    open: bool = True
    closed_on: date | None = None
    privacy_notice: Annotated[str, Field(pattern=r"^(https?://|/)")]
    privacy_notice_version: Words
    lawful_basis: Words
    reply_to_id: str | None = None
    topics: Annotated[list[TopicFile], Field(min_length=1, max_length=50)]
    public_list: PublicListFile = PublicListFile()
    about: About = About()

    @field_validator("topics")
    @classmethod
    def _each_topic_once(cls, value: list[TopicFile]) -> list[TopicFile]:
        if len({topic.code for topic in value}) != len(value):
            raise ValueError("each topic's code has to be there once")
        return value

    @model_validator(mode="after")
    def _closed_has_a_date(self) -> Self:
        if self.open != (self.closed_on is None):
            raise ValueError("a closed scheme has closed_on, and an open one has not")
        return self


def read_scheme_file(path: Path) -> SchemeFile:
    """Read a scheme's TOML. Raises `BadSchemeFile` naming what is wrong and where."""
    try:
        return SchemeFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadSchemeFile(f"{path}: it cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSchemeFile(f"{path}: it is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadSchemeFile(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
