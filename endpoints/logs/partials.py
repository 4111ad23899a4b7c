"""Files on their way here: each lies in a directory of our own until it is whole, so that nothing half is ever kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from endpoints.logs.storage import private, store

PIECE = 1024 * 1024


class Busy(Exception):
    """Another worker, or a transfer of ours that is still ending, writes this file."""


def place() -> Path:
    """On the storage's own disk, so that a whole file is moved and not copied; beside other storages a directory."""
    storage = store()
    if isinstance(storage, FileSystemStorage):
        return Path(storage.location) / ".partial"
    directory = Path(tempfile.gettempdir()) / f"speechstudio-{os.getuid()}-partial"
    private(directory)  # anybody may have made it before us
    return directory


class Partial:
    """As much of one file as is here, with the digests of it. `etag` is that of the content that was begun."""

    def __init__(self, path: Path, descriptor: int, etag: str) -> None:
        self.path, self.etag = path, etag
        self._descriptor = descriptor
        self.offset = os.fstat(descriptor).st_size
        self.sha256, self.md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        if self.offset and etag:
            self._read_again()
        else:
            self.begin_again() if self.offset else None

    def begin_again(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.offset, self.etag = 0, ""
        self.sha256, self.md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def begin_with(self, etag: str, data: bytes) -> None:
        """These bytes of the content with this etag came before."""
        self.write(memoryview(data))
        self.counted(memoryview(data), md5=True)
        self.offset, self.etag = len(data), etag

    def write(self, piece: memoryview) -> None:
        """Of a disk that fills up in the middle some of it may be there, which nobody counts."""
        while piece:
            piece = piece[os.write(self._descriptor, piece) :]

    def counted(self, piece: memoryview, *, md5: bool) -> None:
        """This is the next piece of the content."""
        self.sha256.update(piece)
        if md5:
            self.md5.update(piece)

    def head(self, most: int) -> bytes:
        return os.pread(self._descriptor, most, 0)

    def _read_again(self) -> None:
        buffer = memoryview(bytearray(PIECE))
        with open(self.path, "rb", buffering=0) as file:
            while count := file.readinto(buffer):
                self.counted(buffer[:count], md5=True)
        os.lseek(self._descriptor, self.offset, os.SEEK_SET)


@contextmanager
def opened(name: str, etag: str = "") -> Iterator[Partial]:
    """The partial of this name, ours alone as long as the block runs. With an `etag` what is there already counts.

    Afterwards it is still there, unless somebody moved it or threw it away.
    """
    path = place() / name
    descriptor = _created(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        if not _same(descriptor, path):  # whoever had it moved it away just now
            raise Busy
        yield Partial(path, descriptor, etag)
    finally:
        os.close(descriptor)


@contextmanager
def whole(path: str, data: memoryview) -> Iterator[str]:
    """A small file that came at once, for as long as the block runs, which may move it away."""
    descriptor = _created(path)
    try:
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)
        yield path
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def tidy(older: timedelta = timedelta(days=1)) -> int:
    """Throw away partials that nobody has gone on with for so long. Returns how many."""
    count = 0
    with suppress(FileNotFoundError):
        for entry in os.scandir(place()):
            with suppress(FileNotFoundError, Busy):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < time.time() - older.total_seconds():
                    with opened(entry.name):
                        os.unlink(entry.path)
                        count += 1
    return count


def _created(path: Path | str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        private(Path(path).parent)
        return os.open(path, flags, 0o600)


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
