"""What a scheme says of itself on its standing pages: who answers for it, and how they can be reached.

Kept whole, in one column: it is read and shown, never searched. All of it is public.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from service.schemes.hours import SendingHours

Words = Annotated[str, Field(min_length=1, max_length=200)]
WebAddress = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=500)]


class _Bilingual(BaseModel):
    model_config = ConfigDict(extra="forbid")

    en: str
    cy: str

    def __getitem__(self, language: str) -> str:
        """The words in `language`: `en` or `cy`."""
        return {"en": self.en, "cy": self.cy}[language]


class InBothLanguages(_Bilingual):
    """A name."""

    en: Words
    cy: Words


class Sentences(_Bilingual):
    """A paragraph."""

    en: Annotated[str, Field(min_length=1, max_length=2000)]
    cy: Annotated[str, Field(min_length=1, max_length=2000)]


class WebPage(_Bilingual):
    """Where something can be read."""

    en: WebAddress
    cy: WebAddress


class Reach(BaseModel):
    """How somebody can be reached. Any of it may be missing."""

    model_config = ConfigDict(extra="forbid")

    phone: Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ]{2,29}$")] | None = None
    email: EmailStr | None = None
    post: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A postal address, a line each."""
    website: WebPage | None = None

    @property
    def is_known(self) -> bool:
        return any((self.phone, self.email, self.post, self.website))


class Regulator(Reach):
    """Who hears complaints about data protection after the controller has."""

    name: InBothLanguages


REGULATOR = Regulator(
    name=InBothLanguages(en="Information Commission (ICO)", cy="Comisiwn Gwybodaeth (ICO)"),
    phone="0303 123 1113",
    website=WebPage(en="https://ico.org.uk/make-a-complaint/", cy="https://cy.ico.org.uk/make-a-complaint/"),
)
"""The United Kingdom's, as the Data (Use and Access) Act 2025 names it."""


class About(BaseModel):
    """Everything that a scheme may say of itself."""

    model_config = ConfigDict(extra="forbid")

    controller: InBothLanguages | None = None
    """Who decides what the details are used for, and answers for it (UK GDPR, Article 4(7))."""
    help: Reach = Reach()
    """Where people ask for help with registering, or for another format."""
    data_protection: Reach = Reach()
    """Where people ask for what is held, and complain; without it, where they ask for help."""
    regulator: Regulator = REGULATOR
    retention: Sentences | None = None
    """How long details are kept, and why so long."""
    hours: SendingHours = SendingHours()
    """When updates may leave."""

    @property
    def complaints(self) -> Reach:
        """Where a complaint about data protection goes."""
        return self.data_protection if self.data_protection.is_known else self.help
