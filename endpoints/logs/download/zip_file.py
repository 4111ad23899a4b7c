"""A zip that is written once from its beginning to its end. Its list of members is on the disk.

zipfile keeps its list in memory (92 MiB for 200,000 members), and without seeking it writes the CRC of a stored member
behind it, which not all programs can read. The records are those of PKWARE's APPNOTE.TXT, sections 4.3.7 to 4.3.16,
with the Zip64 fields (4.5.3) only where a number needs them.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from typing import Protocol

from endpoints.logs.storage.partials import place

STORED, DEFLATED = 0, 8
YEARS = range(1980, 2108)  # that a zip can express
MODE = 0o600 << 16  # of the extracted files
UNIX, VERSION, ZIP64_VERSION = 3 << 8, 20, 45
LIMIT = IN_ZIP64 = 0xFFFFFFFF  # from this number on, a field of 32 bits says that the number is in a Zip64 field
MOST_MEMBERS = 0xFFFF
PIECE = 64 * 1024  # bytes of a spool that are read at once
ENOUGH = 256 * 1024  # bytes that are written at once


class Spool:
    """What is collected for a zip, in a temporary file that `spools` closes: however much it is, it is on the disk.

    `count`: how often something was added. `size`: bytes.
    """

    def __init__(self, spools: ExitStack) -> None:
        self.count = self.size = 0
        self._file = spools.enter_context(tempfile.TemporaryFile(dir=place()))  # noqa: SIM115 (see above)

    def add(self, data: str | bytes) -> None:
        self.count += 1
        self.size += self._file.write(data.encode(errors="replace") if isinstance(data, str) else data)

    def pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece


class Output(Protocol):
    def add(self, data: bytes) -> None:
        """Write the next bytes."""


class ZipFile:
    """Writes into `output` from its beginning on. As a context manager it writes the list of members at the end."""

    def __init__(self, output: Output) -> None:
        self.output, self.size, self._buffer = output, 0, BytesIO()
        self._spools = ExitStack()
        self._list = Spool(self._spools)

    def __enter__(self) -> ZipFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        with self._spools:
            if kind is None:
                self._finish()

    def add(self, name: str, at: datetime, size: int, crc: int, pieces: Iterable[bytes]) -> None:
        """A member as it is; its size and CRC-32 are known. OSError when it has another size."""
        self._add(name, _facts(at, STORED), crc, size, size, pieces)

    def add_compressed(self, name: str, at: datetime, pieces: Iterable[bytes]) -> None:
        """A member that is compressed, on the disk until its size is known."""
        crc, size, compressor = 0, 0, zlib.compressobj(wbits=-zlib.MAX_WBITS)
        spool = Spool(self._spools)
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            spool.add(compressor.compress(piece))
        spool.add(compressor.flush())
        self._add(name, _facts(at, DEFLATED), crc, spool.size, size, spool.pieces())

    def _add(self, name: str, facts: bytes, crc: int, compressed: int, size: int, pieces: Iterable[bytes]) -> None:
        begin = self.size
        extra = _zip64([size, compressed]) if max(size, compressed) >= LIMIT else b""
        fields = (IN_ZIP64, IN_ZIP64) if extra else (compressed, size)
        first = struct.pack("<IH", 0x04034B50, ZIP64_VERSION if extra else VERSION)
        last = struct.pack("<IIIHH", crc, *fields, len(name), len(extra))
        self._write(first + facts + last + name.encode("ascii") + extra)
        data_begin = self.size
        for piece in pieces:
            self._write(piece)
        if self.size - data_begin != compressed:
            raise OSError("a copy changed while it was packed")
        self._list_member(name, facts, crc, compressed, size, begin)

    def _write(self, data: bytes) -> None:
        self.size += len(data)
        self._buffer.write(data)
        if self._buffer.tell() >= ENOUGH:
            self.output.add(self._buffer.getvalue())
            self._buffer = BytesIO()

    def _list_member(self, name: str, facts: bytes, crc: int, compressed: int, size: int, begin: int) -> None:
        extra = _zip64([number for number in (size, compressed, begin) if number >= LIMIT])
        numbers = (crc, _field(compressed), _field(size), len(name), len(extra), 0, 0, 0, MODE, _field(begin))
        first = struct.pack("<IHH", 0x02014B50, UNIX | ZIP64_VERSION, ZIP64_VERSION if extra else VERSION)
        self._list.add(first + facts + struct.pack("<IIIHHHHHII", *numbers) + name.encode("ascii") + extra)

    def _finish(self) -> None:
        begin = self.size
        for piece in self._list.pieces():
            self._write(piece)
        members, size = self._list.count, self.size - begin
        if members >= MOST_MEMBERS or max(begin, size) >= LIMIT:
            versions = (UNIX | ZIP64_VERSION, ZIP64_VERSION)
            record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, *versions, 0, 0, members, members, size, begin)
            self._write(record + struct.pack("<IIQI", 0x07064B50, 0, self.size, 1))
        count = min(members, MOST_MEMBERS)
        self._write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, _field(size), _field(begin), 0))
        self.output.add(self._buffer.getvalue())


def _facts(at: datetime, method: int) -> bytes:
    """What both headers of a member have in common; the time is UTC."""
    at = at.astimezone(UTC)
    year, month, day, hour, minute, second = at.timetuple()[:6] if at.year in YEARS else (YEARS.start, 1, 1, 0, 0, 0)
    time, date = hour << 11 | minute << 5 | second // 2, (year - YEARS.start) << 9 | month << 5 | day
    return struct.pack("<HHHH", 0, method, time, date)


def _zip64(numbers: list[int]) -> bytes:
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""


def _field(number: int) -> int:
    return number if number < LIMIT else IN_ZIP64
