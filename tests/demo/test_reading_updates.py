"""What `kept run` makes of a TOML of an update."""

from pathlib import Path

import pytest

from deploy.demo.main_job.words import read_update
from service.errors import Misconfigured
from tests.demo.files import update_file

SUBJECTS = '[email.en]\nsubject = "Open  now"\n[email.cy]\nsubject = "Ar agor"\n'


def test_the_body_is_the_file_with_dates_as_text(tmp_path: Path) -> None:
    update = read_update(update_file(tmp_path, 'title = "T"\nsend_at = 2027-01-31T09:00:00Z\n'))

    assert update.body == {"title": "T", "send_at": "2027-01-31T09:00:00+00:00"}


def test_subjects_are_known_as_they_arrive(tmp_path: Path) -> None:
    update = read_update(update_file(tmp_path, SUBJECTS))

    assert update.subjects == {"en": "Open now", "cy": "Ar agor"}
    assert update.all_subjects() == {"Open now", "Ar agor", "Open now / Ar agor"}


@pytest.mark.parametrize(
    ("rule", "is_for"),
    [
        ("", True),
        ('kinds = ["individual"]', True),
        ('kinds = ["organisation"]', False),
        ('languages = ["cy"]', False),
        ('topics = ["evidence", "eligibility"]', True),
        ('kinds = ["individual"]\ntopics = ["eligibility"]', False),
    ],
)
def test_its_audience_is_read_as_the_service_reads_it(tmp_path: Path, rule: str, is_for: bool) -> None:
    update = read_update(update_file(tmp_path, f"[audience]\n{rule}\n"))

    assert update.is_for({"kind": "individual", "language": "en", "topics": ["evidence"]}) is is_for


@pytest.mark.parametrize(
    ("content", "says"), [(b"title = ", "is not TOML"), (b"title = '\xff'", "is not UTF-8")]
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "update.toml"
    path.write_bytes(content)

    with pytest.raises(Misconfigured, match=says):
        read_update(path)
