"""One outcome is proved against a certificate: by command, by hand, and by the document's example."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.deliveries.proving import NotAProof, Proof, proves
from service.deliveries.states import DeliveryState
from tests.deliveries.certifying import (
    ROOT,
    certified,
    kept_certificate,
    public_key,
    receipt,
    written,
)
from tests.harness.people import Service
from tests.harness.servers import Database

DOCUMENT = ROOT / "docs" / "certificate.md"
EXAMPLE = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def deliveries(database: Database) -> list[tuple[UUID, str]]:
    with database.connect() as owner:
        return [(row[0], row[1]) for row in owner.execute("SELECT id, state FROM deliveries ORDER BY id")]


async def sent(service: Service, count: int) -> UUID:
    await service.people(count)
    update = await service.approved()
    await service.send()
    return update


class Files:
    """A certificate, its public key and the proof of one delivery, as files."""

    def __init__(self, folder: Path, certificate: dict[str, Any], key: bytes, proof: dict[str, Any]) -> None:
        self._folder = folder
        self.document = certificate
        self.proved = proof
        self.certificate = written(folder, "certificate.json", certificate)
        self.key = written(folder, "public-key", key.hex() + "\n")
        self.proof = written(folder, "proof.json", proof)

    def holds(self, **altered: Any) -> bool:
        """Whether the proof with these changes holds against the certificate."""
        return proves(self.document, Proof.read({**self.proved, **altered}))

    def verify(self) -> subprocess.CompletedProcess[str]:
        return kept_certificate("verify", self.certificate, "--key", self.key, "--proof", self.proof)


async def files(service: Service, database: Database, folder: Path, count: int = 3) -> Files:
    update = await sent(service, count)
    made = await certified(service, update)
    delivery, _ = deliveries(database)[count - 2]
    printed = kept_certificate("prove", update, delivery, url=database.url())
    assert printed.returncode == 0, printed.stderr
    return Files(folder, made.as_json(), public_key(service), json.loads(printed.stdout))


async def test_the_outcome_of_every_delivery_is_proved_from_the_ledger_and_checked_without_it(
    service: Service, database: Database, tmp_path: Path
) -> None:
    update = await sent(service, 3)
    key = written(tmp_path, "key", public_key(service).hex())
    certificate = written(tmp_path, "certificate", (await certified(service, update)).as_json())

    for index, (delivery, state) in enumerate(deliveries(database)):
        printed = kept_certificate("prove", update, delivery, url=database.url())
        proof = json.loads(printed.stdout)
        assert (printed.returncode, printed.stderr) == (0, "")
        assert list(proof) == ["update", "delivery", "state", "index", "size", "path"]
        assert (proof["update"], proof["delivery"]) == (str(update), str(delivery))
        assert (proof["state"], proof["index"], proof["size"]) == (state, index, 3)

        checked = kept_certificate(
            "verify", certificate, "--key", key, "--proof", written(tmp_path, "proof", printed.stdout)
        )
        assert (checked.returncode, checked.stderr) == (0, "")
        assert f"delivery {delivery} to be accepted" in checked.stdout


async def test_an_altered_proof_does_not_hold(service: Service, database: Database, tmp_path: Path) -> None:
    made = await files(service, database, tmp_path)
    path = made.proved["path"]
    assert made.holds()

    changes: list[dict[str, Any]] = [
        {"state": "delivered"},
        {"state": "no such state"},
        {"delivery": str(uuid4())},
        {"update": str(uuid4())},
        {"index": made.proved["index"] + 1},
        {"index": -1},
        {"index": 10**30},
        {"size": 4},
        {"size": 2},
        {"path": []},
        {"path": path[::-1]},
        {"path": [*path, "00" * 32]},
        {"path": ["00" * 32, *path[1:]]},
        {"path": ["ab", *path[1:]]},
    ]
    for altered in changes:
        assert not made.holds(**altered), altered
    written(tmp_path, "proof.json", {**made.proved, **changes[0]})
    checked = made.verify()
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "the proof does not hold" in checked.stdout


async def test_a_proof_of_another_size_that_the_root_would_bear_out_does_not_hold(
    service: Service, database: Database, tmp_path: Path
) -> None:
    update = await sent(service, 3)
    made = await certified(service, update)
    delivery, _ = deliveries(database)[0]
    proof = json.loads(kept_certificate("prove", update, delivery, url=database.url()).stdout)
    both = Files(tmp_path, made.as_json(), public_key(service), proof)

    # The first leaf of three has the same neighbours as the first of four.
    assert both.holds(size=3)
    assert not both.holds(size=4)


async def test_a_proof_holds_for_no_other_certificate(
    service: Service, database: Database, tmp_path: Path
) -> None:
    made = await files(service, database, tmp_path)
    another = await service.approved()
    await service.send()
    other = (await certified(service, another)).as_json()

    assert proves(made.document, Proof.read(made.proved))
    assert not proves(other, Proof.read(made.proved))
    assert not proves(other, Proof.read({**made.proved, "update": str(another)}))


async def test_a_proof_is_not_looked_at_where_the_certificate_does_not_hold(
    service: Service, database: Database, tmp_path: Path
) -> None:
    made = await files(service, database, tmp_path)
    written(tmp_path, "certificate.json", {**made.document, "duplicates": 1})

    checked = made.verify()

    assert checked.returncode == 1
    assert "the certificate does not hold" in checked.stdout


async def test_outcomes_that_moved_on_want_a_new_certificate_first(
    service: Service, database: Database
) -> None:
    [person, _] = await service.people(2)
    update = await service.approved()
    await service.send()
    await certified(service, update)
    delivery, _ = deliveries(database)[0]
    await receipt(service, database, person, "delivered")

    refused = kept_certificate("prove", update, delivery, url=database.url())
    await certified(service, update)
    proved = kept_certificate("prove", update, delivery, url=database.url())

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "Outcomes have changed since the newest certificate: ask for a new one" in refused.stderr
    assert json.loads(proved.stdout)["state"] in ("delivered", "accepted")


async def test_what_cannot_be_proved_is_one_clear_line(service: Service, database: Database) -> None:
    update = await sent(service, 2)
    delivery, _ = deliveries(database)[0]
    too_early = kept_certificate("prove", update, delivery, url=database.url())
    await certified(service, update)

    for done, code, said in (
        (too_early, 1, "no certificate of this update yet"),
        (
            kept_certificate("prove", uuid4(), delivery, url=database.url()),
            1,
            "no certificate of this update",
        ),
        (kept_certificate("prove", update, uuid4(), url=database.url()), 1, "no delivery of this id"),
        (kept_certificate("prove", "x", delivery, url=database.url()), 2, "UPDATE_ID"),
        (kept_certificate("prove", update, "x", url=database.url()), 2, "DELIVERY_ID"),
        (kept_certificate("prove", update, delivery), 2, "KEPT_DATABASE_URL"),
        (kept_certificate("x", url=database.url()), 2, "UPDATE_ID"),
    ):
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


async def test_files_that_are_no_proof_and_no_key_are_wrong_input(
    service: Service, database: Database, tmp_path: Path
) -> None:
    made = await files(service, database, tmp_path)
    proof = made.proved

    for wrong in (
        {},
        {**proof, "index": "1"},
        {**proof, "index": True},
        {**proof, "size": None},
        {**proof, "state": 7},
        {**proof, "path": 7},
        {**proof, "path": [7]},
        {**proof, "path": ["not hex"]},
        {**proof, "delivery": "somebody"},
        {**proof, "update": 7},
        made.document,
    ):
        with pytest.raises(NotAProof):
            Proof.read(wrong)
    for document, said in (
        ("not JSON", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a proof"),
        (made.document, "it is not a proof"),
    ):
        written(tmp_path, "proof.json", document)
        done = made.verify()
        assert (done.returncode, done.stdout) == (2, "")
        assert f"proof.json: {said}" in done.stderr
        assert done.stderr.count("\n") == 1
    made.proof.unlink()
    assert made.verify().returncode == 2
    assert "proof.json: it cannot be read" in made.verify().stderr


async def test_a_certificate_is_printed_by_its_updates_id_alone(service: Service, database: Database) -> None:
    update = await sent(service, 2)
    none_yet = kept_certificate(update, url=database.url())
    made = await certified(service, update)

    printed = kept_certificate(update, url=database.url())

    assert none_yet.returncode == 1
    assert "There is no certificate of this update yet" in none_yet.stderr
    assert printed.returncode == 0
    assert json.loads(printed.stdout) == made.as_json()


def test_what_is_left_out_is_wrong_usage(tmp_path: Path) -> None:
    file = written(tmp_path, "certificate.json", "{}")

    for arguments in ([], ["verify"], ["verify", file], ["prove"], ["prove", uuid4()], ["--no-such-option"]):
        assert kept_certificate(*arguments).returncode == 2, arguments
    assert kept_certificate("--help").returncode == 0


async def test_the_example_in_the_document_checks_a_real_certificate(
    service: Service, database: Database, tmp_path: Path
) -> None:
    [example] = EXAMPLE
    script = written(tmp_path, "check.py", example)
    made = await files(service, database, tmp_path, count=5)

    def run_example(certificate: Path, proof: Path) -> subprocess.CompletedProcess[str]:
        # -I: nothing of ours can be imported.
        return subprocess.run(
            [sys.executable, "-I", str(script), str(certificate), str(made.key), str(proof)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    held = run_example(made.certificate, made.proof)
    assert (held.returncode, held.stderr) == (0, "")
    assert held.stdout.splitlines() == [
        "the certificate holds",
        f"the proof holds: {made.proved['delivery']} is accepted",
    ]
    for name, certificate, proof in (
        ("duplicates", {**made.document, "duplicates": 1}, made.proved),
        ("planned", {**made.document, "planned": 6}, made.proved),
        ("state", made.document, {**made.proved, "state": "delivered"}),
        ("index", made.document, {**made.proved, "index": 0}),
        ("size", made.document, {**made.proved, "size": 6}),
        ("path", made.document, {**made.proved, "path": made.proved["path"][:-1]}),
        ("update", made.document, {**made.proved, "update": str(uuid4())}),
    ):
        done = run_example(written(tmp_path, "c.json", certificate), written(tmp_path, "p.json", proof))
        assert done.returncode == 1, name


async def test_the_document_names_every_field_and_every_outcome(
    service: Service, database: Database, tmp_path: Path
) -> None:
    made = await files(service, database, tmp_path)
    text = DOCUMENT.read_text()

    for name in [*made.document, *made.proved, *made.document["outcomes"]]:
        assert f"| `{name}` |" in text, name
    assert set(made.document["outcomes"]) == {state.value for state in DeliveryState}


@pytest.mark.parametrize("example", EXAMPLE)
def test_the_example_needs_nothing_but_the_standard_library_and_cryptography(example: str) -> None:
    imported = set(re.findall(r"^(?:import|from) ([\w, ]+?)(?:\.| import|$)", example, re.MULTILINE))
    assert {name for names in imported for name in names.split(", ")} <= {
        "cryptography",
        "hashlib",
        "json",
        "sys",
    }
