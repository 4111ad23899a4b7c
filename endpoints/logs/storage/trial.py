"""Tries the storage of content logs: a small file is stored, read and deleted, as those of content logs are."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from endpoints.logs.storage.place import make_private, store
from endpoints.models import Sweep

log = logging.getLogger(__name__)
CONTENT = b"Written, read and deleted to see whether the storage works.\n"


def try_storage() -> str:
    """Record whether the storage works, and the room that a directory has; returns what it refused, or ""."""
    error = ""
    try:
        _write_read_delete(f"trial-{uuid4().hex}")
    except OSError as refusal:
        error = f"{type(refusal).__name__}: {refusal}"
        log.warning("The storage for content logs: %s", error)
    Sweep.record_storage(error, *_room())
    return error


def _write_read_delete(name: str) -> None:
    storage = store()
    if isinstance(storage, FileSystemStorage):
        make_private(Path(storage.location))
    try:
        name = storage.save(name, ContentFile(CONTENT))
        with storage.open(name) as file:
            if file.read() != CONTENT:
                raise OSError("what was read is not what was written")
    finally:
        with suppress(OSError):  # one that refuses the writing may refuse this too
            storage.delete(name)


def _room() -> tuple[int | None, int | None]:
    """Free bytes and size of the disk; None of a bucket or container, which has no end."""
    storage = store()
    if not isinstance(storage, FileSystemStorage) or not os.path.isdir(storage.location):
        return None, None
    usage = shutil.disk_usage(storage.location)
    return usage.free, usage.total
