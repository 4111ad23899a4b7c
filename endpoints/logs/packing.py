"""One zip of what a download selected: its files as they were fetched, a manifest, and tables of the transcripts.

What grows with the number of files is on the disk, but for the ids of the entries, 8 bytes each, and the names of one
day.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO, Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.logs import partials, zips
from endpoints.logs.storage import LONGEST, move, opened, plain, store
from endpoints.logs.tables import PIECE, Spool, Tables, as_json, moment
from endpoints.models import Download, LogEntry, LogFile
from endpoints.models.log import FileKind, Outcome

AT_ONCE = 500  # entries
READABLE = 8 * PIECE  # a transcript above that is not read for the tables
YEARS = range(1980, 2108)  # that a zip can say
PRIVATE = 0o600 << 16  # for those who unpack it
USUAL = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+")
UNUSUAL = re.compile(r"[^a-z0-9._-]|\.(?=\.)")
# What is read of each file.
NEEDED = ("entry", "remote_id", "name", "kind", "size", "sha256", "stored_as", "problem")
TIMES = ("created_at", "stored_at", "gone_at")


class Stopped(Exception):
    """Somebody has paused or cancelled the download."""


@dataclass(frozen=True)
class Packed:
    """The zip as it lies in the storage; `missing` of the files that were asked for are not among its `files`."""

    name: str
    size: int
    sha256: str
    files: int
    missing: int


def name_for(download: Download) -> str:
    """A name in the storage that no other zip has."""
    return f"{download.endpoint_id}/downloads/{download.pk}-{uuid4().hex[:8]}.zip"


def pack(download: Download, name: str, *, go_on: Callable[[], bool]) -> Packed:
    """Make the zip, all of it or nothing, and keep it under `name`.

    Raises Stopped when go_on() says so, and partials.Busy while another worker is still at it.
    """
    with partials.opened(f"{download.pk}.zip") as partial:
        try:
            with partial.path.open("r+b", buffering=PIECE) as file, ExitStack() as spools:
                packing, whole = _Packing(download, go_on, spools), zips.Whole(file)
                with zips.opened(whole) as archive:
                    packing.fill(archive, whole)
            kept = move(name, partial.path)
        except BaseException:
            partial.path.unlink(missing_ok=True)
            raise
    return Packed(kept, whole.size, whole.digest.hexdigest(), packing.packed.count, packing.missing.count)


class _Packing:
    def __init__(self, download: Download, go_on: Callable[[], bool], spools: ExitStack) -> None:
        self.download, self.go_on = download, go_on
        self.packed = spools.enter_context(Spool())
        self.missing = spools.enter_context(Spool())
        self.tables = spools.enter_context(Tables())
        self.day: date | None = None
        self.taken: set[str] = set()  # names of this day

    def fill(self, archive: zipfile.ZipFile, whole: zips.Whole) -> None:
        for entry, files in self.entries():
            names: dict[str, str] = {}
            said = bytearray()
            for file in files:
                name = self.name(entry, file)
                hear = said if entry.outcome == Outcome.UNREAD and file.kind == FileKind.TRANSCRIPTION else None
                if why := _why_not(file) or self.copy(archive, whole, name, file, hear):
                    self.missing.add(_json({**_facts(file), **why}, self.missing))
                else:
                    self.packed.add(_json({"name": name, **_facts(file), "sha256": file.sha256}, self.packed))
                    names[file.kind] = name
            self.tables.add(entry, names, bytes(said))
        self.pour(archive, "manifest.json", *self.manifest())
        for name, spool in self.tables.parts():
            self.pour(archive, name, spool.size, spool.pieces())

    def entries(self) -> Iterator[tuple[LogEntry, list[LogFile]]]:
        """In the order of time, a few at a time, so that no question to the database is open while files are copied."""
        pks = array("q", self.download.entries.order_by("day", "at", "pk").values_list("pk", flat=True).iterator())
        for first in range(0, len(pks), AT_ONCE):
            some = pks[first : first + AT_ONCE]
            files: dict[int, list[LogFile]] = defaultdict(list)
            for file in LogFile.objects.filter(entry__in=some).only(*NEEDED, *TIMES).order_by("kind", "pk"):
                files[file.entry_id].append(file)
            for entry in LogEntry.objects.filter(pk__in=some).defer("words").order_by("day", "at", "pk"):
                yield entry, files[entry.pk]

    def copy(
        self, archive: zipfile.ZipFile, whole: zips.Whole, name: str, file: LogFile, hear: bytearray | None
    ) -> dict[str, str]:
        """Our copy of `file` into the zip; why not when it is not what we wrote down of it, and nothing of it then."""
        self.watch()
        try:
            stored = opened(file.stored_as)
        except FileNotFoundError:
            return _damaged(file)
        info = _info(name, file.created_at or timezone.now(), file.size)
        with stored:
            first = stored.read(PIECE) if file.size <= PIECE else b""
            rest = self.pieces(stored)
            digest, info.CRC, size = hashlib.sha256(first), zlib.crc32(first), len(first)
            for piece in rest:
                digest.update(piece)
                info.CRC, size = zlib.crc32(piece, info.CRC), size + len(piece)
            if size != file.size or digest.hexdigest() != file.sha256:
                return _damaged(file)
            whole.add(archive, info, [first] if len(first) == file.size else self.again(stored))
            if hear is not None and file.size <= READABLE:
                stored.seek(0)
                hear += stored.read()
        return {}

    def pieces(self, stored: IO[bytes]) -> Iterator[bytes]:
        while piece := stored.read(PIECE):
            self.watch()
            yield piece

    def again(self, stored: IO[bytes]) -> Iterator[bytes]:
        stored.seek(0)
        return self.pieces(stored)

    def pour(self, archive: zipfile.ZipFile, name: str, size: int, pieces: Iterable[bytes]) -> None:
        info = _info(name, timezone.now(), size)
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w") as member:
            for piece in pieces:
                self.watch()
                member.write(piece)

    def manifest(self) -> tuple[int, Iterator[bytes]]:
        """Its size, and what it says: the files, what is missing and why, and what was asked for by whom."""
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
        size = len(first) + self.packed.size + len(between) + self.missing.size + len(last)

        def parts() -> Iterator[bytes]:
            yield first
            yield from self.packed.pieces()
            yield between
            yield from self.missing.pieces()
            yield last

        return size, parts()

    def name(self, entry: LogEntry, file: LogFile) -> str:
        """Flat, told from all others also where case does not count, and nothing that any system keeps for itself.

        The day before it makes it none of those names (CON, NUL), and tells equal times of day apart.
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

    def watch(self) -> None:
        if not self.go_on():
            raise Stopped


