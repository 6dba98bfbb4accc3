"""GOV.UK Frontend's components as functions for our templates.

They live in an environment of their own: their macros read parameters that were not given, which our
own templates, under StrictUndefined, must never do.
"""

import re
from collections.abc import Callable
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.loaders import BaseLoader
from markupsafe import Markup

Macro = Callable[..., Markup]

COMPONENTS: Final = (
    "back-link",
    "button",
    "character-count",
    "checkboxes",
    "date-input",
    "details",
    "error-summary",
    "file-upload",
    "footer",
    "generic-header",
    "header",
    "input",
    "inset-text",
    "notification-banner",
    "pagination",
    "panel",
    "radios",
    "select",
    "service-navigation",
    "skip-link",
    "summary-list",
    "table",
    "tabs",
    "tag",
    "textarea",
    "warning-text",
)


def templates(loader: BaseLoader) -> Environment:
    """An environment for pages: everything escaped, nothing undefined, the components at hand.

    Beside the templates of `loader` it has those that the hosts share, in `service/web/templates`.
    """
    ours = Environment(
        loader=ChoiceLoader([loader, PackageLoader("service.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    ours.globals.update(_components())
    return ours


def _components() -> dict[str, Macro]:
    theirs = Environment(
        loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}), autoescape=True
    )
    return {
        macro: getattr(
            theirs.get_template(f"govuk_frontend_jinja/components/{name}/macro.html").module, macro
        )
        for name in COMPONENTS
        for macro in [_macro_name(name)]
    }


def _macro_name(component: str) -> str:
    """`error-summary` → `govukErrorSummary`."""
    return "govuk" + re.sub(r"(?:^|-)([a-z])", lambda found: found[1].upper(), component)
