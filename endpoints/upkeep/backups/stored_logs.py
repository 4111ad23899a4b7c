"""The saved content logs of a backup: by reference, because they stay in their storage, or whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage

from endpoints.logs.storage.place import make_private, open_stored, store
from endpoints.models import LogFile
from endpoints.upkeep.backups.archive import LOGS, PIECE, Damaged, Writer

BATCH = 1000  # rows


class Mode(Enum):
    REFERENCE = "reference"  # only the rows, which name the files
    WHOLE = "whole"


def add_all(writer: Writer) -> int:
    """Add each file that a row says is here; returns how many were not, because a worker has removed them meanwhile."""
    missing = 0
    for _pk, name in _stored():
        try:
            size = _size(name)
            file = open_stored(name)
        except FileNotFoundError:
            missing += 1
            continue
        with file:
            writer.add_file(name, size, file)
    return missing


def put(name: str, content: IO[bytes]) -> None:
    """Store a file of a backup under its own name, unless it is there. Raises Damaged for a name that leads outside."""
    storage, name = store(), name.removeprefix(LOGS)
    if not isinstance(storage, FileSystemStorage):
        if not storage.exists(name):
            with tempfile.TemporaryFile() as draft:
                _copy(content, draft)
                draft.seek(0)
                storage.save(name, File(draft))
        return
    try:
        path = Path(storage.path(name))
    except SuspiciousFileOperation:
        raise Damaged("It holds a file whose name leads outside of the storage of content logs.") from None
    make_private(path.parent)
    descriptor, draft_name = tempfile.mkstemp(dir=path.parent, prefix=".restoring-")
    with os.fdopen(descriptor, "wb") as draft:
        _copy(content, draft)
    os.replace(draft_name, path)


def forget_missing() -> int:
    """Rows whose files are not in the storage say so, so that they are fetched again while the service has them.

    Returns how many. Raises OSError, or the storage's own errors, when it can't be read.
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
        return set(store().listdir(folder)[1])
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


def _size(name: str) -> int:
    storage = store()
    return os.stat(storage.path(name)).st_size if isinstance(storage, FileSystemStorage) else storage.size(name)


def _copy(content: IO[bytes], to: IO[bytes]) -> None:
    while piece := content.read(PIECE):
        to.write(piece)