def _info(name: str, at: datetime, size: int) -> zipfile.ZipInfo:
    at = at.astimezone(UTC)
    info = zipfile.ZipInfo(name, at.timetuple()[:6] if at.year in YEARS else (YEARS.start, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, PRIVATE
    info.file_size = size  # by which it is decided how the head is written
    return info


def _facts(file: LogFile) -> dict[str, Any]:
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


def _why_not(file: LogFile) -> dict[str, str]:
    """Why we do not hold it; nothing when we do."""
    if file.stored_as:
        return {}
    if file.gone_at and file.stored_at:
        return {"reason": "removed", "why": _("The copy here was removed after its time.")}
    if file.gone_at:
        return {
            "reason": "gone",
            "why": _("The service no longer had it on %(time)s.") % {"time": moment(file.gone_at)},
        }
    if file.problem:
        return {"reason": "failed", "why": file.problem}
    return {"reason": "new", "why": _("It appeared after the others had been fetched.")}


def _damaged(file: LogFile) -> dict[str, str]:
    """Our copy is none: whoever asks next fetches it again, if the service still has it."""
    unknown = {"stored_as": "", "stored_at": None, "sha256": "", "etag": "", "problem": "", "failures": 0}
    LogFile.objects.filter(pk=file.pk, stored_as=file.stored_as).update(**unknown)
    store().delete(file.stored_as)
    return {"reason": "damaged", "why": _("The copy here was damaged.")}
