"""One zip of what a download selected: its files as they were fetched, a manifest, and tables of the transcripts.

What grows with the number of files is on the disk, but for the ids of the entries, 8 bytes each, and the names of one
day.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import IO, Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.logs.download.tables import Tables, as_json, language_of, moment
from endpoints.logs.download.zip_file import Spool, ZipFile
from endpoints.logs.storage import partials
from endpoints.logs.storage.partials import PIECE
from endpoints.logs.storage.place import LONGEST, open_stored, plain, store
from endpoints.models import Download, LogEntry, LogFile
from endpoints.models.log import FileKind, Outcome

AT_ONCE = 500  # entries
READABLE = 8 * PIECE  # a transcript above that is not read for the tables
USUAL = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+")
UNUSUAL = re.compile(r"[^a-z0-9._-]|\.(?=\.)")
# The columns that are read: of each file, and of each entry.
OF_FILES = ("pk", "entry_id", "remote_id", "name", "kind", "size", "sha256", "stored_as", "problem")
TIMES = ("created_at", "stored_at", "gone_at")
OF_ENTRIES = ("pk", "day", "at", "duration", "outcome", "text", "confidence")


class Interrupted(Exception):
    """Somebody has paused or canceled the download."""


@dataclass(frozen=True)
class Packed:
    """The zip as it lies in the storage; `missing`: how many of the requested files are not in it."""

    name: str
    size: int
    sha256: str
    files: int
    missing: int


def name_for(download: Download) -> str:
    """A name in the storage that no other zip has."""
    return f"{download.endpoint_id}/downloads/{download.pk}-{uuid4().hex[:8]}.zip"


def pack(download: Download, name: str, *, go_on: Callable[[], bool]) -> Packed:
    """Make the zip, all of it or nothing, and store it under `name`.

    Raises Interrupted soon after go_on() returns False, and partials.InUse while another worker still packs it.
    """
    with partials.opened(f"{download.pk}.zip") as partial:
        try:
            partial.has_md5 = False
            with ExitStack() as spools:
                packing = _Packing(download, go_on, spools)
                with ZipFile(partial) as archive:
                    packing.fill(archive)
            sha256, _md5 = partial.digests()
            kept = partial.move_to(name)
        except BaseException:
            partial.discard()
            raise
    return Packed(kept, archive.size, sha256, packing.packed.count, packing.missing.count)


class _Packing:
    def __init__(self, download: Download, go_on: Callable[[], bool], spools: ExitStack) -> None:
        self.download, self.go_on = download, go_on
        self.packed, self.missing = Spool(spools), Spool(spools)
        self.tables = Tables(spools, language_of(download.actor))
        self.day: date | None = None
        self.taken: set[str] = set()  # names of this day

    def fill(self, archive: ZipFile) -> None:
        for entry, files in self.entries():
            names: dict[str, str] = {}
            said = bytearray()
            for file in files:
                name = self.name(entry, file)
                unread = said if entry.outcome == Outcome.UNREAD and file.kind == FileKind.TRANSCRIPTION else None
                if why := _why_not(file) or self.copy(archive, name, file, unread):
                    self.missing.add(_json({**_facts(file), **why}, self.missing))
                else:
                    self.packed.add(_json({"name": name, **_facts(file), "sha256": file.sha256}, self.packed))
                    names[file.kind] = name
            self.tables.add(entry, names, bytes(said))
        now = timezone.now()
        tables = [(name, spool.pieces()) for name, spool in self.tables.parts()]
        for name, pieces in [("manifest.json", self.manifest()), *tables]:
            archive.add_compressed(name, now, self.checked(pieces))

    def entries(self) -> Iterator[tuple[Any, list[Any]]]:
        """In order of time, in batches, so that no query is open while files are copied; rows have no methods."""
        pks = array("q", self.download.entries.order_by("day", "at", "pk").values_list("pk", flat=True).iterator())
        for first in range(0, len(pks), AT_ONCE):
            some = pks[first : first + AT_ONCE]
            files: dict[int, list[Any]] = defaultdict(list)
            found = LogFile.objects.filter(entry__in=some).order_by("kind", "pk")
            for file in found.values_list(*OF_FILES, *TIMES, named=True):
                files[file.entry_id].append(file)
            entries = LogEntry.objects.filter(pk__in=some).order_by("day", "at", "pk")
            for entry in entries.values_list(*OF_ENTRIES, named=True):
                yield entry, files[entry.pk]

    def copy(self, archive: ZipFile, name: str, file: Any, unread: bytearray | None) -> dict[str, str]:
        """Add our copy of `file`; when it is not what was stored, nothing is added, and the answer says why.

        The bytes of a transcript that nobody has read yet are appended to `unread`.
        """
        self.check()
        try:
            stored = open_stored(file.stored_as)
        except FileNotFoundError:
            return _damaged(file)
        with stored:
            small = [stored.read(file.size + 1)] if file.size <= PIECE else None  # read once only
            digest, crc, size = hashlib.sha256(), 0, 0
            for piece in small or self.pieces(stored):
                digest.update(piece)
                crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size != file.size or digest.hexdigest() != file.sha256:
                return _damaged(file)
            archive.add(name, file.created_at or timezone.now(), size, crc, small or self.pieces(stored))
            if unread is not None and size <= READABLE:
                unread += b"".join(small or self.pieces(stored))
        return {}

    def pieces(self, stored: IO[bytes]) -> Iterator[bytes]:
        stored.seek(0)
        return self.checked(iter(lambda: stored.read(PIECE), b""))

    def checked(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.check()
            yield piece

    def manifest(self) -> Iterator[bytes]:
        """The files, what is missing and why, and what was requested by whom."""
        download = self.download
        head = {
            "endpoint": download.endpoint.remote_id,
            "displayName": download.endpoint.display_name,
            "selection": dict(QueryDict(download.selection).lists()),
            "purpose": download.purpose,
            "askedBy": download.actor_name,
            "askedDateTime": moment(download.created_at),
            "packedDateTime": moment(timezone.now()),
            "filesCount": self.packed.count,
            "missingCount": self.missing.count,
        }
        first = f'{json.dumps(head, ensure_ascii=False, indent=1)[:-2]},\n "files": ['.encode()
        between, last = b'\n ],\n "missing": [', b"\n ]\n}\n"
        return chain([first], self.packed.pieces(), [between], self.missing.pieces(), [last])

    def name(self, entry: Any, file: Any) -> str:
        """Flat, and unique on systems that ignore case too.

        With the day in front it is never a name that a system reserves (CON, NUL), and equal times of day differ.
        """
        if entry.day != self.day:
            self.day = entry.day
            self.taken.clear()
        name = file.name.lower()
        if len(name) > LONGEST or not USUAL.fullmatch(name):
            name = UNUSUAL.sub("_", plain(name).lower())
        name = f"{entry.day.isoformat()}_{name}"
        stem, dot, ending = name.rpartition(".")
        while name in self.taken:
            stem = f"{stem or name}_{file.pk}"
            name = f"{stem}{dot}{ending}" if dot else stem
        self.taken.add(name)
        return name

    def check(self) -> None:
        if not self.go_on():
            raise Interrupted


def _facts(file: Any) -> dict[str, Any]:
    return {
        "id": file.remote_id,
        "sourceName": file.name,
        "kind": file.kind,
        "size": file.size,
        "createdDateTime": moment(file.created_at),
        "fetchedDateTime": moment(file.stored_at),
    }


def _json(facts: dict[str, Any], spool: Spool) -> str:
    """One line of a list in the manifest."""
    return f"{',' if spool.count else ''}\n  {as_json(facts)}"


def _why_not(file: Any) -> dict[str, str]:
    """Why we do not hold it; nothing when we do."""
    if file.stored_as:
        return {}
    if file.gone_at and file.stored_at:
        return {"reason": "removed", "why": _("The saved copy was removed when its retention period ended.")}
    if file.gone_at:
        return {
            "reason": "gone",
            "why": _("The file no longer existed in Azure on %(time)s.") % {"time": moment(file.gone_at)},
        }
    if file.problem:
        return {"reason": "failed", "why": file.problem}
    return {"reason": "new", "why": _("The file appeared after the other files were downloaded.")}


def _damaged(file: Any) -> dict[str, str]:
    """The next download fetches it again, if the service still has it."""
    unknown = {"stored_as": "", "stored_at": None, "sha256": "", "etag": "", "problem": "", "failures": 0}
    LogFile.objects.filter(pk=file.pk, stored_as=file.stored_as).update(**unknown)
    store().delete(file.stored_as)
    return {"reason": "damaged", "why": _("The saved copy was damaged.")}
