"""A zip that is written once from its beginning to its end, and digested on the way: nothing in it is gone back to."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from typing import IO


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
        archive.NameToInfo[info.filename] = info
        archive.start_dir = self.size
        archive._didModify = True  # type: ignore[attr-defined]  # so that it writes its list
