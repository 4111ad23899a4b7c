"""Where content logs are stored: Django's storage named "logs", under names that we choose."""

from __future__ import annotations

import errno
import os
import re
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

LONGEST = 150  # characters of a name
PLAIN = re.compile(rf"(?!\.)[A-Za-z0-9_.-]{{1,{LONGEST}}}(?<!\.)")


def store() -> Storage:
    return storages["logs"]


def is_local() -> bool:
    """Whether files are stored in a directory of this machine, so that moving one there takes no time."""
    return isinstance(store(), FileSystemStorage)


def move(name: str, path: Path | str) -> str:
    """Move the file at `path` into the storage, all of it or nothing. Returns its name there.

    `name` belongs to one row: what has this name already was left behind by a worker that was killed.
    """
    storage = store()
    if not isinstance(storage, FileSystemStorage):
        name = storage.get_available_name(name)
        try:
            with open(path, "rb") as whole:
                name = storage.save(name, File(whole))
        except OSError:
            with suppress(OSError):  # the storage that refuses may refuse this too
                storage.delete(name)
            raise
        os.unlink(path)
        return name
    target = os.path.join(storage.location, name)  # a name that we chose
    try:
        os.replace(path, target)
    except FileNotFoundError:
        make_private(Path(target).parent)
        os.replace(path, target)
    return name


def open_stored(name: str) -> IO[bytes]:
    storage = store()
    if isinstance(storage, FileSystemStorage):
        return open(os.path.join(storage.location, name), "rb", buffering=0)
    return cast(IO[bytes], storage.open(name))


def make_private(directory: Path) -> None:
    """Make a directory and its missing parents, readable by us alone; refuse one that belongs to somebody else."""
    for one in reversed([directory, *directory.parents]):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.getuid():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))


def plain(name: str) -> str:
    """A flat file name that each system accepts: no directory, no control or direction mark, at most 150 characters."""
    if PLAIN.fullmatch(name):
        return name
    kept = "".join(c if c.isalnum() or c in "-_. " else "_" for c in unicodedata.normalize("NFC", name))
    kept = kept.strip(". ") or "file"
    stem, dot, ending = kept.rpartition(".")
    return kept if len(kept) <= LONGEST else f"{stem[: LONGEST - len(ending) - 1]}{dot}{ending}"[-LONGEST:]
