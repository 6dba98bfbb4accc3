"""The body of an update, with its rules (contract.md, Staff JSON API)."""

from datetime import UTC, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from service.registrations.recipients import AudienceRule
from service.registrations.words import Kind, Language

LONGEST_BODY: Final = 100_000
"""Characters. Notify takes 2,000,000 bytes; nobody reads a tenth of this."""

LONGEST_TEXT: Final = 612
"""Characters of a text message: four segments. Notify takes 918, and below the words stands how to leave."""

LONGEST_LETTER: Final = 20_000
"""Characters. Notify prints ten pages at most."""


def _storable(value: str) -> str:
    # JSON can spell half a surrogate pair, which no encoding has a place for.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("not_text", "It has a character that cannot be stored")
    return value


def _not_empty(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty", "It is empty")
    return value


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise PydanticCustomError("one_line", "It has to be one line")
    return value


MaybeText = Annotated[str, AfterValidator(_storable)]
Text = Annotated[MaybeText, AfterValidator(_not_empty)]
MaybeLine = Annotated[MaybeText, Field(max_length=300), AfterValidator(_one_line)]
Line = Annotated[Text, Field(max_length=300), AfterValidator(_one_line)]
TextWords = Annotated[Text, Field(max_length=LONGEST_TEXT)]
"""The words of a text message: nothing in it is formatted."""


class EmailWords(BaseModel):
    """A subject and a body in Notify's markdown."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject: Line
    body: Annotated[Text, Field(max_length=LONGEST_BODY)]


class LetterWords(BaseModel):
    """A heading and a body in Notify's markdown."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    heading: Line
    body: Annotated[Text, Field(max_length=LONGEST_LETTER)]


class Audience(BaseModel):
    """Who it is for: a rule, in which a key left out means all, these very people, or another's."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kinds: Annotated[list[Kind], Field(min_length=1)] | None = None
    topics: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1)] | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None
    registrations: Annotated[list[UUID], Field(min_length=1, max_length=10_000)] | None = None
    reached_by: UUID | None = None
    """Those whom another update of the scheme reached, or may have: for a correction."""
    imported_in: UUID | None = None
    """Those of a list that was brought in who have not been told yet: for its notice."""

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        said = {key for key in self.model_fields_set if getattr(self, key) is not None}
        if not said:
            raise PydanticCustomError(
                "empty_audience", "It has to say who: kinds, topics, languages or registrations"
            )
        if said & {"registrations", "reached_by", "imported_in"} and len(said) > 1:
            raise PydanticCustomError("two_audiences", "It has either registrations or a rule, not both")
        return self

    def rule(self) -> AudienceRule:
        return AudienceRule(
            kinds=tuple(self.kinds) if self.kinds else None,
            topics=tuple(self.topics) if self.topics else None,
            languages=tuple(self.languages) if self.languages else None,
            registrations=tuple(self.registrations) if self.registrations else None,
            reached_by=self.reached_by,
            imported_in=self.imported_in,
        )


class _Update(BaseModel):
    """What a body says beside words and people, whole or half-written."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    send_at: AwareDatetime | None = None
    on_word: bool = False
    """Under embargo: once it is approved it leaves when somebody gives the word, and not before."""
    reply_to: UUID | None = None
    """Notify's id of the address that answers go to; without it the scheme's."""
    publish: bool = True
    """Whether it is shown in the archive once it is being sent; never where it names registrations."""

    @field_validator("email", "sms", "letter", mode="before", check_fields=False)
    @classmethod
    def _known_languages(cls, value: object) -> object:
        # Said of the whole field: a key that somebody made up would be part of an error's path.
        if isinstance(value, dict) and not set(value) <= set(Language):
            raise PydanticCustomError("languages", "Its words are in English (en) and Welsh (cy)")
        return value

    @field_validator("send_at")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        try:
            return value.astimezone(UTC) if value else None
        except OverflowError:
            raise PydanticCustomError("no_such_time", "It is a time that no calendar has in UTC") from None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.on_word and self.send_at is not None:
            raise PydanticCustomError("two_times", "It leaves at its time or on somebody's word, not both")
        return self


class UpdateBody(_Update):
    """What an author sends. The service adds each person's unsubscribe link; authors write none."""

    title: Annotated[Text, Field(max_length=200)]
    email: dict[Language, EmailWords]
    sms: dict[Language, TextWords] | None = None
    letter: dict[Language, LetterWords] | None = None
    audience: Audience

    @model_validator(mode="after")
    def _words_for_everyone(self) -> Self:
        needed = self.audience.languages or list(Language)
        if self.audience.reached_by and self.email:
            # What it corrects may have been in one language; whoever changed theirs since is told in it.
            needed = list(self.email)
        missing = [
            (channel, language)
            for channel, words in (("email", self.email), ("sms", self.sms), ("letter", self.letter))
            for language in needed
            if words is not None and language not in words
        ]
        if missing:
            raise ValidationError.from_exception_data(
                "UpdateBody",
                [
                    InitErrorDetails(
                        type=PydanticCustomError(
                            "needed", "Words are needed, or leave the language out of the audience"
                        ),
                        loc=(channel, language.value),
                        input=None,
                    )
                    for channel, language in missing
                ],
                hide_input=True,
            )
        return self


class EmailDraft(BaseModel):
    """As `EmailWords`, with gaps."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    subject: MaybeLine = ""
    body: Annotated[MaybeText, Field(max_length=LONGEST_BODY)] = ""


class LetterDraft(BaseModel):
    """As `LetterWords`, with gaps."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    heading: MaybeLine = ""
    body: Annotated[MaybeText, Field(max_length=LONGEST_LETTER)] = ""


class AudienceDraft(BaseModel):
    """As `Audience`, with gaps: a key left out means all, and an empty list is not chosen yet."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kinds: list[Kind] | None = None
    topics: list[Annotated[str, Field(max_length=60)]] | None = None
    languages: list[Language] | None = None
    registrations: Annotated[list[UUID], Field(max_length=10_000)] | None = None
    reached_by: UUID | None = None
    imported_in: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        alone = [each for each in (self.registrations, self.reached_by, self.imported_in) if each is not None]
        if len(alone) > 1 or (alone and any((self.kinds, self.topics, self.languages))):
            raise PydanticCustomError("two_audiences", "It has either registrations or a rule, not both")
        return self


class UpdateDraft(_Update):
    """What a page saves: a body that may have gaps, each of which is a finding that blocks.

    A language without a word is left out, and so is a channel without a language.
    """

    title: Annotated[MaybeText, Field(max_length=200)] = ""
    email: dict[Language, EmailDraft] = {}
    sms: dict[Language, Annotated[MaybeText, Field(max_length=LONGEST_TEXT)]] | None = None
    letter: dict[Language, LetterDraft] | None = None
    audience: AudienceDraft = AudienceDraft()

    @model_validator(mode="after")
    def _without_what_is_blank(self) -> Self:
        self.email = {
            language: each for language, each in self.email.items() if (each.subject + each.body).strip()
        }
        sms = {language: text for language, text in (self.sms or {}).items() if text.strip()}
        self.sms = sms or None
        letter = {
            language: each
            for language, each in (self.letter or {}).items()
            if (each.heading + each.body).strip()
        }
        self.letter = letter or None
        return self
