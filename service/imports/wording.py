"""The prepared words of a notice. Comms may change them; whoever approves them reads what they became."""

from typing import Final

from service.registrations.words import Language

EN, CY = Language.ENGLISH, Language.WELSH

TITLE: Final = "Notice to people from a list: {called}"

SUBJECT: Final = {
    EN: "We have added you to our list: {scheme}",
    CY: "Rydym wedi’ch ychwanegu at ein rhestr: {scheme}",
}
HEADING: Final = SUBJECT

EMAIL: Final = {
    EN: """Hello

You gave us your contact details some time ago, or somebody gave them for you. You wanted to hear about the {scheme}.

{controller} kept these details in a list. We have now moved them to a new and safer service. We use them to tell you news of the scheme, and for nothing else.

# What you can do

You do not have to do anything. We will send you news when there is some.

If you do not want to hear from us, use the link below this message. It stops at once.

# Your details

Our privacy notice says what we hold, how long we keep it and what your rights are: {privacy}

{help}""",
    CY: """Helo

Fe roesoch eich manylion cyswllt i ni beth amser yn ôl, neu fe’u rhoddwyd gan rywun ar eich rhan. Roeddech am glywed am {scheme}.

Roedd {controller} yn cadw’r manylion hyn mewn rhestr. Rydym bellach wedi’u symud i wasanaeth newydd a mwy diogel. Rydym yn eu defnyddio i roi newyddion am y cynllun i chi, ac at ddim arall.

# Beth allwch chi ei wneud

Nid oes rhaid i chi wneud dim. Byddwn yn anfon newyddion atoch pan fydd rhai.

Os nad ydych am glywed gennym, defnyddiwch y ddolen o dan y neges hon. Mae’n stopio ar unwaith.

# Eich manylion

Mae ein hysbysiad preifatrwydd yn dweud beth rydym yn ei gadw, am ba hyd rydym yn ei gadw a beth yw eich hawliau: {privacy}

{help}""",
}

LETTER: Final = {
    EN: """You gave us your contact details some time ago, or somebody gave them for you. You wanted to hear about the {scheme}.

{controller} kept these details in a list. We have now moved them to a new and safer service. We use them to tell you news of the scheme, and for nothing else.

You do not have to do anything. We will send you news when there is some.

Our privacy notice says what we hold, how long we keep it and what your rights are: {privacy}

{help}""",
    CY: """Fe roesoch eich manylion cyswllt i ni beth amser yn ôl, neu fe’u rhoddwyd gan rywun ar eich rhan. Roeddech am glywed am {scheme}.

Roedd {controller} yn cadw’r manylion hyn mewn rhestr. Rydym bellach wedi’u symud i wasanaeth newydd a mwy diogel. Rydym yn eu defnyddio i roi newyddion am y cynllun i chi, ac at ddim arall.

Nid oes rhaid i chi wneud dim. Byddwn yn anfon newyddion atoch pan fydd rhai.

Mae ein hysbysiad preifatrwydd yn dweud beth rydym yn ei gadw, am ba hyd rydym yn ei gadw a beth yw eich hawliau: {privacy}

{help}""",
}

TEXT: Final = {
    EN: "{scheme}: you asked to hear from us, and we have moved your number to a new service. We use it for news of the scheme only. Privacy notice: {privacy}",
    CY: "{scheme}: gofynasoch am glywed gennym, ac rydym wedi symud eich rhif i wasanaeth newydd. Dim ond ar gyfer newyddion y cynllun. Preifatrwydd: {privacy}",
}

WRITE_TO_US: Final = {
    EN: "If you have questions, ring us on {phone}.",
    CY: "Os oes gennych gwestiynau, ffoniwch ni ar {phone}.",
}
