"""What a scheme publishes of itself, from its file to what the checks let pass."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from service.database import Transactions
from service.schemes.applying import apply
from service.schemes.file import BadSchemeFile, read_scheme_file
from service.schemes.public_list import (
    NoSuchChange,
    OwnProposal,
    Proposal,
    PublicListDecision,
    decide,
    propose,
    waiting,
)
from service.schemes.reading import PublicList, public_list
from service.schemes.tables import DetailKind
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
        file = read_scheme_file(_file(tmp_path, lines)).model_copy(update={"slug": "another"})
        made = await apply(tx, file, service.keys, actor="operator:test", now=now())
        listed = await public_list(tx, made)

    assert listed == PublicList(
        emails=frozenset({"help@example.org"}),
        phones=frozenset({"+448006781925"}),
        hosts=frozenset({"www.advice.example.org"}),
        postcodes=frozenset({"SW1A2AA"}),
        references=frozenset({"A1234567", "3434012345678901"}),
    )


async def test_the_list_of_a_scheme_that_is_there_waits_for_a_second_person(
    service: Service, transactions: dict[str, Transactions], tmp_path: Path
) -> None:
    file = read_scheme_file(_file(tmp_path, 'phones = ["020 7946 0000"]'))
    for _ in range(2):
        async with transactions["kept_owner"].begin() as tx:
            await apply(tx, file, service.keys, actor="operator:test", now=now())
            assert (await public_list(tx, service.scheme.id)).phones == {"+448006781925"}
    async with transactions["kept_staff"].begin() as tx:
        proposed = await waiting(tx, service.scheme.id)
        assert [(each.value, each.adds) for each in proposed] == [
            ("+442079460000", True),
            ("+448006781925", False),
        ]
        for change in proposed:
            with pytest.raises(OwnProposal):
                await decide(tx, change.id, PublicListDecision.AGREE, by="operator:test", now=now())
        for change in proposed:
            await decide(tx, change.id, PublicListDecision.AGREE, by="somebody-else", now=now())
        assert (await public_list(tx, service.scheme.id)).phones == {"+442079460000"}
        with pytest.raises(NoSuchChange):
            await decide(tx, proposed[0].id, PublicListDecision.REFUSE, by="a-third", now=now())


@pytest.mark.parametrize(
    "attempt",
    [
        "INSERT INTO scheme_public_details SELECT id, 'phone', '+442079460000' FROM schemes",
        "DELETE FROM scheme_public_details",
        "UPDATE public_list_changes SET decision = 'agree', decided_by = 'other', decided_at = now()",
        "SELECT decide_public_list_change(id, 'agree', proposed_by, now()) FROM public_list_changes",
        "DELETE FROM public_list_changes",
    ],
)
async def test_by_plain_sql_nobody_adds_to_the_list_alone(
    service: Service, transactions: dict[str, Transactions], attempt: str
) -> None:
    async with transactions["kept_staff"].begin() as tx:
        more = [Proposal(DetailKind.PHONE, "+442079460000", True)]
        await propose(tx, service.scheme.id, more, why="A new line", by="somebody", now=now())

    with pytest.raises((ProgrammingError, IntegrityError)):
        async with transactions["kept_staff"].begin() as tx:
            await tx.execute(text(attempt))


async def test_what_was_refused_is_not_kept(service: Service, transactions: dict[str, Transactions]) -> None:
    async with transactions["kept_staff"].begin() as tx:
        more = [Proposal(DetailKind.EMAIL, "somebody@example.org", True)]
        await propose(tx, service.scheme.id, more, why="A new line", by="somebody", now=now())
        (change,) = await waiting(tx, service.scheme.id)
        await decide(tx, change.id, PublicListDecision.REFUSE, by="somebody", now=now())
    async with transactions["kept_staff"].begin() as tx:
        rows = (await tx.execute(text("SELECT public_list_changes::text FROM public_list_changes"))).all()
        assert "somebody@example.org" not in str(rows)


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
