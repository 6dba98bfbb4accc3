"""The sandboxed reader: what it can do (nothing), and what it says of files as people have them."""

import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.files import reading
from service.files.reader.codes import Refused
from service.files.reading import FileRead, NotReadable, ReadRow
from tests.imports.lists import csv_of, rows_of, xlsx_of, zipped

ODS = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def survey(data: bytes) -> FileRead:
    return await reading.survey(pieces(data), confined_by="kernel")


async def rows(data: bytes, sheet: int = 0) -> list[ReadRow]:
    return [row async for row in reading.rows(pieces(data), sheet, confined_by="kernel")]


async def refused(data: bytes) -> str:
    with pytest.raises(NotReadable) as refusal:
        await survey(data)
    with pytest.raises(NotReadable):
        await rows(data)
    return refusal.value.why.value


def found(file: FileRead) -> dict[str, int]:
    sheets = [each for sheet in file.sheets for each in sheet.findings]
    return {each.code.value: each.count for each in [*file.findings, *sheets]}


def ods_of(inner: str, styles: str = "") -> bytes:
    content = (
        f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{inner}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/></manifest:manifest>'
    )
    return zipped({"mimetype": ODS, "content.xml": content, "META-INF/manifest.xml": manifest})


async def test_it_reaches_no_network_no_file_no_other_process_and_no_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEPT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    levels, tried = await reading.probe()

    assert {"limits", "filter"} <= set(levels)
    assert len(tried) == 9
    assert all(tried.values()), tried


async def test_where_it_is_not_held_as_the_settings_ask_it_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As on a machine whose kernel has no filter.
    monkeypatch.setitem(reading.LEVEL_OF, "kernel", "a level that no machine has")

    assert await refused(csv_of("a@example.com,,")) == Refused.NOT_CONFINED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_text_is_read_however_it_was_saved(encoding: str, delimiter: str) -> None:
    text = "Email,Enw\r\nzoe@example.com,Zoë Llŷr\r\n".replace("ŷ", "y" if encoding == "cp1252" else "ŷ")
    data = text.replace(",", delimiter).encode(encoding)

    read = await rows(data)

    assert read[1].cells == ["zoe@example.com", "Zoë Llyr" if encoding == "cp1252" else "Zoë Llŷr"]


async def test_what_is_odd_in_text_is_said_by_line() -> None:
    data = csv_of(
        "a@example.com,,,,",
        '=HYPERLINK("http://x"),,',
        "01/02/2020,07700 900301,",
        "",
        '"b@example.com\n","1, High Street",',
        f"{'x' * 3000},,",
        "c@example.com,Smith, John,Extra",
    )

    file, read = await survey(data), await rows(data)

    assert found(file) == {"trailing-commas": 1, "formula": 1, "too-many-cells": 1}
    assert [(row.line, dict(row.odd)) for row in read] == [
        (1, {}),
        (2, {}),
        (3, {0: "formula"}),
        (4, {0: "date"}),
        (6, {}),
        (7, {0: "too-long"}),
        (8, {}),
    ]
    assert len(read[-1].cells) == 4


async def test_a_list_without_headings_shows_nobody_as_one() -> None:
    for first in ("mary@example.com,Mary", "Mary Example,07700 900301", "Mary Example,CF10 3NQ"):
        file = await survey(f"{first}\r\nx@example.com,y\r\n".encode())

        assert (file.sheets[0].headed, found(file)["no-header"], file.sheets[0].rows) == (False, 1, 2)
        assert [column.header for column in file.sheets[0].columns] == ["", ""]


