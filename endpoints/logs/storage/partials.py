"""Files that are being received: each is in a directory of its own until it is whole, so that no half file is kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from endpoints.logs.storage.place import make_private, store

PIECE = 1024 * 1024


class InUse(Exception):
    """Another worker, or a transfer of ours that is still ending, writes this file."""


def place() -> Path:
    """On the storage's own disk, so that a whole file is moved and not copied; for other storages a directory."""
    storage = store()
    if isinstance(storage, FileSystemStorage):
        return Path(storage.location) / ".partial"
    directory = Path(tempfile.gettempdir()) / f"speechstudio-{os.getuid()}-partial"
    make_private(directory)  # another user may have made it before us
    return directory


class Partial:
    """As much of one file as is here, with its digests. `etag` is that of the content that was begun."""

    def __init__(self, path: Path, descriptor: int, etag: str) -> None:
        self.path, self.etag = path, etag
        self._descriptor = descriptor
        self.offset = os.fstat(descriptor).st_size
        self.sha256, self.md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        if self.offset and etag:
            self._hash_existing()
        elif self.offset:
            self.restart()

    def restart(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.offset, self.etag = 0, ""
        self.sha256, self.md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def write(self, piece: memoryview) -> None:
        """The caller advances `offset` afterwards: of a piece that fills up the disk, a part may be written."""
        _write(self._descriptor, piece)

    def hash(self, piece: memoryview, *, md5: bool) -> None:
        self.sha256.update(piece)
        if md5:
            self.md5.update(piece)

    def hash_buffer(self, buffer: BytesIO, count: int, *, md5: bool) -> BytesIO:
        """Hash the first bytes of a buffer; returns it, to be filled anew."""
        with buffer.getbuffer() as whole, whole[:count] as piece:
            self.hash(piece, md5=md5)
        buffer.seek(0)
        return buffer

    def head(self, most: int) -> bytes:
        return os.pread(self._descriptor, most, 0)

    def _hash_existing(self) -> None:
        buffer = memoryview(bytearray(PIECE))
        with open(self.path, "rb", buffering=0) as file:
            while count := file.readinto(buffer):
                self.hash(buffer[:count], md5=True)
        os.lseek(self._descriptor, self.offset, os.SEEK_SET)


@contextmanager
def opened(name: str, etag: str = "") -> Iterator[Partial]:
    """The partial file of this name, locked while the block runs. With an `etag`, what is there already counts.

    It stays there afterwards, unless the block moves or deletes it. InUse when somebody else has it.
    """
    path = place() / name
    descriptor = _create(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
        if not _same(descriptor, path):  # whoever had it has just moved it away
            raise InUse
        yield Partial(path, descriptor, etag)
    finally:
        os.close(descriptor)


def write_small(path: str, data: bytes) -> None:
    """A small file that came in one piece; the caller moves it away, or deletes it when this fails."""
    descriptor = _create(path)
    try:
        _write(descriptor, memoryview(data))
    finally:
        os.close(descriptor)


def delete_old(older: timedelta = timedelta(days=1)) -> int:
    """Delete partial files that nobody has continued for so long. Returns how many."""
    count = 0
    with suppress(FileNotFoundError):
        for entry in os.scandir(place()):
            with suppress(FileNotFoundError, InUse):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < time.time() - older.total_seconds():
                    with opened(entry.name):
                        os.unlink(entry.path)
                        count += 1
    return count


def _create(path: Path | str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_private(Path(path).parent)
        return os.open(path, flags, 0o600)


def _write(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
