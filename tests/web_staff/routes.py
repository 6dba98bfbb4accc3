"""Every route of the staff host, and who may use it: contract.md's table, written out again."""

EVERYBODY = "comms senior caseworker dpo operator reviewer"
SOME_ID = "00000000-0000-4000-8000-000000000000"

OPEN = "open"
"""Whoever is signed out may see it too."""

ROUTES: dict[tuple[str, str], str] = {
    ("GET", "/v1/me"): EVERYBODY,
    ("GET", "/v1/me/deputy"): EVERYBODY,
    ("PUT", "/v1/me/deputy"): EVERYBODY,
    ("POST", "/v1/schemes/windrush/updates"): "comms senior",
    ("GET", f"/v1/updates/{SOME_ID}"): EVERYBODY,
    ("PATCH", f"/v1/updates/{SOME_ID}"): "comms senior",
    ("POST", f"/v1/updates/{SOME_ID}/test-sends"): "comms senior",
    ("POST", f"/v1/updates/{SOME_ID}/submission"): "comms senior",
    ("POST", f"/v1/updates/{SOME_ID}/approval"): "senior",
    ("POST", f"/v1/updates/{SOME_ID}/halt"): EVERYBODY,
    ("POST", f"/v1/updates/{SOME_ID}/resume"): "senior",
    ("GET", f"/v1/updates/{SOME_ID}/certificate"): EVERYBODY,
    ("GET", f"/v1/updates/{SOME_ID}/unreached"): "caseworker",
    ("GET", f"/v1/updates/{SOME_ID}/fulfilment"): "caseworker",
    ("POST", f"/v1/updates/{SOME_ID}/fulfilment"): "caseworker",
    ("POST", "/v1/holds"): EVERYBODY,
    ("DELETE", f"/v1/holds/{SOME_ID}"): "operator senior",
    ("GET", "/v1/audit"): "dpo reviewer",
    ("GET", "/v1/openapi.json"): EVERYBODY,
}

PAGES: dict[tuple[str, str], str] = {
    ("GET", "/"): OPEN,
    ("GET", "/sign-in"): OPEN,
    ("GET", "/sign-in/callback"): OPEN,
    ("GET", "/signed-out"): OPEN,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/held"): EVERYBODY,
    ("GET", "/who-may-do-what"): EVERYBODY,
    ("GET", f"/updates/{SOME_ID}/certificate"): EVERYBODY,
    ("GET", "/schemes"): EVERYBODY,
    ("GET", "/schemes/windrush"): EVERYBODY,
    ("GET", "/schemes/windrush/edit"): "operator",
    ("POST", "/schemes/windrush/edit"): "operator",
    ("POST", "/schemes/windrush/public-list"): "operator senior",
    ("POST", f"/schemes/windrush/public-list/{SOME_ID}"): "operator senior",
}
"""The pages, which `contract.md` leaves to us: one asks for what the call of the API beside it asks for."""
