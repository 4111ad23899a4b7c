"""Fetch one file into the storage: whole, checked, continued where it broke off. Runs in a thread.

It touches no database: it returns what is to be saved.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.logs import transcripts
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource, says_gone
from endpoints.logs.storage import partials
from endpoints.logs.storage.place import move, plain
from endpoints.models import LogFile
from endpoints.models.log import FileKind

if TYPE_CHECKING:
    from endpoints.azure.content import Content
    from endpoints.logs.storage.partials import Partial

LARGE = 1024 * 1024  # bytes; a larger file is continued by the successor of a killed worker
BUFFER, AT_ONCE = 512 * 1024, 3  # bytes, and how many of them are there
READABLE = 16 * 1024 * 1024  # bytes; a larger transcript is not read
LONGEST_ETAG = 100
STALLS = 3  # attempts in a row in which nothing comes
RENEWALS, RENEWAL_SECONDS = 50, 10.0  # half of what the service's rate limit lets one resource request

Facts = dict[str, Any]  # columns of a LogFile, "transcript": a Transcript, or "failed": why


class ReceivedPart(NamedTuple):
    """The beginning of a content that is here already."""

    etag: str
    data: bytes


class FileFailed(Exception):
    """This file cannot be fetched, for a reason of its own; the message says why, for people."""


class Canceled(Exception):
    """Nobody wants the file any more."""


class Fetching:
    """What all transfers of one run share: whether to go on, what they report, and the rate of requests for addresses.

    `discard`: after the stop nobody continues, so that partial files are deleted.
    """

    def __init__(self, service: LogSource) -> None:
        self.service = service
        self.stop = threading.Event()
        self.discard = False
        self.etags: deque[tuple[int, str]] = deque()  # (file, etag) of large files that have begun, to be saved
        self._renewals: deque[float] = deque()
        self._lock = threading.Lock()

    def go_on(self) -> bool:
        return not self.stop.is_set()

    def renewed(self, row: LogFile) -> azure.LogFile:
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
            return self.service.get_log(row.endpoint.remote_id or "", row.remote_id, sas_seconds=SAS_SECONDS)
        except ValueError as error:  # an id that cannot be part of an address
            raise FileFailed(str(error)) from None


def fetch(row: LogFile, address: str | None, fetching: Fetching, part: ReceivedPart | None = None) -> Facts:
    """Fetch one file; returns what to save of it. Raises FileFailed, Canceled, InUse, SpeechError, OSError."""
    try:
        return _Transfer(row, address, fetching, part).fetch()
    except azure.SpeechError as error:
        if says_gone(error):
            return {"gone_at": timezone.now()}
        if not fetching.go_on():
            raise Canceled from None
        raise


def name_of(row: LogFile) -> str:
    """Its name in the storage; no other file has it."""
    return f"{row.endpoint_id}/{row.pk}-{plain(row.remote_id)}"


def stored(row: LogFile, path: Path | str) -> Facts:
    """Move the whole file at `path` into the storage."""
    return {"stored_as": move(name_of(row), path), "stored_at": timezone.now()}


def transcript_of(row: LogFile, data: Callable[[], bytes], size: int) -> Facts:
    if row.kind != FileKind.TRANSCRIPTION:
        return {}
    return {"transcript": transcripts.read(data(), words=False) if size <= READABLE else transcripts.UNREADABLE}


class _Transfer:
    def __init__(self, row: LogFile, address: str | None, fetching: Fetching, part: ReceivedPart | None) -> None:
        self.row, self.address, self.fetching, self.part = row, address, fetching, part
        self.size = row.size
        self.expected_md5: bytes | None = None
        self.renewed_at: int | None = None  # the offset at which the address was renewed
        if row.failures or not address:
            self.renew()  # the list may have been wrong, or is old

    def fetch(self) -> Facts:
        kept = False
        with partials.opened(f"{self.row.pk}.part", self.row.etag) as partial:
            try:
                if self.part and self.part.etag and not partial.offset:
                    self.begin_with(self.part, partial)
                self.receive(partial)
                facts = self.checked(partial)
                if self.fetching.stop.is_set():
                    raise Canceled
                facts |= stored(self.row, partial.path)
                kept = True
                return facts
            except (azure.SpeechError, Canceled):
                kept = not self.fetching.discard and bool(partial.etag) and partial.offset >= LARGE
                raise
            finally:
                if not kept:
                    partial.path.unlink(missing_ok=True)

    def begin_with(self, part: ReceivedPart, partial: Partial) -> None:
        partial.write(memoryview(part.data))
        partial.hash(memoryview(part.data), md5=True)
        partial.offset, partial.etag = len(part.data), part.etag

    def receive(self, partial: Partial) -> None:
        """All bytes, in as many requests as it takes."""
        stalls, furthest = 0, partial.offset
        while True:
            why = _("The file kept changing while it was being downloaded.")
            try:
                with self.opened(partial) as content:
                    self.read(content, partial)
                return
            except azure.ContentExpired:
                if self.renewed_at == partial.offset:
                    raise FileFailed(_("The service rejected the address that it provided for the file.")) from None
                self.renew(partial.offset)
                continue
            except azure.ContentChanged:
                partial.restart()
            except azure.IncompleteContent as error:
                why = str(error)
            stalls = 0 if partial.offset > furthest else stalls + 1
            furthest = max(furthest, partial.offset)
            if stalls == STALLS:
                raise FileFailed(why)
            if not partial.etag:
                partial.restart()
            if self.fetching.stop.is_set():
                raise Canceled

    @contextmanager
    def opened(self, partial: Partial) -> Iterator[Content]:
        try:
            with self.fetching.service.open_content(
                self.address or "", offset=partial.offset, etag=partial.etag or None, go_on=self.fetching.go_on
            ) as content:
                yield content
        except azure.ForeignAddress as error:
            raise FileFailed(str(error)) from None
        except (azure.Unreadable, azure.Refused) as error:
            if error.operation != "content" or isinstance(error, azure.NotFound):
                raise
            raise FileFailed(str(error)) from None

    def read(self, content: Content, partial: Partial) -> None:
        if content.offset != partial.offset:  # the server does not support ranges
            partial.restart()
        if content.size is not None:
            self.check_size(content.size)
        self.expected_md5 = content.md5
        partial.etag = content.etag or ""
        if len(partial.etag) > LONGEST_ETAG:
            partial.etag = ""
        if (content.size or 0) >= LARGE and partial.etag and partial.etag != self.row.etag:
            self.fetching.etags.append((self.row.pk, partial.etag))
        # A second thread hashes some pieces while the next ones are received and written.
        hashing: deque[Future[BytesIO]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="hash") as pool:
            while True:
                buffer = hashing.popleft().result() if len(hashing) == AT_ONCE else BytesIO()
                if not (count := content.read_into(buffer, BUFFER)):
                    return
                if self.size and partial.offset + count > self.size:
                    self.check_size(partial.offset + count)
                hashing.append(pool.submit(partial.hash_buffer, buffer, count, md5=content.md5 is not None))
                with buffer.getbuffer() as whole, whole[:count] as piece:
                    partial.write(piece)
                partial.offset += count

    def renew(self, offset: int = 0) -> None:
        """Request a new address, and what else the service says of the file now."""
        found = self.fetching.renewed(self.row)
        if not found.content_url:
            raise FileFailed(_("The service didn't provide an address for the file."))
        self.address, self.renewed_at = found.content_url, offset
        self.size = found.size if found.size is not None else self.size

    def check_size(self, size: int) -> None:
        if self.size and size != self.size:
            words = _("The file is %(found)s bytes, but the service lists it as %(listed)s bytes.")
            raise FileFailed(words % {"found": size, "listed": self.size})

    def checked(self, partial: Partial) -> Facts:
        self.check_size(partial.offset)
        if self.expected_md5 is not None and partial.md5.digest() != self.expected_md5:
            raise FileFailed(_("The file doesn't match its checksum."))
        facts: Facts = {"size": partial.offset, "sha256": partial.sha256.hexdigest()}
        return facts | transcript_of(self.row, lambda: partial.head(partial.offset), partial.offset)
