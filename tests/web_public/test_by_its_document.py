"""The running public API against its own OpenAPI document (schemathesis): whatever the document allows or
forbids is sent, and every answer has to be one that the document knows.
"""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.settings import PublicSettings
from service.web.public.app import create_app
from tests.web_public.people import SchemeMade
from tests.web_public.serving import Serving

EXAMPLES = 40

document: Any = schemathesis.openapi.from_dict(
    create_app(
        PublicSettings(
            database_url=SecretStr("postgresql://kept_public:x@127.0.0.1:1/kept"),
            redis_url=SecretStr("redis://127.0.0.1:1"),
            public_url="http://127.0.0.1:1",
        )
    ).openapi()
)


@document.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_knows(
    case: schemathesis.Case[Any], serving: Serving, scheme: SchemeMade
) -> None:
    if "scheme" in (case.path_parameters or {}) and case.method == "POST":
        # Made-up names never get further than a 404.
        case.path_parameters["scheme"] = scheme.slug
    # A link that nobody knows is well formed, and 410; and rules between fields are in no schema.
    case.call_and_validate(base_url=serving.url, excluded_checks=[positive_data_acceptance])
