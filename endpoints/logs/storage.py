"""Where content logs lie here: Django's storage named "logs", under names of our own making."""

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
from django.utils.translation import gettext as _

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LONGEST = 150  # characters of a name
PLAIN = re.compile(rf"(?!\.)[A-Za-z0-9_.-]{{1,{LONGEST}}}(?<!\.)")


class NotKept(Exception):
    """Our own disk refused; the message says why, for people."""

    def __init__(self, error: OSError) -> None:
        why = {"why": os.strerror(error.errno) if error.errno else str(error)}
        full = error.errno in NO_ROOM
        super().__init__(
            _("There is no room left on the disk for content logs.")
            if full
            else _("The disk for content logs refused: %(why)s.") % why
        )


def store() -> Storage:
    return storages["logs"]


def keep(name: str, whole: IO[bytes]) -> str:
    """Put a file into a storage that is no disk of ours, all of it or nothing; returns its name there."""
    name = store().get_available_name(name)
    try:
        return store().save(name, File(whole))
    except OSError:
        with suppress(OSError):  # the storage that refuses may refuse this too
            store().delete(name)
        raise


def move(name: str, path: Path | str) -> str:
    """Put the file at `path` into the storage, all of it or nothing; it is at `path` no longer. Returns its name there.

    Nothing else may have this name: what lies under it is what was left when a worker ended in the middle.
    """
    storage = store()
    if not isinstance(storage, FileSystemStorage):
        with open(path, "rb") as whole:
            name = keep(name, whole)
        os.unlink(path)
        return name
    target = os.path.join(storage.location, name)  # a name of our own making
    try:
        os.replace(path, target)
    except FileNotFoundError:
        private(Path(target).parent)
        os.replace(path, target)
    return name


def opened(name: str) -> IO[bytes]:
    storage = store()
    if isinstance(storage, FileSystemStorage):
        return open(os.path.join(storage.location, name), "rb", buffering=0)
    return cast(IO[bytes], storage.open(name))


def private(directory: Path) -> None:
    """Make a directory, with all above it that are missing, for our own eyes; refuse what is somebody else's."""
    for one in reversed([directory, *directory.parents]):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.getuid():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))


def plain(name: str) -> str:
    """A flat file name that each system takes: no directory, no control or direction mark, at most 150 characters."""
    if PLAIN.fullmatch(name):
        return name
    kept = "".join(c if c.isalnum() or c in "-_. " else "_" for c in unicodedata.normalize("NFC", name))
    kept = kept.strip(". ") or "file"
    stem, dot, ending = kept.rpartition(".")
    return kept if len(kept) <= LONGEST else f"{stem[: LONGEST - len(ending) - 1]}{dot}{ending}"[-LONGEST:]
