"""What a scheme says of itself: the rules of its file, and that it is kept whole."""

from pathlib import Path

import pytest

from service.database import Transactions
from service.schemes.about import REGULATOR, About
from service.schemes.applying import apply
from service.schemes.file import BadSchemeFile, read_scheme_file
from service.schemes.reading import find_scheme
from tests.conftest import SCHEME
from tests.harness.people import Service, now


async def test_what_the_file_says_of_the_scheme_is_what_is_read_of_it(service: Service) -> None:
    assert service.scheme.about == read_scheme_file(SCHEME).about
    assert service.scheme.about.complaints.email == "data-protection@example.org"


async def test_a_scheme_says_nothing_more_when_its_file_does_not(
    service: Service, transactions: dict[str, Transactions], tmp_path: Path
) -> None:
    shorter = tmp_path / "scheme.toml"
    shorter.write_text(SCHEME.read_text().split("[about.")[0])

    async with transactions["kept_owner"].begin() as tx:
        await apply(tx, read_scheme_file(shorter), service.keys, actor="operator:test", now=now())
        about = (await find_scheme(tx, service.scheme.slug)).about

    assert about == About()
    assert about.regulator == REGULATOR


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("about.help", 'phone = "ring us"'),
        ("about.help", 'phone = "0800 678 1925\\n"'),
        ("about.help", 'email = "not an address"'),
        ("about.help", 'fax = "0800 678 1925"'),
        ("about.controller", 'en = "The Department"'),
        ("about.regulator.website", 'en = "javascript:alert(1)"\ncy = "https://example.org"'),
        ("about.nothing", 'en = "x"'),
    ],
)
def test_a_file_that_says_it_wrongly_is_refused_by_place(tmp_path: Path, table: str, lines: str) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME.read_text().split("[about.")[0] + f"\n[{table}]\n{lines}\n")

    with pytest.raises(BadSchemeFile, match=r"scheme\.toml: about\."):
        read_scheme_file(file)
