"""The file of `kept scheme apply`: its shape and its rules."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from service.errors import KeptError
from service.schemes.about import About, InBothLanguages, Words
from service.schemes.reading import PublicList, SchemeView

HOST: Final = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"

POSTCODE: Final = r"^[A-Za-z0-9 ]{5,8}$"
REFERENCE: Final = r"^[A-Za-z0-9 /-]{6,30}$"


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
    postcodes: list[Annotated[str, Field(pattern=POSTCODE)]] = []
    references: list[Annotated[str, Field(pattern=REFERENCE)]] = []
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
        return parse_scheme_file(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSchemeFile(f"{path}: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadSchemeFile(f"{path}: it is not text in UTF-8") from None
    except BadSchemeFile as error:
        raise BadSchemeFile(f"{path}: {error.message}") from None


def parse_scheme_file(text: str) -> SchemeFile:
    """A scheme's TOML. Raises `BadSchemeFile` naming what is wrong and where."""
    try:
        return SchemeFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadSchemeFile(f"it is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadSchemeFile(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def file_of(scheme: SchemeView, listed: PublicList) -> SchemeFile:
    """The file that describes a scheme as it is now."""
    return SchemeFile(
        slug=scheme.slug,
        name=InBothLanguages(en=scheme.name["en"], cy=scheme.name["cy"]),
        open=scheme.open,
        closed_on=scheme.closed_on,
        privacy_notice=scheme.privacy_notice,
        privacy_notice_version=scheme.privacy_notice_version,
        lawful_basis=scheme.lawful_basis,
        reply_to_id=scheme.reply_to_id,
        topics=[TopicFile(code=topic.code, en=topic.en, cy=topic.cy) for topic in scheme.topics],
        public_list=PublicListFile(
            emails=sorted(listed.emails),
            phones=sorted(listed.phones),
            hosts=sorted(listed.hosts),
            postcodes=sorted(listed.postcodes),
            references=sorted(listed.references),
        ),
        about=scheme.about,
    )


def as_toml(file: SchemeFile) -> str:
    """`file` as somebody would write it: what was left out stays out."""
    return tomli_w.dumps(file.model_dump(exclude_none=True, exclude_defaults=True), multiline_strings=True)
