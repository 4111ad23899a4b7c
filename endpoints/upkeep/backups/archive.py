"""The file of a backup: an ordinary tar archive that is written and read once through, with constant memory.

Its members are `manifest.json`, `rows/TABLE/NUMBER.jsonl.gz` (one JSON array for each row), `logs/NAME` for content
logs that are in it, and `end.json`, without which it is not whole. That has the SHA-256 over all members before it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

FORMAT = 1
MANIFEST, END, ROWS, LOGS = "manifest.json", "end.json", "rows/", "logs/"
PIECE = 1024 * 1024  # bytes that are read at once
CHUNK = 4 * PIECE  # bytes of rows in one member, before they are compressed
LONGEST_JSON = 16 * PIECE  # of a manifest and of an end


class Damaged(Exception):
    """The file is no backup, or not as it was written: a sentence without the name of the file."""


class TooNew(Exception):
    """A newer version has written it: a sentence."""


class Writer:
    """Adds members, and the end with their digest. `rows`: of each table, counted. `directory`: where it is written."""

    def __init__(self, file: IO[bytes], directory: Path) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 (until finish())
        self._digest, self._members = hashlib.sha256(), 0
        self.rows: dict[str, int] = {}
        self.directory = directory
        self.files, self.bytes = 0, 0

    def add_json(self, name: str, value: Any) -> None:
        self._add(name, json.dumps(value, indent=1).encode())

    def add_rows(self, table: str, lines: Iterator[bytes]) -> None:
        """Rows as lines of JSON, each with its line break."""
        buffer, size, number = io.BytesIO(), 0, 0
        packed, count = _packing(buffer), 0
        for line in lines:
            packed.write(line)
            size, count = size + len(line), count + 1
            if size >= CHUNK:
                packed.close()
                number += 1
                self._add(f"{ROWS}{table}/{number:06}.jsonl.gz", buffer.getvalue())
                buffer, size = io.BytesIO(), 0
                packed = _packing(buffer)
        packed.close()
        if size or not number:
            self._add(f"{ROWS}{table}/{number + 1:06}.jsonl.gz", buffer.getvalue())
        self.rows[table] = count

    def add_file(self, name: str, size: int, file: IO[bytes]) -> None:
        """A content log of `size` bytes. Raises OSError when the file has another size."""
        info = self._info(LOGS + name, size)
        hashed = _Hashed(file)
        self._tar.addfile(info, hashed)
        self._tar.members.clear()  # type: ignore[attr-defined]  # tarfile keeps all names in memory otherwise
        self._note(info.name, size, hashed.digest.digest())
        self.files, self.bytes = self.files + 1, self.bytes + size

    def finish(self, **facts: Any) -> None:
        logs = {"files": self.files, "bytes": self.bytes}
        end = {"members": self._members, "sha256": self._digest.hexdigest(), "rows": self.rows, "logs": logs, **facts}
        self.add_json(END, end)
        self._tar.close()

    def close(self) -> None:
        self._tar.close()

    def _add(self, name: str, content: bytes) -> None:
        self._tar.addfile(self._info(name, len(content)), io.BytesIO(content))
        self._tar.members.clear()  # type: ignore[attr-defined]  # as above
        self._note(name, len(content), hashlib.sha256(content).digest())

    def _info(self, name: str, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        return info

    def _note(self, name: str, size: int, digest: bytes) -> None:
        self._members += 1
        self._digest.update(_line(name, size, digest))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A writer of `path`, which is there only when it is whole, readable by its owner only.

    Raises FileExistsError when it exists, also when somebody else creates it meanwhile.
    """
    if path.exists():
        raise FileExistsError(path)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            writer = Writer(file, path.parent)
            try:
                yield writer
            finally:
                with suppress(OSError):  # of a full disk, which was told before
                    writer.close()
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)


class Reader:
    """Reads a backup once through. `manifest` is there after it was opened; `end` after the last member."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._tar = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 (as long as the file is open)
            first = self._tar.next()
        except (tarfile.TarError, EOFError) as error:
            raise Damaged("It's no backup of this product.") from error
        if first is None or first.name != MANIFEST:
            raise Damaged("It's no backup of this product.")
        self._digest, self._members = hashlib.sha256(), 0
        self.manifest: dict[str, Any] = self._json(first)
        self.end: dict[str, Any] = {}
        if not isinstance(self.manifest.get("format"), int):
            raise Damaged("It was changed since it was written.")
        if self.manifest["format"] > FORMAT:
            raise TooNew(newer(self.manifest))

    def members(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Name and content of each, without the manifest and the end. What isn't read of a content is read here.

        Raises Damaged at the end when anything was changed or is missing.
        """
        while (info := self._next()) is not None:
            if info.name == END:
                expected = {"members": self._members, "sha256": self._digest.hexdigest()}
                self.end = self._json(info)
                if {name: self.end.get(name) for name in expected} != expected:
                    raise Damaged("It was changed since it was written.")
                return
            hashed = self._content(info)
            yield info.name, cast(IO[bytes], hashed)
            self._finish(info, hashed)
        raise Damaged("It isn't whole: its end is missing.")

    def _next(self) -> tarfile.TarInfo | None:
        try:
            info = self._tar.next()
        except (tarfile.TarError, EOFError) as error:
            raise Damaged("It isn't whole: its end is missing, or a part of it was changed.") from error
        self._tar.members.clear()  # type: ignore[attr-defined]  # as above
        return info

    def _content(self, info: tarfile.TarInfo) -> _Hashed:
        file = self._tar.extractfile(info)
        if file is None:
            raise Damaged("A part of it was changed.")
        return _Hashed(file)

    def _finish(self, info: tarfile.TarInfo, hashed: _Hashed) -> None:
        try:
            while hashed.read(PIECE):
                pass
        except (tarfile.TarError, EOFError) as error:
            raise Damaged("It isn't whole: its end is missing.") from error
        self._members += 1
        self._digest.update(_line(info.name, info.size, hashed.digest.digest()))

    def _json(self, info: tarfile.TarInfo) -> dict[str, Any]:
        hashed = self._content(info)
        try:
            found = json.loads(hashed.read(LONGEST_JSON))
        except (ValueError, tarfile.TarError, EOFError) as error:
            raise Damaged("It was changed since it was written, or it isn't whole.") from error
        self._finish(info, hashed)
        if not isinstance(found, dict):
            raise Damaged("It was changed since it was written.")
        return found


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """A reader of `path`. Raises Damaged, TooNew, OSError."""
    with path.open("rb") as file:
        yield Reader(file)


def rows_in(content: IO[bytes]) -> Iterator[list[Any]]:
    """The rows of a member of rows. Raises Damaged."""
    try:
        for line in gzip.GzipFile(fileobj=content, mode="rb"):
            yield json.loads(line)
    except (ValueError, EOFError, OSError, zlib.error, tarfile.TarError) as error:
        raise Damaged("A part of it can't be read.") from error


def newer(manifest: dict[str, Any]) -> str:
    version = manifest.get("version", "unknown")
    return f"It was made by a newer version ({version}). Update this installation first, then restore it."


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _packing(buffer: io.BytesIO) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=3, mtime=0)


def _line(name: str, size: int, digest: bytes) -> bytes:
    return f"{name}\0{size}\0{digest.hex()}\n".encode()


def _publish(draft: str, path: Path) -> None:
    """Give a whole file its name, and keep the name on the disk. Raises FileExistsError."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        os.rename(draft, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
