"""What the operator asked for, what follows from it, and what `kept up` refuses."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.one_machine.ports import Ports
from deploy.one_machine.settings import asked_for, completed, uses_demo_issuer, uses_stand_in
from service.errors import Misconfigured

PORTS = Ports.starting_at(8000)


def test_an_empty_environment_gets_everything(tmp_path: Path) -> None:
    asked = asked_for({"PATH": "/bin"})

    settings = completed(asked, tmp_path, PORTS)

    assert asked == {}
    assert uses_stand_in(asked)
    assert uses_demo_issuer(asked)
    assert settings["KEPT_PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert settings["KEPT_STAFF_URL"] == "http://127.0.0.1:8001"
    assert settings["KEPT_NOTIFY_BASE_URL"] == "http://127.0.0.1:8003"
    assert settings["KEPT_OIDC_ISSUER"] == "http://127.0.0.1:8004"
    assert settings["KEPT_HOLD_WINDOW_SECONDS"] == settings["KEPT_RAMP_WAIT_SECONDS"] == "0"


def test_keys_store_and_witness_lie_apart(tmp_path: Path) -> None:
    settings = completed({}, tmp_path, PORTS)
    key_file = Path(settings["KEPT_KEY_SERVICE"].removeprefix("file:"))

    places = {key_file.parent, Path(settings["KEPT_KEY_STORE"]), Path(settings["KEPT_WITNESS"])}

    assert len(places) == 3
    assert {place.parent for place in places} == {tmp_path}


def test_what_was_made_once_is_the_same_at_the_next_start(tmp_path: Path) -> None:
    assert completed({}, tmp_path, PORTS) == completed({}, tmp_path, PORTS)


def test_the_operators_word_wins(tmp_path: Path) -> None:
    asked = asked_for({"KEPT_HOLD_WINDOW_SECONDS": "900", "KEPT_KEY_STORE": "/elsewhere"})

    settings = completed(asked, tmp_path, PORTS)

    assert settings["KEPT_HOLD_WINDOW_SECONDS"] == "900"
    assert settings["KEPT_KEY_STORE"] == "/elsewhere"


def test_nobody_is_counted_on_loopback_and_everybody_elsewhere(tmp_path: Path) -> None:
    elsewhere = {"KEPT_PUBLIC_URL": "https://kept.example", "KEPT_OIDC_ISSUER": "https://sign-in.example"}

    assert completed({}, tmp_path, PORTS)["KEPT_CLIENT_LIMIT_PER_MINUTE"] == "0"
    assert "KEPT_CLIENT_LIMIT_PER_MINUTE" not in completed(elsewhere, tmp_path, PORTS)
    assert "KEPT_CONFIRMATIONS_PER_HOUR" not in completed(elsewhere, tmp_path, PORTS)


def test_a_file_gives_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("KEPT_BRAND=govuk\nKEPT_LOG_FORMAT=json\nKEPT_RAMP=\nOTHER=thing\n")

    asked = asked_for({"KEPT_ENV_FILE": str(file), "KEPT_LOG_FORMAT": "text"})

    assert asked == {"KEPT_BRAND": "govuk", "KEPT_LOG_FORMAT": "text"}


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(Misconfigured, match=r"^KEPT_ENV_FILE: there is no file"):
        asked_for({"KEPT_ENV_FILE": "/nowhere"})


def test_a_key_without_its_notify_is_refused_and_not_repeated() -> None:
    with pytest.raises(Misconfigured, match=r"^KEPT_NOTIFY_API_KEY: .*KEPT_NOTIFY_BASE_URL") as refused:
        asked_for({"KEPT_NOTIFY_API_KEY": "team-secret"})

    assert "team-secret" not in refused.value.message


def test_a_notify_without_its_key_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"^KEPT_NOTIFY_API_KEY: it is not set"):
        asked_for({"KEPT_NOTIFY_BASE_URL": "http://127.0.0.1:9000"})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("KEPT_PUBLIC_URL", "https://kept.example"),
        ("KEPT_STAFF_URL", "https://localhost.example"),
        ("KEPT_STAFF_URL", "http://10.0.0.1:8001"),
        ("KEPT_DATABASE_URL", "postgresql://kept_owner:word@db.example/kept"),
        ("KEPT_REDIS_URL", "rediss://redis.example"),
        ("KEPT_PUBLIC_URL", "http://[half"),
        ("KEPT_PUBLIC_URL", "nothing"),
    ],
)
def test_the_demo_issuer_stays_on_loopback(name: str, url: str) -> None:
    with pytest.raises(Misconfigured, match=rf"^KEPT_OIDC_ISSUER: .*{name}"):
        asked_for({name: url})

    assert asked_for({name: url, "KEPT_OIDC_ISSUER": "https://sign-in.example"})


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "http://127.0.0.2:8000",
        "http://[::1]:8000",
        "postgresql:///kept?host=/run/postgresql",
        "unix:///run/redis.sock",
    ],
)
def test_loopback_and_sockets_are_on_this_machine(url: str) -> None:
    name = "KEPT_PUBLIC_URL" if urlsplit(url).scheme == "http" else "KEPT_DATABASE_URL"

    assert asked_for({name: url}) == {name: url}
