"""The sentinel: a person with details that stand nowhere else, and their way through the whole service."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx
import pyrage

EMAIL: Final = "Zobeide.Quixworth+tag@flumdiddle.example.com"
OTHER_EMAIL: Final = "Zoe.Quixworth@flumdiddle.example.com"
"""What is sent there is refused by a proxy before Notify, and sent again."""
TOLD_TO_STAFF: Final = "Zeno.Quixworth@flumdiddle.example.com"
"""Somebody of theirs, whom a caseworker registers and erases again."""
NEW_EMAIL: Final = "Zita.Quixworth@flumdiddle.example.com"
"""What they tell a caseworker that they can be reached at from now on."""
MOBILE: Final = "+447700900417"
DETAILS: Final = {
    "email": EMAIL,
    "mobile": MOBILE,
    "part of both addresses and the name": "Quixworth",
    "part of both addresses": "flumdiddle",
    "part of the name": "Ptolemaïos",
    "part of the organisation": "Mangelwurzel",
    "part of the postal address": "Trefflumddl",
    "mobile, as it is said": "7700 900417",
    "mobile, without its country": "7700900417",
}
WHOLE: Final = ("email", "mobile")

FORM: Final[dict[str, Any]] = {
    "kind": "organisation",
    "email": EMAIL,
    "mobile": "07700 900417",
    "postal_address": "9 Gŵyddel Row\nTrefflumddl\nZZ9 9ZQ",
    "name": "Siân Quixworth-Ptolemaïos",
    "organisation": "Crwth & Mangelwurzel Advice",
    "language": "en",
    "topics": ["eligibility"],
    "contact_by": ["email", "sms", "letter", "phone"],
    "formats": ["large-print"],
    "consent": True,
}
UPDATE: Final[dict[str, Any]] = {
    "title": "To organisations",
    "email": {"en": {"subject": "The news", "body": "Read the guidance."}},
    "audience": {"kinds": ["organisation"], "languages": ["en"]},
}
LIST: Final[dict[str, Any]] = {
    "purpose": "legal",
    "reference": "A-1",
    "columns": ["number", "name", "organisation", "email", "mobile", "postal_address"],
    "filter": {"kinds": ["organisation"]},
    "row_cap": 5,
}
REGISTRATIONS: Final = "/v1/schemes/windrush/registrations"
PATIENCE: Final = 60.0
QUICKEST: Final = 2.0
"""Seconds: who goes through the form faster is a machine (`KEPT_QUICKEST_FORM_SECONDS`)."""

Value = TypeVar("Value")


def eventually(look: Callable[[], Value | None], what: str) -> Value:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {PATIENCE:.0f} seconds")


@dataclass
class Visitor:
    """Calls the service as a person, a partner, a member of staff and an attacker do; keeps what it says."""

    public: str
    staff: str
    callbacks: str
    notify: str
    issuer: str
    callback_token: str
    http: httpx.Client
    answers: list[tuple[str, httpx.Response]] = field(default_factory=list, init=False)
    _key: pyrage.x25519.Identity = field(init=False, repr=False)

    def call(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        answer = self.http.request(method, url, **arguments)
        if not url.startswith((self.notify, self.issuer)):
            # Named by its place in the list: the address that was called may hold a detail.
            self.answers.append((f"answer {len(self.answers)}, a {answer.status_code} to {method}", answer))
        return answer

    def as_staff(self, person: str) -> dict[str, str]:
        given = self.call("POST", f"{self.issuer}/demo/token", json={"person": person})
        return {"Authorization": f"Bearer {given.json()['access_token']}"}

    def inbox(self, subject: str, address: str = EMAIL) -> list[str]:
        """The bodies of what the sentinel got with this subject."""
        answer = self.call("GET", f"{self.notify}/admin/inboxes/{address.lower()}")
        if answer.status_code == 404:
            return []
        said = answer.json()
        messages = said["messages"] if isinstance(said, dict) else said
        return [each["body"] for each in messages if each["subject"] == subject]

    def link(self, kind: str, subject: str) -> str:
        def look() -> str | None:
            found = re.search(rf"/{kind}/([\w-]+)", " ".join(self.inbox(subject)))
            return found.group(1) if found else None

        return eventually(look, f"a link to {kind}")

    def registers_and_confirms(self) -> None:
        # The first hand-over is lost at Notify: it is asked about, and made again.
        plan = [{"fault": "before-commit:error-500", "times": 1, "match": {"to": EMAIL}}]
        self.call("POST", f"{self.notify}/admin/faults", json=plan).raise_for_status()
        assert self.call("POST", self.public + REGISTRATIONS, json=FORM).status_code == 202
        token = self.link("confirm", "Confirm that you want to be kept informed")
        assert self.call("GET", f"{self.public}/confirm/{token}").status_code == 200
        assert self.call("POST", f"{self.public}/v1/confirmations", json={"token": token}).is_success
        assert self.call("POST", f"{self.public}/v1/confirmations", json={"token": token}).status_code == 410

    def registers_by_the_pages(self) -> None:
        pages = f"{self.public}/windrush/register"
        begun = self.call("GET", pages)
        cookie = {"Cookie": begun.headers["set-cookie"].partition(";")[0]}

        def send(page: str, **fields: Any) -> None:
            shown = self.call("GET", f"{pages}/{page}", headers=cookie)
            proof = re.search(r'name="proof" value="([\w-]+)"', shown.text)
            assert proof, page
            answer = self.call("POST", f"{pages}/{page}", data={"proof": proof[1], **fields}, headers=cookie)
            assert answer.status_code == 303, page

        send("who", kind="individual")
        send("how", contact_by=["email", "sms", "phone"])
        send("email", email=EMAIL)
        send("number", mobile=MOBILE)
        send("name", name=FORM["name"])
        send("format")
        send("topics", topics=["all"])
        assert EMAIL in self.call("GET", f"{pages}/check", headers=cookie).text
        time.sleep(QUICKEST)
        send("check")

    def registers_again_and_elsewhere(self) -> None:
        again = FORM | {"email": EMAIL.upper(), "topics": ["evidence"], "language": "cy"}
        assert self.call("POST", self.public + REGISTRATIONS, json=again).status_code == 202
        plan = [{"fault": "before-commit:proxy-400", "times": 1, "match": {"to": OTHER_EMAIL}}]
        self.call("POST", f"{self.notify}/admin/faults", json=plan).raise_for_status()
        other = FORM | {"kind": "individual", "email": OTHER_EMAIL, "contact_by": ["email"]}
        assert self.call("POST", self.public + REGISTRATIONS, json=other).status_code == 202

    def gets_an_update(self) -> str:
        comms = self.as_staff("comms")
        drafted = self.call("POST", f"{self.staff}/v1/schemes/windrush/updates", json=UPDATE, headers=comms)
        update = f"{self.staff}/v1/updates/{drafted.json()['id']}"
        assert self.call("POST", f"{update}/submission", headers=comms).status_code == 202

        def sent() -> bool | None:
            shown = self.call("GET", update, headers=comms).json()
            return True if shown["state"] == "sent" and shown["outcomes"]["delivered"] == 1 else None

        eventually(sent, "the update's delivery")
        assert self.call("GET", f"{update}/certificate", headers=comms).status_code == 200
        assert self.call("GET", f"{self.staff}/v1/audit", headers=self.as_staff("dpo")).status_code == 200
        return update

    def is_served_by_a_caseworker(self) -> None:
        """Found, seen, given another address; and somebody else registered for them, and erased."""
        api = f"{self.staff}/v1"
        searches = f"{api}/schemes/windrush/searches"
        why = {"purpose": "complaint", "reference": "CASE 12"}

        def post(url: str, **body: Any) -> httpx.Response:
            return self.call("POST", url, json=body, headers=self.as_staff("caseworker"))

        def found(**by: str) -> list[str]:
            return [each["id"] for each in post(searches, **by).raise_for_status().json()["registrations"]]

        [them, *_] = found(email=EMAIL)
        assert them in found(mobile=MOBILE)
        seen = post(f"{api}/registrations/{them}/reveals", **why).raise_for_status()
        assert EMAIL in seen.text
        new = {"email": NEW_EMAIL, "formats": ["braille"]}
        assert post(f"{api}/registrations/{them}/correction", given_by="phone", **new).is_success
        asked = "Confirm that you want to be kept informed"
        eventually(lambda: self.inbox(asked, NEW_EMAIL) or None, "the question at another address")
        assisted = f"{api}/schemes/windrush/assisted-registrations"
        form = FORM | {"email": TOLD_TO_STAFF, "contact_by": ["email"], "given_by": "letter"}
        assert post(assisted, **form).status_code == 201
        [other] = found(email=TOLD_TO_STAFF.upper())
        assert post(f"{api}/registrations/{other}/erasure", given_by="phone").status_code == 204
        assert found(email=TOLD_TO_STAFF) == []
        for url, body in (
            (searches, {"email": f"{EMAIL} {EMAIL}"}),
            (searches, {"number": EMAIL * 9}),
            (searches, {EMAIL: MOBILE}),
            (assisted, form | {"email": [EMAIL], "mobile": f"{MOBILE}{MOBILE}", "given_by": EMAIL}),
            (f"{api}/registrations/{them}/reveals", why | {"reference": EMAIL}),
            (f"{api}/registrations/{them}/reveals", why | {"purpose": MOBILE}),
            (f"{api}/registrations/{them}/correction", {"given_by": EMAIL, "name": FORM["name"]}),
            (f"{api}/registrations/{EMAIL}/closure", {"given_by": "phone", "why": EMAIL}),
        ):
            assert 400 <= post(url, **body).status_code < 500, url

    def is_in_a_list(self) -> str:
        """A list with everything that is held of them is asked for, approved and built; its address."""
        self._key = pyrage.x25519.Identity.generate()
        asks, other = self.as_staff("caseworker"), self.as_staff("caseworker2")
        recipient = {"recipient": str(self._key.to_public())}
        key = self.call("POST", f"{self.staff}/v1/recipient-keys", json=recipient, headers=asks).json()
        confirmation = f"{self.staff}/v1/recipient-keys/{key['id']}/confirmation"
        said = {"fingerprint": key["fingerprint"]}
        assert self.call("POST", confirmation, json=said, headers=other).status_code == 200
        exports = f"{self.staff}/v1/schemes/windrush/exports"
        asked = self.call("POST", exports, json=LIST, headers=asks).json()
        export = f"{self.staff}/v1/exports/{asked['id']}"
        decision = {"decision": "approve", "request_sha256": asked["request_sha256"]}
        senior = self.as_staff("senior")
        assert self.call("POST", f"{export}/approval", json=decision, headers=senior).status_code == 200

        def ready() -> bool | None:
            return True if self.call("GET", export, headers=asks).json()["state"] == "ready" else None

        eventually(ready, "the list")
        return export

    def is_read_in_it(self, export: str) -> str:
        """The list is downloaded, released and opened; what it says. A second download is refused."""
        asks = self.as_staff("caseworker")
        file = self.call("GET", f"{export}/file", headers=asks).content
        assert self.call("GET", f"{export}/file", headers=asks).status_code == 410
        sealed = self.call("POST", f"{export}/release", headers=asks).json()["release_key"]
        release = pyrage.decrypt(sealed.encode(), [self._key]).decode().strip()
        inner = pyrage.decrypt(file, [self._key])
        return str(pyrage.decrypt(inner, [pyrage.x25519.Identity.from_str(release)]).decode())

    def leaves(self) -> None:
        token = self.link("unsubscribe", "The news")
        assert self.call("GET", f"{self.public}/unsubscribe/{token}").status_code == 200
        for _ in range(2):
            assert self.call("POST", f"{self.public}/unsubscribe/{token}").status_code == 200

    def goes_wrong(self, update: str) -> None:
        """Everything that can be refused, with the sentinel's details in every place that a request has."""
        for wrong in wrong_bodies():
            self.call("POST", self.public + REGISTRATIONS, json=wrong)
        long = {"email": EMAIL, "name": FORM["name"] * 2000}
        for raw in (
            f'{{"email": "{EMAIL}"',
            f'{{"name": "\\ud800{EMAIL}"}}',
            EMAIL,
            f"\xff{EMAIL}",
            f"[{EMAIL}",
        ):
            headers = {"Content-Type": "application/json"}
            self.call("POST", self.public + REGISTRATIONS, content=raw.encode("latin-1"), headers=headers)
        asks = self.as_staff("caseworker")
        comms, receipt = self.as_staff("comms"), {"id": EMAIL, "to": EMAIL, "status": MOBILE}
        in_words = {"en": {"subject": f"To {EMAIL}\n", "body": ""}, EMAIL: {"subject": MOBILE}}
        for method, url, arguments in (
            ("POST", self.public + REGISTRATIONS, {"json": long}),
            ("POST", self.public + REGISTRATIONS, {"data": FORM}),
            ("POST", f"{self.public}/v1/schemes/{EMAIL}/registrations", {"json": FORM}),
            ("PUT", f"{self.public}{REGISTRATIONS}/{EMAIL}?email={EMAIL}", {"json": FORM}),
            (EMAIL.split("@")[0].replace(".", "-").replace("+", "-"), self.public + REGISTRATIONS, {}),
            ("POST", f"{self.public}/v1/confirmations", {"json": {"token": EMAIL, "code": MOBILE}}),
            ("POST", f"{self.public}/v1/confirmations", {"json": {"token": EMAIL}}),
            ("POST", f"{self.public}/v1/confirmations", {"json": {EMAIL: MOBILE, "token": [EMAIL]}}),
            ("GET", f"{self.public}/v1/preferences/{EMAIL}", {}),
            ("POST", f"{self.public}/v1/links", {"json": {"scheme": "windrush", "email": EMAIL}}),
            ("GET", f"{self.public}/confirm/{EMAIL}", {}),
            ("POST", f"{self.public}/confirm/{EMAIL}", {"data": {"choice": EMAIL}}),
            ("GET", f"{self.public}/unsubscribe/{EMAIL}?lang={EMAIL}", {}),
            ("POST", f"{self.public}/unsubscribe/{EMAIL}", {"data": {"List-Unsubscribe": EMAIL}}),
            ("GET", f"{self.public}/{EMAIL}?{EMAIL}={MOBILE}", {"headers": {"User-Agent": EMAIL}}),
            ("POST", f"{self.public}/windrush/register/check", {"data": {"email": EMAIL, "proof": EMAIL}}),
            ("POST", f"{self.public}/windrush/register/done", {"data": {"code": MOBILE, "proof": EMAIL}}),
            ("POST", f"{self.callbacks}/receipts", {"json": receipt}),
            ("POST", f"{self.callbacks}/receipts", {"json": receipt, "headers": self._as_notify()}),
            ("POST", f"{self.callbacks}/{EMAIL}", {"json": receipt, "headers": self._as_notify()}),
            ("GET", f"{self.staff}/v1/updates/{EMAIL}", {"headers": {"Authorization": f"Bearer {EMAIL}"}}),
            ("GET", f"{self.staff}/v1/updates/{EMAIL}", {"headers": comms}),
            ("GET", f"{self.staff}/v1/audit?after={EMAIL}", {"headers": self.as_staff("dpo")}),
            ("POST", f"{self.staff}/v1/schemes/{EMAIL}/updates", {"json": UPDATE, "headers": comms}),
            ("PATCH", update, {"json": {"title": EMAIL, "email": in_words}, "headers": comms}),
            ("POST", f"{self.staff}/v1/schemes/windrush/updates", {"json": FORM, "headers": comms}),
            ("POST", f"{update}/approval", {"json": {"decision": EMAIL}, "headers": self.as_staff("senior")}),
            ("POST", f"{self.staff}/v1/recipient-keys", {"json": {"recipient": EMAIL}, "headers": asks}),
            (
                "POST",
                f"{self.staff}/v1/schemes/windrush/exports",
                {
                    "json": {**LIST, "reference": EMAIL, "purpose": MOBILE, "columns": [EMAIL]},
                    "headers": asks,
                },
            ),
            ("DELETE", f"{self.staff}/v1/holds/{EMAIL}", {"headers": self.as_staff("operator")}),
        ):
            self.call(method, url, **arguments)

    def _as_notify(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.callback_token}"}


def wrong_bodies() -> list[Any]:
    """Registrations that break a rule, with a detail wherever a value or a key is."""
    detail = (EMAIL, MOBILE, FORM["name"])
    each_field: list[Any] = [FORM | {name: [*detail, {EMAIL: MOBILE}]} for name in FORM]
    as_text: list[Any] = [FORM | {name: f"{EMAIL} {FORM['name']}"} for name in FORM if name != "name"]
    return [
        *each_field,
        *as_text,
        {**FORM, EMAIL: FORM["name"]},
        {**FORM, "topics": [EMAIL], "contact_by": [FORM["name"]]},
        {**FORM, "name": FORM["name"] * 20},
        {**FORM, "organisation": FORM["organisation"] + "\0"},
        {**FORM, "email": EMAIL + "@", "relationship": FORM["name"]},
        [FORM],
        EMAIL,
    ]
