"""What `kept run` makes of a CSV of people."""

from pathlib import Path

import pytest

from deploy.demo.main_job.people import People, inbox_of, read_people
from service.errors import Misconfigured
from tests.demo.files import HEADER, people_file

ANN = "individual,ann@example.com,,Ann,,en,evidence"


def lines(people: People) -> tuple[list[int], list[int]]:
    """Those that are registrations, and those that are not."""
    return [row.line for row in people.rows], [row.line for row in people.refused]


def test_a_row_becomes_the_body_of_a_registration(tmp_path: Path) -> None:
    row = "organisation, Post@Example.com ,07700 900123,Zoë,Café Centre,cy,evidence; eligibility"

    (found,) = read_people(people_file(tmp_path, row)).rows

    assert found.form == {
        "kind": "organisation",
        "email": "Post@Example.com",
        "mobile": "07700 900123",
        "name": "Zoë",
        "organisation": "Café Centre",
        "language": "cy",
        "topics": ["evidence", "eligibility"],
        "contact_by": ["email"],
        "consent": True,
    }


def test_what_is_empty_is_left_out(tmp_path: Path) -> None:
    (found,) = read_people(people_file(tmp_path, "individual,ann@example.com,,,,en,evidence")).rows

    assert found.form.keys().isdisjoint({"mobile", "name", "organisation", "relationship"})


@pytest.mark.parametrize(("said", "meant"), [("", "family"), ("legal", "legal")])
def test_a_representative_is_family_unless_the_file_says_otherwise(
    tmp_path: Path, said: str, meant: str
) -> None:
    row = f"representative,ann@example.com,,Ann,,en,evidence,{said}"

    (found,) = read_people(people_file(tmp_path, row, header=f"{HEADER},relationship")).rows

    assert found.form["relationship"] == meant


def test_a_row_with_another_number_of_columns_is_named_by_its_line_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    people = read_people(people_file(tmp_path, ANN, "individual,short@example.com", f"{ANN},more", ANN))

    assert lines(people) == ([2, 5], [3, 4])
    assert people.refused[0].errors[0].rule == "It has 2 columns, and the first line has 7"


@pytest.mark.parametrize(
    "broken",
    [
        'individual,bob@example.com,,"Bob,,en,evidence',
        'individual,bob@example.com,,"Bob" B,,en,evidence',
        f"individual,bob@example.com,,{'b' * 200_000},,en,evidence",
    ],
)
def test_a_line_that_cannot_be_read_takes_nobody_below_it_along(tmp_path: Path, broken: str) -> None:
    quoted = 'individual,cy@example.com,,"Cy, the third",,en,evidence'

    assert lines(read_people(people_file(tmp_path, ANN, broken, quoted, ANN))) == ([2, 4, 5], [3])


def test_a_name_may_go_over_two_lines_as_spreadsheets_write_it(tmp_path: Path) -> None:
    people = read_people(people_file(tmp_path, 'individual,b@example.com,,"Bob\nB",,en,evidence', ANN))

    assert [(row.line, row.form["name"]) for row in people.rows] == [(2, "Bob\nB"), (4, "Ann")]


def test_empty_lines_are_nobody(tmp_path: Path) -> None:
    assert lines(read_people(people_file(tmp_path, "", ANN, ",,,,,,", "  ", ANN))) == ([3, 6], [])


def test_a_file_as_spreadsheets_save_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{ANN}\r\n".encode())

    assert lines(read_people(path)) == ([2], [])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "nobody is in it"),
        (b"kind,email,name\nindividual,ann@example.com,Ann\n", "lacks the columns mobile, organisation"),
        (ANN.encode(), "lacks the columns kind, email"),
        (f"{HEADER},email\n".encode(), "columns twice: email"),
        (f"{HEADER}\n".encode() + "individual,zoë@example.com".encode("latin-1"), "line 2 is not UTF-8"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_why_and_names_nobody(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    with pytest.raises(Misconfigured, match=says) as refused:
        read_people(path)

    assert "@" not in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"gone\.csv: No such file"):
        read_people(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    ("typed", "inbox"),
    [
        ("Ann.B+Windrush@Example.COM", "ann.b+windrush@example.com"),
        ("ann@bücher.example.com", "ann@xn--bcher-kva.example.com"),
        ("nothing", "nothing"),
    ],
)
def test_an_inbox_has_the_name_that_the_stand_in_gives_it(typed: str, inbox: str) -> None:
    assert inbox_of(typed) == inbox


def test_nobody_is_shown_by_a_row(tmp_path: Path) -> None:
    assert "ann" not in repr(read_people(people_file(tmp_path, ANN))).lower()


@pytest.mark.timeout(20)
def test_many_people_are_read_in_seconds(tmp_path: Path) -> None:
    rows = [f"individual,p{number}@example.com,,,,en,evidence" for number in range(20_000)]

    assert len(read_people(people_file(tmp_path, *rows)).rows) == 20_000
