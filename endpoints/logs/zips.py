"""A zip that is written once from its beginning to its end, and digested on the way: nothing in it is gone back to.

What it has in the end to list is on the disk meanwhile.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from endpoints.logs.partials import place


@contextmanager
def opened(whole: Whole) -> Iterator[zipfile.ZipFile]:
    """A ZipFile that writes into `whole`; it is complete when the block ends."""
    with (
        tempfile.TemporaryFile(dir=place()) as file,
        zipfile.ZipFile(cast(IO[bytes], whole), "w", zipfile.ZIP_STORED, allowZip64=True) as archive,
    ):
        archive.filelist = cast(list[zipfile.ZipInfo], Members(file))
        yield archive


class Members:
    """The list that a ZipFile keeps of its members, in a file that nobody else has."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.count = file, 0

    def append(self, info: zipfile.ZipInfo) -> None:
        pickle.dump(info, self.file)
        self.count += 1

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Any]:
        self.file.seek(0)
        for _ in range(self.count):
            yield pickle.load(self.file)  # noqa: S301 (what we have written)


class Whole:
    """What a ZipFile writes into; it cannot seek, so its digest is that of the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size, self.digest = file, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self.file.flush()

    def add(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, pieces: Iterable[bytes]) -> None:
        """A member as it is, of which `info` knows the size and the CRC: ZipFile itself would write both behind it."""
        info.header_offset, info.compress_size = self.size, info.file_size
        self.write(info.FileHeader())
        begins = self.size
        for piece in pieces:
            self.write(piece)
        if self.size - begins != info.file_size:
            raise OSError("a copy changed while it was packed")
        archive.filelist.append(info)
        archive.start_dir = self.size
        archive._didModify = True  # type: ignore[attr-defined]  # so that it writes its list
