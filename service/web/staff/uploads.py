"""A file that somebody uploads: read as it comes, sealed a piece at a time, and never written down in plain.

A form library would put a large file on the disk first. Here what comes is parted by the parser beneath it.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from service.doorbell import Job
from service.errors import Invalid
from service.imports import arriving
from service.imports.arriving import CHUNK, LARGEST
from service.schemes.reading import find_scheme
from service.staff.principal import Staff
from service.web.staff.door import check_csrf
from service.web.staff.forms import CSRF_FIELD
from service.web.staff.process import StaffProcess, visitor

WITH_A_FILE: Final = re.compile(r"/imports|/v1/schemes/[^/]+/imports")
AROUND_A_FILE: Final = 64 * 1024
"""Bytes of the other fields, and of what stands between them."""
LONGEST_FIELD: Final = 1000
FILE: Final = "file"


def most_at(path: str) -> int | None:
    """How many bytes a body may have where a file is taken; None elsewhere."""
    return LARGEST + AROUND_A_FILE if WITH_A_FILE.fullmatch(path) else None


@dataclass
class _Part:
    """What one part of the body is called, and what has come of it."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    is_file: bool = False


@dataclass
class _Reader:
    """Takes the parser's calls: fields whole, the file as it comes."""

    fields: dict[str, str] = field(default_factory=dict, repr=False)
    pieces: list[bytes] = field(default_factory=list, repr=False)
    part: _Part = field(default_factory=_Part)
    header: bytes = b""

    def on_part_begin(self) -> None:
        self.part = _Part()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end].lower()

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.part.headers[self.header] = self.part.headers.get(self.header, b"") + data[start:end]

    def on_header_end(self) -> None:
        self.header = b""

    def on_headers_finished(self) -> None:
        _, said = parse_options_header(self.part.headers.get(b"content-disposition", b""))
        self.part.name = said.get(b"name", b"").decode("utf-8", "replace")
        self.part.is_file = self.part.name == FILE

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.part.is_file:
            self.pieces.append(data[start:end])
            return
        before = self.fields.get(self.part.name, "")
        if len(before) > LONGEST_FIELD or len(self.fields) > 10:
            raise HTTPException(413)
        self.fields[self.part.name] = before + data[start:end].decode("utf-8", "replace")


class Upload:
    """One body of several parts: `fields` as they come, and the file's pieces."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Invalid({FILE: "Send it as a form of several parts (multipart/form-data)"})
        self._reader = _Reader()
        reader = self._reader
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.on_part_begin,
                "on_part_data": reader.on_part_data,
                "on_header_field": reader.on_header_field,
                "on_header_value": reader.on_header_value,
                "on_header_end": reader.on_header_end,
                "on_headers_finished": reader.on_headers_finished,
            },
        )
        self._request = request

    @property
    def fields(self) -> dict[str, str]:
        """Those that have come so far, trimmed."""
        return {name: value.replace("\0", "").strip() for name, value in self._reader.fields.items()}

    async def file(self) -> AsyncIterator[bytes]:
        """The file as it comes. Raises `Invalid` where the body is no such form."""
        try:
            async for data in self._request.stream():
                self._parser.write(data)
                pieces, self._reader.pieces = self._reader.pieces, []
                for piece in pieces:
                    if piece:
                        yield piece
            self._parser.finalize()
        except MultipartParseError:
            raise Invalid({FILE: "It was broken off, or is not a form of several parts"}) from None


async def take_in(request: Request, here: StaffProcess, staff: Staff, *, scheme: str | None = None) -> UUID:
    """Seal an uploaded list as it comes, and hand it to the workers; its import.

    The other fields stand before the file: `reference`, of a page's form `csrf`, and `scheme` where the path
    does not say it. Raises `Invalid`, `FileTooLarge`, `SentFromElsewhere`, `NoSuchScheme`, `Unavailable`.
    """
    try:
        upload = Upload(request)
    except Invalid:
        _check_sender(request, {})
        raise
    import_id: UUID | None = None
    number = size = 0
    waiting = bytearray()
    try:
        async for piece in upload.file():
            if import_id is None:
                _check_sender(request, upload.fields)
                async with here.transactions.begin() as tx:
                    found = await find_scheme(tx, scheme or upload.fields.get("scheme", ""))
                    called = upload.fields.get("reference", "")
                    import_id = await arriving.begin(tx, staff.subject, found, called, now=here.clock.now())
                key = arriving.sealing_key(found)
            size += len(piece)
            if size > LARGEST:
                raise arriving.FileTooLarge
            waiting += piece
            while len(waiting) >= CHUNK:
                async with here.transactions.begin() as tx:
                    await arriving.add_piece(tx, import_id, number, bytes(waiting[:CHUNK]), key)
                del waiting[:CHUNK]
                number += 1
        _check_sender(request, upload.fields)
        if import_id is None:
            arriving.reference(upload.fields.get("reference", ""))
            raise arriving.NothingArrived({FILE: "Choose a file that is not empty"})
        async with here.transactions.begin() as tx:
            if waiting:
                await arriving.add_piece(tx, import_id, number, bytes(waiting), key)
            await arriving.arrived(tx, staff.subject, import_id, size, now=here.clock.now())
    except Exception:
        if import_id is not None:
            async with here.transactions.begin() as tx:
                await arriving.broke_off(tx, import_id, now=here.clock.now())
        raise
    await here.doorbell.ring(Job.IMPORTS)
    return import_id


def _check_sender(request: Request, fields: Mapping[str, str]) -> None:
    """Of a browser's session, the form has to come from a page of ours; a header says so for the JSON API."""
    found = visitor(request)
    if found.session is not None and not request.url.path.startswith("/v1"):
        check_csrf(found, fields.get(CSRF_FIELD))
