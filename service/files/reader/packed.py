"""The zip archive that a workbook is: looked at before anything in it is unpacked.

Declared sizes can lie, so that each part is unpacked once into nothing and counted; parts that share their
bytes, of which the smallest bombs are made, come to more packed bytes than the file has.
"""

import encodings.cp437  # noqa: F401  # Of names in archives; no file can be opened later on.
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.parsers import expat

from service.files.reader.codes import Refused
from service.files.reader.shapes import NotRead

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 600 * 1024 * 1024
MOST_TIMES: Final = 250
"""How many times larger than it is packed a part may be, once it is over a MiB."""
A_MIB: Final = 1024 * 1024
PIECE: Final = 256 * 1024

BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Archive:
    """A zip archive of which nothing is larger than anybody's list."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except BROKEN:
            raise NotRead(Refused.BROKEN) from None
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS or sum(each.compress_size for each in parts) > len(data):
            raise NotRead(Refused.BOMB)
        if any(each.flag_bits & 1 for each in parts):
            raise NotRead(Refused.PASSWORD)
        if any(each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for each in parts):
            raise NotRead(Refused.BROKEN)
        if len({each.filename for each in parts}) != len(parts):
            raise NotRead(Refused.BROKEN)
        self.names = frozenset(each.filename for each in parts)
        left = MOST_BYTES
        for each in parts:
            size = 0
            for piece in self.pieces(each.filename):
                size += len(piece)
                if size > left or (size > A_MIB and size > MOST_TIMES * max(1, each.compress_size)):
                    raise NotRead(Refused.BOMB)
            left -= size

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, unpacked a piece at a time. Raises `NotRead`."""
        try:
            with self._zip.open(name) as part:
                while piece := part.read(PIECE):
                    yield piece
        except (KeyError, *BROKEN):
            raise NotRead(Refused.BROKEN) from None

    def parse(
        self,
        name: str,
        begins: Callable[[str, dict[str, str]], None],
        ends: Callable[[str], None] | None = None,
        says: Callable[[str], None] | None = None,
    ) -> None:
        """Read a part as XML that declares nothing: no entity, of which the other bombs are made.

        Names come with their namespace's address and a space before them. Raises `NotRead`.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = begins
        if ends is not None:
            parser.EndElementHandler = ends
        if says is not None:
            parser.CharacterDataHandler = says
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        try:
            for piece in self.pieces(name):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise NotRead(Refused.BROKEN) from None

    def refuse_declarations(self) -> None:
        """Look through every part of XML, those that another reader reads included."""
        for name in sorted(self.names):
            if name.endswith((".xml", ".rels")):
                self.parse(name, lambda tag, attributes: None)


def local(tag: str) -> str:
    """`row` of `http://… row`."""
    return tag.rpartition(" ")[2]


def _refuse(*declared: Any) -> None:
    raise NotRead(Refused.HOSTILE)
