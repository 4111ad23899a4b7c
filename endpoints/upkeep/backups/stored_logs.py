"""The saved content logs of a backup: by reference, because they stay in their storage, or whole."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from endpoints.logs.storage import partials
from endpoints.logs.storage.place import is_local, make_private, open_stored, store
from endpoints.models import LogFile
from endpoints.upkeep.backups.archive import LOGS, PIECE, Damaged, Writer

BATCH = 1000  # rows
IN_MEMORY = 8 * PIECE  # of a file that is on its way; a larger one takes a temporary file
PAUSES = (1.0, 5.0, 20.0)  # seconds, before a file is copied again that a bucket or container has broken off
T = TypeVar("T")


class Mode(Enum):
    REFERENCE = "reference"  # only the rows, which name the files
    WHOLE = "whole"


class StorageFailed(Exception):
    """The storage of content logs is away, or refuses: a sentence."""


def add_all(writer: Writer) -> int:
    """Add each file that a row says is here; returns how many were not, because a worker has removed them meanwhile.

    Raises StorageFailed.
    """
    missing = 0
    for _pk, name in _stored():
        try:
            size, file = _again("read", partial(_opened, name, writer.directory))
        except FileNotFoundError:
            missing += 1
            continue
        with file:
            writer.add_file(name, size, file)
    return missing


def _opened(name: str, directory: Path) -> tuple[int, IO[bytes]]:
    """Size and content. That of a bucket or container is fetched first: meanwhile it may be removed, or break off.

    `directory`: where there is room for it.
    """
    if is_local():
        file = open_stored(name)
        return os.fstat(file.fileno()).st_size, file
    draft = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(directory))  # noqa: SIM115 (the caller closes it)
    try:
        with open_stored(name) as stored:
            size = _copy(stored, draft)
    except BaseException:
        draft.close()
        raise
    draft.seek(0)
    return size, draft


def _again(what: str, do: Callable[[], T]) -> T:
    """Do it; again after each of PAUSES while the storage fails. Raises StorageFailed, FileNotFoundError."""
    for pause in (*PAUSES, None):
        try:
            return do()
        except FileNotFoundError:
            raise
        except OSError as error:
            if pause is None or is_local() or isinstance(error, PermissionError):
                why = " ".join(str(error).split()).rstrip(".")  # a library's has several lines
                raise StorageFailed(f"The storage of content logs can't be {what}: {why}.") from error
            time.sleep(pause)
    raise AssertionError


def put(name: str, content: IO[bytes]) -> None:
    """Store a file of a backup under its own name. Raises Damaged for a name that leads outside, StorageFailed."""
    storage, name = store(), name.removeprefix(LOGS)
    try:
        if isinstance(storage, FileSystemStorage):
            _put_into_directory(Path(storage.path(name)), content)
        else:
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as draft:
                size = _copy(content, draft)
                _again("written", partial(_upload, storage, name, size, draft))
    except SuspiciousOperation:
        raise Damaged("It holds a file whose name leads outside of the storage of content logs.") from None


def _upload(storage: Storage, name: str, size: int, draft: IO[bytes]) -> None:
    """Unless it is there: a restore that was interrupted goes on where it was."""
    if storage.exists(name):
        if storage.size(name) == size:
            return
        storage.delete(name)
    draft.seek(0)
    saved = storage.save(name, File(draft))
    if saved != name:  # another process has just written there
        storage.delete(saved)
        raise OSError(f"{name} is written by somebody else")


def _put_into_directory(path: Path, content: IO[bytes]) -> None:
    """What a restore that is killed leaves behind is removed with other partial files."""
    drafts = partials.place()
    for directory in (path.parent, drafts):
        make_private(directory)
    descriptor, draft_name = tempfile.mkstemp(dir=drafts, prefix="restoring-")
    with os.fdopen(descriptor, "wb") as draft:
        _copy(content, draft)
    os.replace(draft_name, path)


def forget_missing() -> int:
    """Rows whose files are not in the storage say so, so that they are fetched again while the service has them.

    Returns how many. Raises StorageFailed.
    """
    count = 0
    for endpoint in list(LogFile.objects.stored().order_by().values_list("endpoint", flat=True).distinct()):
        count += sum(_forget(batch) for batch in _absent(endpoint))
    return count


def _absent(endpoint: UUID) -> Iterator[list[int]]:
    """Ids of the files of one endpoint that are not there, in batches: its folder is listed once."""
    present: dict[str, set[str]] = {}
    absent = list[int]()
    for pk, name in _stored(endpoint=endpoint):
        folder, _slash, last = name.rpartition("/")
        if folder not in present:
            present = {folder: _listed(folder)}
        if last not in present[folder]:
            absent.append(pk)
        if len(absent) >= BATCH:
            yield absent
            absent = []
    yield absent


def _listed(folder: str) -> set[str]:
    try:
        return set(_again("read", partial(store().listdir, folder))[1])
    except FileNotFoundError:
        return set()


def _forget(absent: list[int]) -> int:
    return LogFile.objects.filter(pk__in=absent).update(stored_as="", stored_at=None, sha256="", etag="")


def _stored(**of: Any) -> Iterator[tuple[int, str]]:
    """Ids and names of the files that are here, by their rows."""
    rows: Any = LogFile.objects.stored().filter(**of).order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last).values_list("pk", "stored_as")[:BATCH]):
        yield from batch
        last = batch[-1][0]


def _copy(content: IO[bytes], to: IO[bytes]) -> int:
    """Returns how many bytes. Each piece that is read from a bucket or container is a request."""
    size = 0
    while piece := content.read(PIECE):
        to.write(piece)
        size += len(piece)
    return size
