"""Fetch one file into the storage: whole, checked, continued where it broke off, in steps that fetch.run carries out.

It touches no database: it returns what is to be saved.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.logs import transcripts
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource, says_gone
from endpoints.logs.storage import partials
from endpoints.logs.storage.partials import Memory, Partial
from endpoints.logs.storage.place import is_local, plain
from endpoints.models.log import FileKind

if TYPE_CHECKING:
    from endpoints.azure.content import Content

SMALL = 512 * 1024  # bytes; a smaller file is received in memory
LARGE = 1024 * 1024  # bytes; a larger file is continued by the successor of a killed worker
READABLE = 16 * 1024 * 1024  # bytes; a larger transcript is not read
LONGEST_ETAG = 100
STALLS = 3  # attempts in a row in which nothing comes
RENEWALS, RENEWAL_SECONDS = 50, 10.0  # half of what the service's rate limit lets one resource request

Facts = dict[str, Any]  # columns of a LogFile, "transcript": a Transcript, or "failed": why
# What is to be done next: a function that may take long, or None: receive the content from `address` on. Its result
# is sent back to the generator, and its error is raised there.
Step: TypeAlias = "Callable[[], Any] | None"


class Wanted(NamedTuple):
    """What is needed of the row of a file; the last two are those of its entry."""

    pk: int
    endpoint_id: UUID
    entry_id: int
    remote_id: str
    kind: str
    size: int
    etag: str
    failures: int
    day: date
    duration: timedelta | None


class FileFailed(Exception):
    """This file cannot be fetched, for a reason of its own; the message says why, for people."""


class Canceled(Exception):
    """Nobody wants the file any more."""


class Fetching:
    """What all transfers of one run share: whether to go on, what they report, and the rate of requests for addresses.

    `remote_id`: of their endpoint. `discard`: after the stop nobody continues, so that partial files are deleted.
    """

    def __init__(self, service: LogSource, remote_id: str) -> None:
        self.service, self.remote_id = service, remote_id
        self.stop = threading.Event()
        self.stored_here = is_local()
        self.prefix = f"{partials.place()}/{uuid4().hex}-"  # of paths that no other worker has
        self.discard = False
        self.etags: deque[tuple[int, str]] = deque()  # (file, etag) of large files that have begun, to be saved
        self._renewals: deque[float] = deque()
        self._lock = threading.Lock()

    def renewed(self, file_id: str) -> azure.LogFile:
        """The file as the service has it now, with a new address; as often as the rate limit allows."""
        with self._lock:
            while (
                len(self._renewals) == RENEWALS and (wait := self._renewals[0] + RENEWAL_SECONDS - time.monotonic()) > 0
            ):
                if self.stop.wait(min(wait, 0.5)):
                    raise Canceled
            if len(self._renewals) == RENEWALS:
                self._renewals.popleft()
            self._renewals.append(time.monotonic())
        try:
            return self.service.get_log(self.remote_id, file_id, sas_seconds=SAS_SECONDS)
        except ValueError as error:  # an id that cannot be part of an address
            raise FileFailed(str(error)) from None


def name_of(row: Any) -> str:
    """The name of a file in the storage; no other file has it."""
    return f"{row.endpoint_id}/{row.pk}-{plain(row.remote_id)}"


class Transfer:
    """One file on its way, by one content address after the other. It is the Receiver of their contents.

    `steps` return what to save of the file. They raise FileFailed, Canceled, InUse, SpeechError or OSError.
    """

    def __init__(self, row: Wanted, address: str | None, fetching: Fetching) -> None:
        self.row, self.address, self.fetching = row, address, fetching
        self.size = row.size
        self.part: Memory | Partial = Memory(f"{fetching.prefix}{row.pk}.small")
        self.expected_md5: bytes | None = None
        self.renewed_at: int | None = None  # the offset at which the address was renewed
        self.steps = self._steps()

    def _steps(self) -> Generator[Step, Any, Facts]:
        try:
            if self.row.failures or not self.address:
                yield from self._renew()  # the list may have been wrong, or is old
            with ExitStack() as held:
                if not 0 < self.size <= min(SMALL, LARGE):
                    opened = partials.opened(f"{self.row.pk}.part", self.row.etag)
                    self.part = yield partial(held.enter_context, opened)  # hashes what is there already
                return (yield from self._fetch())
        except azure.SpeechError as error:
            if says_gone(error):
                return {"gone_at": timezone.now()}
            if self.fetching.stop.is_set():
                raise Canceled from None
            raise

    def _fetch(self) -> Generator[Step, Any, Facts]:
        kept = False
        try:
            yield from self._receive()
            quick = self.fetching.stored_here and isinstance(self.part, Memory)
            facts: Facts = self._store() if quick else (yield self._store)
            kept = True
            return facts
        except (azure.SpeechError, Canceled):
            kept = not self.fetching.discard and bool(self.part.etag) and self.part.offset >= LARGE
            raise
        finally:
            if not kept:
                self.part.discard()

    def _receive(self) -> Generator[Step, Any, None]:
        """All bytes, in as many requests as it takes."""
        stalls, furthest = 0, self.part.offset
        while True:
            why = _("The file kept changing while it was being downloaded.")
            try:
                yield None
                return
            except azure.ContentExpired:
                if self.renewed_at == self.part.offset:
                    raise FileFailed(_("The service rejected the address that it provided for the file.")) from None
                yield from self._renew(self.part.offset)
                continue
            except azure.ContentChanged:
                self.part.restart()
            except azure.IncompleteContent as error:
                why = str(error)
            except azure.ForeignAddress as error:
                raise FileFailed(str(error)) from None
            except (azure.Unreadable, azure.Refused) as error:
                if error.operation != "content" or isinstance(error, azure.NotFound):
                    raise
                raise FileFailed(str(error)) from None
            stalls = 0 if self.part.offset > furthest else stalls + 1
            furthest = max(furthest, self.part.offset)
            if stalls == STALLS:
                raise FileFailed(why)
            if not self.part.etag:
                self.part.restart()

    def begun(self, content: Content) -> None:
        if content.offset != self.part.offset:  # the server does not support ranges
            self.part.restart()
        if content.size is not None:
            self._check_size(content.size)
        self.expected_md5, self.part.has_md5 = content.md5, content.md5 is not None
        self.part.etag = content.etag if content.etag and len(content.etag) <= LONGEST_ETAG else ""
        if (content.size or 0) >= LARGE and self.part.etag and self.part.etag != self.row.etag:
            self.fetching.etags.append((self.row.pk, self.part.etag))

    def received(self, data: bytes) -> None:
        if self.part.offset + len(data) > self.size:
            self._check_size(self.part.offset + len(data))
        self.part.add(data)

    def _renew(self, offset: int = 0) -> Generator[Step, Any, None]:
        """Request a new address, and what else the service says of the file now."""
        found: azure.LogFile = yield partial(self.fetching.renewed, self.row.remote_id)
        if not found.content_url:
            raise FileFailed(_("The service didn't provide an address for the file."))
        self.address, self.renewed_at = found.content_url, offset
        self.size = found.size if found.size is not None else self.size

    def _check_size(self, size: int) -> None:
        if self.size and size != self.size:
            words = _("The file is %(found)s bytes, but the service lists it as %(listed)s bytes.")
            raise FileFailed(words % {"found": size, "listed": self.size})

    def _store(self) -> Facts:
        """Check the whole file, read what it says, and move it into the storage."""
        size = self.part.offset
        self._check_size(size)
        sha256, md5 = self.part.digests()
        if self.expected_md5 not in (None, md5):
            raise FileFailed(_("The file doesn't match its checksum."))
        facts: Facts = {"size": size, "sha256": sha256}
        if self.row.kind == FileKind.TRANSCRIPTION:
            readable = size <= READABLE
            facts["transcript"] = (
                transcripts.read(self.part.data(), words=False) if readable else transcripts.UNREADABLE
            )
        if self.fetching.stop.is_set():
            raise Canceled
        return facts | {"stored_as": self.part.move_to(name_of(self.row))}
