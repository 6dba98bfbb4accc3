"""Which postal addresses a letter can go to, and which telephones a text can."""

import pytest

from service.notify.addresses import NotAnAddress, mobile_number, postal_address

STREET = "1 High Street\nLeeds\n"


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("1 High Street\nLeeds\nLS1 1AA", ("1 High Street", "Leeds", "LS1 1AA")),
        ("  1  High Street ,\r\n\r\nLeeds,\nls11aa\n", ("1 High Street", "Leeds", "LS1 1AA")),
        ("1 High Street, Leeds, LS1 1AA", ("1 High Street", "Leeds", "LS1 1AA")),
        ("1 High Street, Leeds LS1 1AA", ("1 High Street", "Leeds", "LS1 1AA")),
        (f"{STREET}LS1 1AA\nEngland\nUnited Kingdom", ("1 High Street", "Leeds", "LS1 1AA")),
        ("Stryd Fawr\nCaerdydd CF10 1AA\nCymru", ("Stryd Fawr", "Caerdydd", "CF10 1AA")),
        ("12 Hope Road\nKingston 6\nJamaica", ("12 Hope Road", "Kingston 6", "Jamaica")),
        ("1 Street\nCastries\nSt. Lucia", ("1 Street", "Castries", "St. Lucia")),
        ("1 Street\nBanjul\nThe Gambia", ("1 Street", "Banjul", "The Gambia")),
        ("1 Street\nAbidjan\nCôte d’Ivoire", ("1 Street", "Abidjan", "Côte d’Ivoire")),
        ("1 Street\nDulyn\nIwerddon", ("1 Street", "Dulyn", "Iwerddon")),
        ("Sgt Jones\nHQ Company\nbfpo c/o 12", ("Sgt Jones", "HQ Company", "BFPO 12")),
        ("Sgt Jones\nBFPO 12\nBF1 2AT", ("Sgt Jones", "BFPO 12", "BF1 2AT")),
        ("a\nb\nc\nd\ne\nf\nLS1 1AA", ("a", "b", "c", "d", "e", "f", "LS1 1AA")),
        ("1 High\u200b Street\nLeeds\u202e\nLS1 1AA", ("1 High Street", "Leeds", "LS1 1AA")),
    ],
)
def test_an_address_is_read_as_people_write_it(typed: str, lines: tuple[str, ...]) -> None:
    address = postal_address(typed)

    assert address.lines == lines
    assert postal_address(address.text) == address
    assert "Street" not in repr(address)


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("", "last line"),
        ("LS1 1AA", "at least 3"),
        ("Leeds\nLS1 1AA", "at least 3"),
        (f"{STREET}United Kingdom", "last line"),
        (f"{STREET}Yorkshire", "last line"),
        (f"{STREET}SW1A", "last line"),
        (f"{STREET}LS1 1CA", "last line"),
        ("a\nb\nc\nd\ne\nf\ng\nLS1 1AA", "no more than 7"),
        ("(The Cottage)\nLeeds\nLS1 1AA", "Begin each line"),
        ("1 High Street\n@home\nLS1 1AA", "Begin each line"),
        ("Sgt Jones\nBFPO 12\nGermany", "last line"),
        ("Mary Jones\nNo fixed abode\nLS1 1AA", "can be delivered"),
        ("Mary Jones\nNFA\nLeeds\nLS1 1AA", "can be delivered"),
        ("...\n--\nLeeds\nLS1 1AA", "can be delivered"),
    ],
)
def test_what_notify_would_not_print_is_refused_by_its_rule(typed: str, rule: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        postal_address(typed)

    assert rule in str(refused.value)
    assert "Jones" not in str(refused.value)


def test_one_place_has_one_index_however_it_is_written() -> None:
    one = postal_address("1 High Street\nLeeds\nLS1 1AA")
    same = postal_address("1 HIGH STREET, Leeds LS11AA, England")
    other = postal_address("11 High Street\nLeeds\nLS1 1AA")

    assert one.index_form == same.index_form != other.index_form


@pytest.mark.parametrize("typed", ["07700 900123", "+44 7700 900123", "+1 876 555 0123", "+353 85 012 3456"])
def test_a_text_can_go_to_a_mobile(typed: str) -> None:
    assert mobile_number(typed).e164.startswith("+")


@pytest.mark.parametrize("typed", ["0800 678 1925", "(01632) 960 001", "020 7946 0000", "+44 3000 000000"])
def test_a_text_cannot_go_to_a_telephone_on_a_wall(typed: str) -> None:
    with pytest.raises(NotAnAddress, match="mobile"):
        mobile_number(typed)
