"""One file from the service into the storage: whole, checked, gone on with where it broke off. Runs in a thread.

It touches no database: what is to be written down it returns.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.logs import partials, reading
from endpoints.logs.listing import SAS_SECONDS
from endpoints.logs.storage import move, plain
from endpoints.models import LogFile
from endpoints.models.log import FileKind

if TYPE_CHECKING:
    from endpoints.azure.content import Content
    from endpoints.logs.listing import LogSource
    from endpoints.logs.partials import Partial

LARGE = 1024 * 1024  # bytes; what is larger is gone on with by whoever comes after a killed worker
BUFFER = 256 * 1024
LARGE_BUFFER = 512 * 1024
READABLE = 16 * 1024 * 1024  # bytes; a larger transcript is none
LONGEST_ETAG = 100
STALLS = 3  # times that nothing comes, in a row
ASKED, ASKED_SECONDS = 50, 10.0  # new addresses in so many seconds: half of what the service lets one resource ask

Facts = dict[str, Any]
_local = threading.local()


class Begun(NamedTuple):
    """What somebody has of a content already."""

    etag: str
    data: bytes


class Failed(Exception):
    """This file cannot be had, for a reason of its own; the message says why, for people."""


class Stopped(Exception):
    """Nobody wants it any more."""


class Line:
    """What all transfers of one run share: whether to go on, what they tell, and how often they ask the service."""

    def __init__(self, service: LogSource) -> None:
        self.service = service
        self.stop = threading.Event()
        self.unwanted = False  # after the stop nobody goes on
        self.begun: deque[tuple[int, str]] = deque()  # (file, etag) of large ones, to be written down
        self._asked: deque[float] = deque()
        self._lock = threading.Lock()

    def go_on(self) -> bool:
        return not self.stop.is_set()

    def ask(self, row: LogFile) -> azure.LogFile:
        """The file as the service has it now, with a new address; as often as the rate limit allows."""
        with self._lock:
            while len(self._asked) == ASKED and (wait := self._asked[0] + ASKED_SECONDS - time.monotonic()) > 0:
                if self.stop.wait(min(wait, 0.5)):
                    raise Stopped
            if len(self._asked) == ASKED:
                self._asked.popleft()
            self._asked.append(time.monotonic())
        try:
            return self.service.get_log(row.endpoint.remote_id or "", row.remote_id, sas_seconds=SAS_SECONDS)
        except ValueError as error:  # an id that cannot be part of an address
            raise Failed(str(error)) from None


def fetch(row: LogFile, address: str | None, line: Line, begun: Begun | None = None) -> Facts:
    """Bring one file; returns what to write down of it. Raises Failed, Stopped, partials.Busy, SpeechError, OSError."""
    try:
        return _Transfer(row, address, line, begun).whole()
    except azure.NotFound:
        return {"gone_at": timezone.now()}
    except azure.SpeechError:
        if not line.go_on():
            raise Stopped from None
        raise


def name_of(row: LogFile) -> str:
    """Where it lies in the storage; no other file has this name."""
    return f"{row.endpoint_id}/{row.pk}-{plain(row.remote_id)}"


def said(row: LogFile, data: Callable[[], bytes], size: int) -> Facts:
    """What a transcript says."""
    if row.kind != FileKind.TRANSCRIPTION:
        return {}
    return {"transcript": reading.read(data(), words=False) if size <= READABLE else reading.UNREADABLE}


class _Transfer:
    def __init__(self, row: LogFile, address: str | None, line: Line, begun: Begun | None = None) -> None:
        self.row, self.address, self.line, self.begun = row, address, line, begun
        self.size = row.size
        self.expected_md5: bytes | None = None
        self.renewed_at: int | None = None  # the offset at which the address was renewed
        if row.failures or not address:
            self.renew()  # the list may have been wrong, or is old

    def whole(self) -> Facts:
        kept = False
        with partials.opened(f"{self.row.pk}.part", self.row.etag) as partial:
            try:
                if self.begun and self.begun.etag and not partial.offset:
                    partial.begin_with(*self.begun)
                self.receive(partial)
                facts = self.checked(partial)
                if self.line.stop.is_set():
                    raise Stopped
                facts["stored_as"] = move(name_of(self.row), partial.path)
                kept = True
                return facts
            except (azure.SpeechError, Stopped):
                kept = not self.line.unwanted and bool(partial.etag) and partial.offset >= LARGE
                raise
            finally:
                if not kept:
                    partial.path.unlink(missing_ok=True)

    def receive(self, partial: Partial) -> None:
        """All bytes, in as many transfers as it takes."""
        stalls, furthest = 0, partial.offset
        while True:
            why = _("The file changed again and again while it was fetched.")
            try:
                with self.opened(partial) as content:
                    self.read(content, partial)
                return
            except azure.ContentExpired:
                if self.renewed_at == partial.offset:
                    raise Failed(_("The service refuses the address that it gave for the file.")) from None
                self.renew(partial.offset)
                continue
            except azure.ContentChanged:
                partial.begin_again()
            except azure.IncompleteContent as error:
                why = str(error)
            stalls = 0 if partial.offset > furthest else stalls + 1
            furthest = max(furthest, partial.offset)
            if stalls == STALLS:
                raise Failed(why)
            if not partial.etag:
                partial.begin_again()
            if self.line.stop.is_set():
                raise Stopped

    @contextmanager
    def opened(self, partial: Partial) -> Iterator[Content]:
        try:
            with self.line.service.open_content(
                self.address or "", offset=partial.offset, etag=partial.etag or None, go_on=self.line.go_on
            ) as content:
                yield content
        except azure.ForeignAddress as error:
            raise Failed(str(error)) from None
        except (azure.Unreadable, azure.Refused) as error:
            if error.operation != "content" or isinstance(error, azure.NotFound):
                raise
            raise Failed(str(error)) from None

    def read(self, content: Content, partial: Partial) -> None:
        if content.offset != partial.offset:  # the server does not do ranges
            partial.begin_again()
        if content.size is not None:
            self.check_size(content.size)
        self.expected_md5 = content.md5
        partial.etag = content.etag or ""
        large = (content.size or 0) >= LARGE
        if len(partial.etag) > LONGEST_ETAG:
            partial.etag = ""
        if large and partial.etag and partial.etag != self.row.etag:
            self.line.begun.append((self.row.pk, partial.etag))
        with _hashing(partial, content.md5 is not None, beside=large) as counted:
            while count := content.read_into(buffer := counted.buffer()):
                if self.size and partial.offset + count > self.size:
                    self.check_size(partial.offset + count)
                counted.add(buffer[:count])  # which goes on while it is written
                partial.write(buffer[:count])
                partial.offset += count

    def renew(self, offset: int = 0) -> None:
        """Ask for a new address, and for what else the service says of the file now."""
        found = self.line.ask(self.row)
        if not found.content_url:
            raise Failed(_("The service gives no address for the file."))
        self.address, self.renewed_at = found.content_url, offset
        self.size = found.size if found.size is not None else self.size

    def check_size(self, size: int) -> None:
        if self.size and size != self.size:
            words = _("The file has %(found)s bytes, and the service's list says %(listed)s.")
            raise Failed(words % {"found": size, "listed": self.size})

    def checked(self, partial: Partial) -> Facts:
        self.check_size(partial.offset)
        if self.expected_md5 is not None and partial.md5.digest() != self.expected_md5:
            raise Failed(_("The bytes of the file are not those that its checksum belongs to."))
        facts: Facts = {"size": partial.offset, "sha256": partial.sha256.hexdigest()}
        return facts | said(self.row, lambda: partial.head(partial.offset), partial.offset)


class _Here:
    """Counts each piece at once; one buffer is enough, and a thread has the same one for all its files."""

    def __init__(self, partial: Partial, md5: bool) -> None:
        self.partial, self.md5 = partial, md5

    def buffer(self) -> memoryview:
        if not hasattr(_local, "buffer"):
            _local.buffer = memoryview(bytearray(BUFFER))
        found: memoryview = _local.buffer
        return found

    def add(self, piece: memoryview) -> None:
        self.partial.counted(piece, md5=self.md5)


class _Beside(_Here):
    """Counts pieces in a thread beside the one that reads and writes: both leave Python's lock while they work."""

    def __init__(self, partial: Partial, md5: bool, pool: ThreadPoolExecutor) -> None:
        super().__init__(partial, md5)
        self.pool = pool
        self.buffers = [memoryview(bytearray(LARGE_BUFFER)) for _ in range(3)]
        self.counting: deque[Future[None]] = deque()

    def buffer(self) -> memoryview:
        if len(self.counting) == len(self.buffers) - 1:
            self.counting.popleft().result()
        self.buffers.append(self.buffers.pop(0))
        return self.buffers[0]

    def add(self, piece: memoryview) -> None:
        self.counting.append(self.pool.submit(self.partial.counted, piece, md5=self.md5))


@contextmanager
def _hashing(partial: Partial, md5: bool, *, beside: bool) -> Iterator[_Here]:
    if not beside:
        yield _Here(partial, md5)
        return
    with ThreadPoolExecutor(1) as pool:  # waits until all is counted, also when the transfer breaks off
        yield _Beside(partial, md5, pool)