async def test_what_a_workbook_hides_merges_and_computes_is_said() -> None:
    data = xlsx_of(
        (
            "People",
            '<cols><col min="2" max="3" hidden="1" width="9"/></cols>'
            + rows_of(
                ["Email", "Note", "Other"],
                ["a@example.com", "x", "y"],
                ["=A1", "", ""],
                ["m@example.com", "", ""],
                ["#N/A", "", ""],
                hidden=[4],
            )
            + '<mergeCells count="1"><mergeCell ref="A5:A6"/></mergeCells>',
        ),
        ("Old", rows_of(["Email"], ["b@example.com"])),
        hidden=["Old"],
    )

    file, read = await survey(data), await rows(data)

    assert found(file) == {
        "hidden-sheet": 1,
        "formula": 1,
        "hidden-column": 2,
        "hidden-row": 1,
        "merged-cells": 1,
    }
    assert [(row.line, row.cells[:1], dict(row.odd), row.hidden) for row in read[1:]] == [
        (2, ["a@example.com"], {}, False),
        (3, [""], {0: "formula"}, False),
        (4, ["m@example.com"], {}, True),
        (5, [""], {0: "merged"}, False),
    ]
    assert (await rows(data, 1))[1].cells == ["b@example.com"]


async def test_an_ods_is_read_as_an_xlsx_is() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    data = ods_of(
        '<table:table table:name="People"><table:table-column/>'
        '<table:table-column table:visibility="collapse"/>'
        f"<table:table-row>{cell.format('Email')}{cell.format('Note')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        f"<table:table-row>{cell.format('a@example.com')}</table:table-row>"
        '<table:table-row table:visibility="filter"><table:table-cell table:formula="of:=1" '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>'
        '<table:table table:name="Old" table:style-name="h"><table:table-row>'
        f"{cell.format('x')}</table:table-row></table:table>",
        '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>",
    )

    file, read = await survey(data), await rows(data)

    assert found(file) == {"hidden-sheet": 1, "hidden-column": 1, "hidden-row": 1, "formula": 1}
    assert [(row.line, row.cells, dict(row.odd)) for row in read[1:]] == [
        (4, ["a@example.com"], {}),
        (5, [""], {0: "formula"}),
    ]


def with_doctype() -> bytes:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'
    return xlsx_of(("P", rows_of(["Email"])), more={"xl/sharedStrings.xml": bomb})


def sharing_bytes() -> bytes:
    """Two parts that are the same bytes of the archive: how the smallest bombs are made."""
    data = bytearray(zipped({"a": b"x" * 100_000, "b": b"x" * 100_000}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        first, second = archive.infolist()
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = first.header_offset.to_bytes(4, "little")
    return bytes(data) if second else b""


BAD: dict[str, tuple[Any, str]] = {
    "nothing": (lambda: b"  \r\n", "empty"),
    "a web page called .xls": (lambda: b"<html><table><tr><td>x", "not-a-list"),
    "a document": (lambda: b"%PDF-1.7 x", "not-a-list"),
    "another archive": (lambda: zipped({"letter.txt": b"x"}), "not-a-list"),
    "half a workbook": (lambda: xlsx_of(("P", rows_of(["Email"])))[:400], "broken"),
    "a workbook whose middle is gone": (
        lambda: (lambda whole: whole[:500] + whole[900:])(xlsx_of(("P", rows_of(["Email"])))),
        "broken",
    ),
    "a bomb": (lambda: xlsx_of(("P", rows_of(["Email"])), more={"xl/x.bin": "0" * 40_000_000}), "bomb"),
    "entities": (with_doctype, "hostile"),
    "unknown bytes": (lambda: b"Email\r\n\x81\x8d\x8f\x90\r\n", "encoding"),
    "too many columns": (lambda: b"Email" + b",x" * 300 + b"\r\n", "too-large"),
    "a row repeated for ever": (
        lambda: ods_of(
            '<table:table table:name="P"><table:table-row table:number-rows-repeated="1048576">'
            '<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
            "<text:p>x</text:p></table:table-cell></table:table-row></table:table>"
        ),
        "too-large",
    ),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_file_that_is_no_list_is_refused_with_its_reason(bad: str) -> None:
    make, why = BAD[bad]

    assert await refused(make()) == why
