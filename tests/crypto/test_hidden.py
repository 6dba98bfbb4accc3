"""However a thing is shown, what it holds is not: in a log, in a traceback, in a pipe."""

import pickle
import pprint
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr, ValidationError
from rich.pretty import pretty_repr

from service.crypto.blind_index import IndexKey
from service.crypto.envelope import KeyId, Place
from service.crypto.keyservice import FileKeyService, create_key_file
from service.crypto.keystore import INSTALLATION_KEYS, KeyStore, Purpose
from service.crypto.private_keys import sealing_public_half
from service.crypto.sealing import SealingKey, seal
from service.crypto.tokens import TokenKey, new_token
from service.database import Transactions
from service.notify import guard
from service.notify.addresses import email_address, phone_number
from service.notify.details import find_details
from service.notify.gateway import EmailMessage, FencedToken
from service.registrations.claiming import ClaimedConfirmation
from service.registrations.form import RegistrationForm
from service.registrations.reading_forms import read_form
from service.registrations.words import Channel, Language
from service.registrations.words import Purpose as MessagePurpose
from service.schemes.about import About
from service.schemes.reading import SchemeView
from service.settings import WorkerSettings
from service.staff.principal import Staff, Subject
from workers.unsealing import CannotOpen, Keyring

EMAIL, NAME, ORGANISATION = "quixworth@example.com", "Quixworth Zobeide", "Ptarmigan Advice"
MOBILE, POST, WORDS = "+447700900417", "9 Flumdiddle Row\nQuixham\nZZ9 9ZQ", "Dear Quixworth"
TOKEN = new_token()
KEY = bytes(range(65, 97))
KEY_TEXT = KEY.decode()
HIDDEN = ("quixworth", "zobeide", "ptarmigan", "flumdiddle", "7700900417", TOKEN.lower(), KEY_TEXT.lower())

SHOWN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda value: f"{value} {value!r} {value!s}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031
    "in a list": lambda value: str([value, {"key": value}]),
    "pprint": pprint.pformat,
    "rich": pretty_repr,
}


def scheme() -> SchemeView:
    name = MappingProxyType({"en": "A scheme", "cy": "Cynllun"})
    key = SealingKey(KeyId(1), sealing_public_half(KEY))
    return SchemeView(uuid4(), "a-scheme", name, True, None, "", "1", "consent", None, (), key, About())


def form() -> RegistrationForm:
    return RegistrationForm.model_validate(
        {
            **{"kind": "organisation", "email": EMAIL, "mobile": MOBILE, "postal_address": POST},
            **{"name": NAME, "organisation": ORGANISATION, "language": "en", "topics": ["eligibility"]},
            **{"contact_by": ["email", "sms", "letter"], "consent": True},
        }
    )


def message() -> EmailMessage:
    links = (f"https://x.example/confirm/{TOKEN}",)
    return EmailMessage(email_address(EMAIL), WORDS, f"{WORDS}\n{links[0]}", "c-1", links, links[0])


def confirmation() -> ClaimedConfirmation:
    sealed = seal(EMAIL.encode(), key=SealingKey(KeyId(1), sealing_public_half(KEY)), place=PLACE)
    return ClaimedConfirmation(
        id=uuid4(),
        contact_id=uuid4(),
        scheme_id=uuid4(),
        sealed_contact=sealed,
        channel=Channel.EMAIL,
        purpose=MessagePurpose.CONFIRM,
        registration_id=uuid4(),
        number="KI-2345-6789",
        language=Language.ENGLISH,
        reference="c-1",
        token=TOKEN,
        has_code=False,
        reminds=False,
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )


PLACE = Place("contacts", "sealed", UUID(int=1))

