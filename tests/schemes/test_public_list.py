"""What a scheme publishes of itself, from its file to what the checks let pass."""

from pathlib import Path

import pytest

from service.database import Transactions
from service.schemes.applying import apply
from service.schemes.file import BadSchemeFile, read_scheme_file
from service.schemes.reading import PublicList, public_list
from tests.conftest import SCHEME
from tests.harness.people import Service, now


def _file(tmp_path: Path, lines: str) -> Path:
    before, after = SCHEME.read_text().split('phones = ["0800 678 1925"]')
    file = tmp_path / "scheme.toml"
    file.write_text(f"{before}{lines}{after}")
    return file


async def test_everything_on_the_list_is_kept_as_it_is_compared(
    service: Service, transactions: dict[str, Transactions], tmp_path: Path
) -> None:
    lines = """
        phones = ["0800 678 1925"]
        emails = ["Help@Example.org"]
        hosts = ["www.advice.example.org"]
        postcodes = ["sw1a 2aa"]
        references = ["a1234567", "3434-0123 4567-8901"]
    """
    async with transactions["kept_owner"].begin() as tx:
        file = read_scheme_file(_file(tmp_path, lines))
        await apply(tx, file, service.keys, actor="operator:test", now=now())
        listed = await public_list(tx, service.scheme.id)

    assert listed == PublicList(
        emails=frozenset({"help@example.org"}),
        phones=frozenset({"+448006781925"}),
        hosts=frozenset({"www.advice.example.org"}),
        postcodes=frozenset({"SW1A2AA"}),
        references=frozenset({"A1234567", "3434012345678901"}),
    )


@pytest.mark.parametrize(
    "line",
    [
        'hosts = ["https://www.example.org"]',
        'hosts = ["*.example.org"]',
        'hosts = ["com"]',
        'hosts = ["Example.org"]',
        'postcodes = ["SW1A 2AA, London"]',
        'references = ["*"]',
    ],
)
def test_what_would_let_too_much_pass_is_refused_by_place(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadSchemeFile, match=f"public_list.{line.split()[0]}.0"):
        read_scheme_file(_file(tmp_path, line))
