"""The rules of addresses and numbers."""

import pytest

from service.notify.addresses import NotAnAddress, email_address, phone_number, postal_index_form


@pytest.mark.parametrize(
    ("typed", "kept", "index"),
    [
        ("jo@example.com", "jo@example.com", "jo@example.com"),
        ("  Jo@Example.COM \n", "Jo@example.com", "jo@example.com"),
        ("jo.o'neil+news@example.com", "jo.o'neil+news@example.com", "jo.o'neil+news@example.com"),
        ("\u200bjo\u200d@example.com\u202c", "jo@example.com", "jo@example.com"),
        ("jo@bücher.example.com", "jo@xn--bcher-kva.example.com", "jo@xn--bcher-kva.example.com"),
        ("a#b{c}|d@example.com", "a#b{c}|d@example.com", "a#b{c}|d@example.com"),
    ],
)
def test_an_address_is_kept_as_typed_and_indexed_in_one_form(typed: str, kept: str, index: str) -> None:
    address = email_address(typed)
    assert (address.as_typed, address.index_form) == (kept, index)
    assert "@" not in repr(address)


def test_dots_and_tags_tell_people_apart() -> None:
    forms = ["jo.smith@gmail.com", "josmith@gmail.com", "jo.smith+a@gmail.com"]
    assert len({email_address(form).index_form for form in forms}) == 3


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "jo",
        "jo@",
        "@example.com",
        "jo@example",
        "jo..smith@example.com",
        "jo@example..com",
        ".jo@example.com",
        "jo@@example.com",
        "jo smith@example.com",
        "jo@example.com, other@example.com",
        "jo@example.com;other@example.com",
        "jo@example.com other@example.com",
        "Jo Smith <jo@example.com>",
        '"jo smith"@example.com',
        "jo@[127.0.0.1]",
        "jo@localhost",
        "josé.smith@example.com",  # Notify takes no letters beyond ASCII in front of the @.
        "jo@" + "a." * 160 + "com",
    ],
)
def test_what_is_not_one_address_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        email_address(typed)
    assert "smith" not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("(01632) 960 001", "+441632960001"),
        ("+1 876 555 0123", "+18765550123"),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, e164: str) -> None:
    assert phone_number(typed).e164 == e164
    assert e164 not in repr(phone_number(typed))


@pytest.mark.parametrize("typed", ["", "12", "hello", "077009001234567", "+999 1"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAddress):
        phone_number(typed)


def test_a_postal_address_is_the_same_however_it_is_spaced() -> None:
    assert postal_index_form("1 High St,\nLeeds  LS1 1AA") == postal_index_form("1 HIGH ST Leeds LS11AA")
    assert postal_index_form("1 High St, Leeds") != postal_index_form("11 High St, Leeds")