THINGS: dict[str, Callable[[], Any]] = {
    "sealed": lambda: seal(EMAIL.encode(), key=SealingKey(KeyId(1), sealing_public_half(KEY)), place=PLACE),
    "index key": lambda: IndexKey(KEY),
    "token key": lambda: TokenKey(KEY),
    "email address": lambda: email_address(EMAIL),
    "number": lambda: phone_number(MOBILE),
    "form": form,
    "opened form": lambda: read_form(uuid4(), scheme(), form(), IndexKey(KEY)),
    "message": message,
    "confirmation": confirmation,
    "fenced token": lambda: FencedToken(TOKEN, 1.0),
    "found details": lambda: find_details(f"{EMAIL} {MOBILE}"),
    "stopped by the guard": lambda: guard.read(
        EmailMessage(email_address("other@example.com"), "Hello", EMAIL, "c-1"),
        guard.Allowed(frozenset(), frozenset()),
    ),
    "staff": lambda: Staff(Subject(EMAIL), frozenset(), None, EMAIL),
    "transactions": lambda: Transactions(SecretStr(f"postgresql://kept:{KEY_TEXT[:20]}@h/d"), role="kept"),
    "engine": lambda: Transactions(SecretStr(f"postgresql://k:{KEY_TEXT[:20]}@h/d"), role="k").engine,
}


@pytest.mark.parametrize("way", SHOWN)
@pytest.mark.parametrize("thing", THINGS)
def test_however_it_is_shown_nothing_of_it_is(thing: str, way: str) -> None:
    shown = SHOWN[way](THINGS[thing]()).lower()

    assert shown
    assert not [hidden for hidden in (*HIDDEN, KEY_TEXT[:20].lower()) if hidden in shown]


def test_the_check_sees_what_a_thing_would_show() -> None:
    """Without this, the test above could pass on anything."""
    shown = SHOWN["rich"](asdict(message())).lower()

    assert "quixworth" in shown
    assert TOKEN.lower() in shown


def keyring(keys: KeyStore) -> Keyring:
    for purpose in INSTALLATION_KEYS:
        keys.make(purpose)
    return Keyring(keys)


def test_no_key_ever_goes_into_a_pickle(keys: KeyStore, tmp_path: Path) -> None:
    """arq pickles unless it is told otherwise, and what is pickled lies in Redis."""
    create_key_file(tmp_path / "a.key")
    for holder in (IndexKey(KEY), TokenKey(KEY), FileKeyService(tmp_path / "a.key"), keyring(keys)):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(holder, protocol)


def test_a_sealed_thing_goes_through_a_pickle_sealed() -> None:
    sealed = THINGS["sealed"]()

    assert not [hidden for hidden in HIDDEN if hidden.encode() in pickle.dumps(sealed).lower()]


@pytest.mark.parametrize("way", SHOWN)
def test_a_keyring_shows_no_key(keys: KeyStore, way: str) -> None:
    ring = keyring(keys)
    ring.open(_sealed_by(keys), PLACE)
    raw = [keys.get(name) for name in keys.names()]

    shown = SHOWN[way](ring)

    assert len(raw) == 4
    assert not [key for key in raw if key.hex() in shown or repr(key)[2:-1] in shown]


def _sealed_by(keys: KeyStore) -> bytes:
    name = keys.make(Purpose.SEALING)
    return seal(b"x", key=SealingKey(name.key_id, sealing_public_half(keys.get(name))), place=PLACE)


@pytest.mark.parametrize("way", SHOWN)
def test_settings_show_no_secret(worker_settings: WorkerSettings, way: str) -> None:
    shown = SHOWN[way](worker_settings)

    for secret in (worker_settings.database_url, worker_settings.redis_url, worker_settings.notify_api_key):
        assert secret.get_secret_value() not in shown


def test_an_error_over_a_form_repeats_nothing_of_it() -> None:
    with pytest.raises(ValidationError) as refused:
        RegistrationForm.model_validate(
            {
                "kind": NAME,
                "email": f"{EMAIL}@",
                "mobile": NAME,
                "topics": EMAIL,
                "postal_address": 9,
                NAME: 1,
            }
        )

    shown = f"{refused.value} {refused.value!r}".lower()
    # The name of a field that nobody has is what was sent, too.
    assert "email" in shown
    assert not [hidden for hidden in HIDDEN if hidden in shown and hidden not in NAME.lower()]


def test_what_does_not_open_holds_nothing() -> None:
    assert vars(CannotOpen()) == {"message": CannotOpen().message}
