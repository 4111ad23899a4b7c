"""Files that are being received: each is in memory or in a directory of its own until it is whole.

So no half file is kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from endpoints.logs.storage.place import make_private, move, store

PIECE = 1024 * 1024
AHEAD = 2  # pieces that wait to be hashed


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
    """As much of one file as is here, with its digests. `etag` is that of the content that was begun.

    `has_md5`: whether its MD5 is needed.
    """

    has_md5 = True

    def __init__(self, path: Path, descriptor: int, etag: str) -> None:
        self.path, self.etag = path, etag
        self._descriptor = descriptor
        self.offset = os.fstat(descriptor).st_size
        self._hasher = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._hashing: deque[Future[None]] = deque()
        self._begin_digests()
        if self.offset and etag:
            self._hash_existing()
        elif self.offset:
            self.restart()

    def restart(self) -> None:
        self._wait()
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.offset, self.etag = 0, ""
        self._begin_digests()

    def add(self, data: bytes) -> None:
        """Write the next bytes, while a second thread hashes them."""
        self._wait(most=AHEAD)
        self._hashing.append(self._hasher.submit(self._hash, data))
        _write(self._descriptor, data)
        self.offset += len(data)

    def digests(self) -> tuple[str, bytes]:
        """SHA-256 in hexadecimal, and MD5."""
        self._wait()
        return self._sha256.hexdigest(), self._md5.digest()

    def data(self) -> bytes:
        return os.pread(self._descriptor, self.offset, 0)

    def move_to(self, name: str) -> str:
        return move(name, self.path)

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        self._hasher.shutdown()

    def _begin_digests(self) -> None:
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def _hash(self, piece: bytes) -> None:
        self._sha256.update(piece)
        if self.has_md5:
            self._md5.update(piece)

    def _hash_existing(self) -> None:
        while piece := os.read(self._descriptor, PIECE):
            self._hash(piece)

    def _wait(self, most: int = 0) -> None:
        while len(self._hashing) > most:
            self._hashing.popleft().result()


class Memory:
    """As much of one small file as is here. It has what a Partial has.

    `path`: where it is written when it is whole. Nobody locks it, so no other worker may have it.
    """

    has_md5 = True

    def __init__(self, path: str) -> None:
        self._path, self._data, self.etag = path, b"", ""

    @property
    def offset(self) -> int:
        return len(self._data)

    def restart(self) -> None:
        self._data, self.etag = b"", ""

    def add(self, data: bytes) -> None:
        self._data += data

    def digests(self) -> tuple[str, bytes]:
        md5 = hashlib.md5(self._data, usedforsecurity=False).digest() if self.has_md5 else b""
        return hashlib.sha256(self._data).hexdigest(), md5

    def data(self) -> bytes:
        return self._data

    def move_to(self, name: str) -> str:
        try:
            descriptor = _create(self._path)
            try:
                _write(descriptor, self._data)
            finally:
                os.close(descriptor)
            return move(name, self._path)
        except BaseException:
            Path(self._path).unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """There is nothing on the disk."""


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
        partial = Partial(path, descriptor, etag)
        try:
            yield partial
        finally:
            partial.close()
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


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False
