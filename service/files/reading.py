"""Having a file read: starts the sandboxed reader, hands it the bytes, and takes its lines as they come.

What comes back was made by a process that may have been taken over by the file: its shape is checked line by
line, and nothing of it is believed beyond that. Used by workers; the pages know the codes.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.errors import KeptError
from service.files.reader.codes import Finding, Odd, Refused
from service.observability import log

LONGEST_LINE: Final = 4 * 1024 * 1024
ENDS_WITHIN_SECONDS: Final = 30.0
COMMAND: Final = (sys.executable, "-I", "-m", "service.files.reader")
Confinement = Literal["kernel", "limits"]
"""What the reader has to be held by: the kernel's filter of system calls, or, where there is none (macOS),
resource limits alone."""
LEVEL_OF: Final[Mapping[Confinement, str]] = {"kernel": "filter", "limits": "limits"}
"""What the reader has to say of itself."""


class NotReadable(KeptError):
    """The file cannot be read."""

    code = "not-readable"

    def __init__(self, why: Refused) -> None:
        super().__init__()
        self.why = why


class Found(BaseModel):
    """One finding: a code, how many, and on which of the first lines."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: Finding
    count: Annotated[int, Field(ge=0, le=100_000_000)]
    lines: Annotated[list[int], Field(max_length=10)]


class Column(BaseModel):
    """One column, and what stands above it; a header may hold anything."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    number: Annotated[int, Field(ge=0, lt=20_000)]
    header: Annotated[str, Field(max_length=100, repr=False)]
    hidden: bool


class SheetRead(BaseModel):
    """One sheet of a file, without a cell of it but its headers."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    number: Annotated[int, Field(ge=0, lt=1000)]
    name: Annotated[str, Field(max_length=100, repr=False)]
    hidden: bool
    rows: Annotated[int, Field(ge=0, le=10_000_000)]
    headed: bool
    """Whether its first row says what the columns are, and is nobody."""
    columns: Annotated[list[Column], Field(max_length=1000)]
    findings: Annotated[list[Found], Field(max_length=20)]


class FileRead(BaseModel):
    """What a file is."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal["csv", "xlsx", "xls", "ods"]
    encoding: Annotated[str, Field(max_length=20)] | None
    findings: Annotated[list[Found], Field(max_length=20)]
    sheets: Annotated[list[SheetRead], Field(max_length=100)] = []


class ReadRow(BaseModel):
    """One row, by its number in a spreadsheet program. Its `repr` shows no cell."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    line: Annotated[int, Field(ge=1, le=10_000_000)]
    cells: Annotated[list[str], Field(max_length=1000, repr=False)]
    odd: Mapping[Annotated[int, Field(ge=0)], Odd]
    """Why a cell cannot be taken as it is, by its column."""
    hidden: bool


async def survey(data: AsyncIterable[bytes], *, confined_by: Confinement) -> FileRead:
    """What the file is, and its sheets. Raises `NotReadable`."""
    file: FileRead | None = None
    async with aclosing(_lines(data, "survey", confined_by=confined_by)) as lines:
        async for said in lines:
            try:
                if "file" in said:
                    file = FileRead.model_validate(said["file"])
                elif file is not None and "sheet" in said:
                    file.sheets.append(SheetRead.model_validate(said["sheet"]))
                else:
                    raise NotReadable(Refused.BROKEN)
            except ValidationError:
                raise NotReadable(Refused.BROKEN) from None
    if file is None:
        raise NotReadable(Refused.BROKEN)
    return file


async def rows(
    data: AsyncIterable[bytes], sheet: int, *, confined_by: Confinement
) -> AsyncGenerator[ReadRow, None]:
    """The rows of one sheet, its header included, as they are read. Raises `NotReadable`."""
    async with aclosing(_lines(data, "rows", str(sheet), confined_by=confined_by)) as lines:
        async for said in lines:
            try:
                yield ReadRow.model_validate(said)
            except ValidationError:
                raise NotReadable(Refused.BROKEN) from None


async def probe() -> tuple[list[str], dict[str, bool]]:
    """How the reader is confined on this machine, and of what it then tried, whether it was refused."""
    said = [each async for each in _spoken(_nothing(), "probe")]
    return said[0]["confined"], said[1]["refused"]


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def _lines(
    data: AsyncIterable[bytes], *what: str, confined_by: Confinement
) -> AsyncGenerator[dict[str, Any], None]:
    """What the reader says between how it is confined and its end. Raises `NotReadable`."""
    ended = False
    async with aclosing(_spoken(data, *what)) as spoken:
        first = True
        async for said in spoken:
            if first:
                _refuse_unconfined(said, confined_by)
                first = False
            elif "not_read" in said:
                log.info(
                    "the reader does not read a file",
                    why=_word(said["not_read"]),
                    kind=_word(said.get("error")),
                )
                raise NotReadable(
                    Refused(said["not_read"]) if said["not_read"] in set(Refused) else Refused.BROKEN
                )
            elif "end" in said:
                ended = True
            else:
                yield said
    if not ended:
        # It was ended: by a limit of its own, most likely.
        raise NotReadable(Refused.TOO_LARGE if not first else Refused.BROKEN)


def _word(said: object) -> str | None:
    """A code, or the name of an exception, and nothing else that a reader might say."""
    return said if isinstance(said, str) and len(said) < 40 and said.replace("-", "").isalnum() else None


def _refuse_unconfined(said: Mapping[str, Any], confined_by: Confinement) -> None:
    levels = said.get("confined")
    held = set(levels) if isinstance(levels, list) else set()
    if LEVEL_OF[confined_by] not in held:
        log.error("the reader is not confined here, and reads nothing", setting="KEPT_READER_CONFINED_BY")
        raise NotReadable(Refused.NOT_CONFINED)
    if LEVEL_OF["kernel"] not in held:
        log.warning("the reader is held by resource limits alone", setting="KEPT_READER_CONFINED_BY")


async def _spoken(data: AsyncIterable[bytes], *what: str) -> AsyncGenerator[dict[str, Any], None]:
    reader = await asyncio.create_subprocess_exec(
        *COMMAND,
        *what,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A traceback of its could show a cell.
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    feeding = asyncio.create_task(_feed(reader.stdin, data))
    try:
        while line := await _line(reader.stdout):
            said = _object(line)
            yield said
        await feeding
        # It ends by itself now: to kill it first would take its end away from whoever watches for it.
        await asyncio.wait_for(reader.wait(), ENDS_WITHIN_SECONDS)
    finally:
        feeding.cancel()
        if reader.returncode is None:
            with suppress(ProcessLookupError):
                reader.kill()
            await reader.wait()
        with suppress(asyncio.CancelledError):
            await feeding


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:
        raise NotReadable(Refused.TOO_LARGE) from None


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NotReadable(Refused.BROKEN)
    return said


async def _feed(stream: asyncio.StreamWriter, data: AsyncIterable[bytes]) -> None:
    """Hand it the file, a piece at a time: never all of it in our own memory."""
    try:
        async for piece in data:
            stream.write(piece)
            await stream.drain()
        stream.close()
    except (BrokenPipeError, ConnectionResetError):
        return  # It has ended: what it said tells why.
    finally:
        stream.close()
