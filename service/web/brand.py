"""The look of the pages: GOV.UK Frontend, with or without what only gov.uk services may wear.

GDS Transport, the crown and the crest are for gov.uk domains (stack.md). The generic brand, which is
the default, therefore has a stylesheet without them; `python -m service.web.brand` derives it, and a
test holds the derived file to this function.
"""

import re
from pathlib import Path
from typing import Final, Literal

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

Brand = Literal["generic", "govuk"]

ASSETS: Final = Path(__file__).parent / "assets"
GOVUK_FRONTEND: Final = "6.3.0"
STYLESHEET: Final = f"govuk-frontend-{GOVUK_FRONTEND}.min.css"


def asset_routes(brand: Brand) -> list[Mount]:
    """Where a page finds its stylesheet, script and icons. The other brand's files are not served."""
    return [
        Mount("/assets/shared", StaticFiles(directory=ASSETS / "shared")),
        Mount("/assets", StaticFiles(directory=ASSETS / brand)),
    ]


def generic_brand(stylesheet: str) -> str:
    """GOV.UK Frontend's stylesheet without GDS Transport and the crest."""
    without_fonts = re.sub(r"@font-face\{[^}]*\}", "", stylesheet)
    in_arial = without_fonts.replace("GDS Transport,arial,sans-serif", "Arial,sans-serif")
    without_crest = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", in_arial)
    return re.sub(r"/\*# sourceMappingURL=\S* \*/\s*", "", without_crest)


if __name__ == "__main__":
    original = (ASSETS / "govuk" / STYLESHEET).read_text()
    (ASSETS / "generic" / STYLESHEET).write_text(generic_brand(original))
