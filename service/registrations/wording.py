"""The words of the messages that ask somebody to confirm. No text that a person typed is in them."""

from dataclasses import dataclass

from service.registrations.words import Language


@dataclass(frozen=True)
class Written:
    subject: str
    body: str


CONFIRM = {
    Language.ENGLISH: Written(
        subject="Confirm that you want to be kept informed",
        body="""Hello

Somebody, we think you, asked for this address to be kept informed about the {scheme}.

To confirm that it was you, open this link and choose Confirm:

{link}

The link works for 7 days.

If it was not you, you do not need to do anything. We will not write to you again, and we will delete this address.
""",
    ),
    Language.WELSH: Written(
        subject="Cadarnhewch eich bod am gael gwybod y diweddaraf",
        body="""Helo

Gofynnodd rhywun, chi rydym yn meddwl, i’r cyfeiriad hwn gael gwybod y diweddaraf am {scheme}.

I gadarnhau mai chi oedd yno, agorwch y ddolen hon a dewiswch Cadarnhau:

{link}

Mae’r ddolen yn gweithio am 7 diwrnod.

Os nad chi oedd yno, nid oes angen i chi wneud dim. Ni fyddwn yn ysgrifennu atoch eto, a byddwn yn dileu’r cyfeiriad hwn.
""",
    ),
}

CHANGE = {
    Language.ENGLISH: Written(
        subject="Somebody registered your address again",
        body="""Hello

This address is already kept informed about the {scheme}. Somebody has just registered it again, perhaps with other choices.

Nothing has changed. If you want to use the new choices, or somebody who shares this address wants to be told as well, open this link:

{link}

The link works for 7 days.

If it was not you, you do not need to do anything.
""",
    ),
    Language.WELSH: Written(
        subject="Cofrestrodd rhywun eich cyfeiriad eto",
        body="""Helo

Mae’r cyfeiriad hwn eisoes yn cael gwybod y diweddaraf am {scheme}. Mae rhywun newydd ei gofrestru eto, efallai gyda dewisiadau eraill.

Nid oes dim wedi newid. Os ydych am ddefnyddio’r dewisiadau newydd, neu os yw rhywun sy’n rhannu’r cyfeiriad hwn am gael gwybod hefyd, agorwch y ddolen hon:

{link}

Mae’r ddolen yn gweithio am 7 diwrnod.

Os nad chi oedd yno, nid oes angen i chi wneud dim.
""",
    ),
}


def confirmation_words(*, is_change: bool, language: Language, scheme: str, link: str) -> Written:
    """The message that asks to confirm, in `language`. `scheme` is its name in that language."""
    written = (CHANGE if is_change else CONFIRM)[language]
    return Written(written.subject, written.body.format(scheme=scheme, link=link))
