"""Lists as they come: made in the test, and brought in step by step."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.imports import arriving, deciding
from service.imports.looking_up import get_import, lines
from service.imports.matching import Matching
from service.imports.states import ImportState, Verdict
from service.imports.tables import Import
from service.staff.roles import Role
from tests.harness.people import Service, now, staff
from workers import imports

CASEWORKER = staff("caseworker", Role.CASEWORKER)

COLUMNS = {"email": [0], "mobile": [1], "name": [2]}


def csv_of(*rows: str, header: str = "Email,Mobile,Name", encoding: str = "utf-8") -> bytes:
    return "\r\n".join([header, *rows, ""]).encode(encoding)


@dataclass
class Office:
    """A caseworker with a list, and the worker that does what they ask."""

    service: Service

    async def hand_in(self, data: bytes, *, called: str = "Sheet 7") -> UUID:
        async with self.service.staff.begin() as tx:
            scheme = self.service.scheme
            import_id = await arriving.begin(tx, CASEWORKER.subject, scheme, called, now=now())
        key = arriving.sealing_key(self.service.scheme)
        for number, start in enumerate(range(0, len(data), arriving.CHUNK)):
            async with self.service.staff.begin() as tx:
                piece = data[start : start + arriving.CHUNK]
                await arriving.add_piece(tx, import_id, number, piece, key)
        async with self.service.staff.begin() as tx:
            await arriving.arrived(tx, CASEWORKER.subject, import_id, len(data), now=now())
        return import_id

    async def seen(self, data: bytes) -> Import:
        """An import whose columns are known, or that was refused."""
        import_id = await self.hand_in(data)
        await self.work()
        return await self.shown(import_id)

    async def matched(
        self, import_id: UUID, columns: Mapping[str, Sequence[int]] = COLUMNS, **more: Any
    ) -> Import:
        matching = Matching.model_validate({"columns": columns, "topics": ["eligibility"], **more})
        async with self.service.staff.begin() as tx:
            await deciding.match(tx, CASEWORKER, import_id, matching, now=now())
        await self.work()
        return await self.shown(import_id)

    async def checked(
        self, data: bytes, columns: Mapping[str, Sequence[int]] = COLUMNS, **more: Any
    ) -> Import:
        """An import after its dry run."""
        return await self.matched((await self.seen(data)).id, columns, **more)

    async def commit(self, found: Import) -> Import:
        assert found.counts is not None
        async with self.service.staff.begin() as tx:
            await deciding.commit_to(
                tx, CASEWORKER, found.id, new=found.counts["verdicts"][Verdict.NEW.value], now=now()
            )
        await self.work()
        return await self.shown(found.id)

    async def brought_in(self, data: bytes, **more: Any) -> Import:
        done = await self.commit(await self.checked(data, **more))
        assert done.state is ImportState.DONE
        return done

    async def work(self) -> None:
        await imports.bring_lists_in(self.service.worker)

    async def shown(self, import_id: UUID) -> Import:
        async with self.service.staff.begin() as tx:
            return await get_import(tx, import_id)

    async def account(self, import_id: UUID) -> dict[int, str]:
        """What becomes of each line, by its number."""
        async with self.service.staff.begin() as tx:
            found = await lines(tx, import_id, limit=100_000)
        return {
            each.line: f"{each.verdict.value} {each.duplicate_of}"
            if each.duplicate_of
            else f"{each.field}: {each.rule}"
            if each.field
            else each.verdict.value
            for each in found
        }


HIDDEN = ' hidden="1"'
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx_of(
    *sheets: tuple[str, str], hidden: Sequence[str] = (), more: Mapping[str, str] | None = None
) -> bytes:
    """A workbook of these sheets: a name, and what stands in its `worksheet` element."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{LINKS}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"'
            + (' state="hidden"' if name in hidden else "")
            + "/>"
            for number, (name, _) in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{number}" Type="{LINKS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number, _ in enumerate(sheets, start=1)
        )
        + "</Relationships>",
        **{
            f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="{SHEET}">{inner}</worksheet>'
            for number, (_, inner) in enumerate(sheets, start=1)
        },
        **(more or {}),
    }
    return zipped(parts)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def rows_of(*rows: Sequence[str], hidden: Sequence[int] = ()) -> str:
    """`sheetData` of rows of text; a cell that begins with = is a formula whose value is known."""
    return (
        "<sheetData>"
        + "".join(
            f'<row r="{line}"{HIDDEN if line in hidden else ""}>'
            + "".join(_cell(f"{chr(65 + column)}{line}", text) for column, text in enumerate(cells))
            + "</row>"
            for line, cells in enumerate(rows, start=1)
        )
        + "</sheetData>"
    )


def _cell(reference: str, text: str) -> str:
    if text.startswith("="):
        return f'<c r="{reference}" t="str"><f>{text[1:]}</f><v>computed@example.com</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'
