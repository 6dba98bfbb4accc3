"""The witness: small signed files that no restore of the database undoes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.chain import Point
from service.audit.witness import Checkpoint, NewestAttempt, UnreadableWitness, Witness

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()


def checkpoint(seq: int) -> Checkpoint:
    return Checkpoint(Point(seq, bytes([seq]) * 32), AT)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", KEY)


def test_what_was_written_is_read_again_and_the_furthest_checkpoint_counts(witness: Witness) -> None:
    assert witness.is_empty()
    for seq in (9, 10, 2):
        witness.add(checkpoint(seq))
    witness.put(NewestAttempt("d-1", AT))
    witness.put(NewestAttempt("d-2", AT))

    assert [each.point.seq for each in witness.checkpoints()] == [2, 9, 10]
    assert witness.newest_checkpoint() == checkpoint(10)
    assert witness.newest_attempt() == NewestAttempt("d-2", AT)
    assert not witness.is_empty()


def test_a_checkpoint_that_is_there_is_never_written_over(witness: Witness) -> None:
    witness.add(checkpoint(5))
    witness.add(Checkpoint(Point(5, b"another" * 4), AT))

    assert witness.newest_checkpoint() == checkpoint(5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace(b'"seq":5', b'"seq":4'),
        lambda text: text.replace(b"checkpoint/v1", b"newest-attempt/v1"),
        lambda text: text[:-10],
        lambda text: b"",
        lambda text: b"[]",
        lambda text: b"{}",
        lambda text: b"\xff\xfe",
    ],
)
def test_a_file_that_was_altered_is_not_read(witness: Witness, tmp_path: Path, damage: object) -> None:
    witness.add(checkpoint(5))
    (file,) = (tmp_path / "witness").glob("checkpoint-*")
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]

    with pytest.raises(UnreadableWitness):
        witness.newest_checkpoint()


def test_a_file_signed_with_another_key_is_not_read(witness: Witness, tmp_path: Path) -> None:
    Witness(tmp_path / "witness", Ed25519PrivateKey.generate()).put(NewestAttempt("d-1", AT))

    with pytest.raises(UnreadableWitness):
        witness.newest_attempt()


def test_one_kind_of_file_does_not_pass_for_the_other(witness: Witness, tmp_path: Path) -> None:
    witness.add(checkpoint(5))
    (file,) = (tmp_path / "witness").glob("checkpoint-*")
    file.replace(tmp_path / "witness" / "newest-attempt.json")

    with pytest.raises(UnreadableWitness):
        witness.newest_attempt()


def test_starting_anew_puts_the_old_aside_and_destroys_nothing(witness: Witness, tmp_path: Path) -> None:
    witness.add(checkpoint(5))
    witness.put(NewestAttempt("d-1", AT))
    before = witness.digest()

    witness.start_anew(AT + timedelta(seconds=1))

    assert witness.is_empty()
    assert witness.digest() != before
    kept = {file.name for file in (tmp_path / "witness").glob("superseded-*/*")}
    assert kept == {"checkpoint-0000000000000005.json", "newest-attempt.json"}


def test_its_digest_changes_with_whatever_it_holds(witness: Witness) -> None:
    digests = [witness.digest()]
    witness.add(checkpoint(5))
    digests.append(witness.digest())
    witness.put(NewestAttempt("d-1", AT))
    digests.append(witness.digest())
    witness.add(checkpoint(6))
    digests.append(witness.digest())

    assert len(set(digests)) == 4


def test_nobody_but_its_owner_can_read_the_directory(witness: Witness, tmp_path: Path) -> None:
    witness.put(NewestAttempt("d-1", AT))

    assert (tmp_path / "witness").stat().st_mode & 0o077 == 0
    assert not [each for each in (tmp_path / "witness").iterdir() if each.name.startswith(".")]
