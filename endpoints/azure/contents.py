"""What a client does that reads recordings and transcripts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from . import errors
from .batch import Batch
from .content import Content
from .curl import OPERATION, Source
from .deadline import Deadline
from .error_body import ErrorBody
from .network import Network
from .sending import ApiResponse, failure

WAIT_SECONDS = 0.5


class Contents(ABC):
    """Each kind of client knows where its addresses may lead, and what refusals mean."""

    _network: Network
    _retries: bool

    def batch(self, at_once: int, **options: Any) -> Batch[Any]:
        """For many contents, `at_once` at a time. One thread may use it, and close() it at the end."""
        return Batch(self._network, self._source, self._refused, at_once, retries=self._retries, **options)

    @contextmanager
    def open_content(
        self, url: str, *, offset: int = 0, etag: str | None = None, deadline: float | None = None
    ) -> Iterator[OpenContent]:
        """Open a content address for reading from `offset`.

        `etag` (that of the part already there) makes sure that it is still the same content. No total deadline
        unless `deadline` is given, but never a silence of more than 30 s. ForeignAddress, ContentExpired,
        ContentChanged, and from chunks() IncompleteContent. Opening alone is asked again, never the bytes.
        """
        with closing(self.batch(1, enough=1)) as batch:
            content = OpenContent(batch, Deadline(deadline))
            batch.begin(content, url, offset, etag)
            content.open()
            yield content

    @abstractmethod
    def _source(self, url: str) -> Source:
        """The request for the content at `url`; ForeignAddress when that address is not allowed."""

    def _refused(self, answer: ApiResponse) -> errors.SpeechError:
        """The error that an answer stands for."""
        if answer.status in (401, 403, 404, 410):  # an expired signature is 403; a log that was deleted is 404
            return errors.ContentExpired("The file's address is no longer valid.", operation=OPERATION)
        code = answer.headers.get("x-ms-error-code", "")  # storage names its errors in a header
        return failure(OPERATION, answer, ErrorBody(code, "", "", "") if code else None)


class OpenContent:
    """A content that is being read. Its attributes are those of Content."""

    def __init__(self, batch: Batch[OpenContent], due: Deadline) -> None:
        self._batch, self._due = batch, due
        self._pieces: deque[bytes] = deque()
        self._error: Exception | None = None
        self.size: int | None = None
        self.etag: str | None = None
        self.offset = -1  # before it is open

    def begun(self, content: Content) -> None:
        self.size, self.offset, self.etag = content.size, content.offset, content.etag

    def received(self, data: bytes) -> None:
        self._pieces.append(data)

    def open(self) -> None:
        while self.offset < 0 and self._batch.busy:
            self._work()
        if self.offset < 0 and self._error:
            raise self._error

    def chunks(self) -> Iterator[bytes]:
        """The bytes, once, as they come. IncompleteContent when fewer come than promised; TimedOut on silence."""
        while self._pieces or self._batch.busy:
            if self._pieces:
                yield self._pieces.popleft()
            else:
                self._work()
        if self._error:
            raise self._error

    def _work(self) -> None:
        if not (left := self._due.left()):
            raise errors.TimedOut("The service didn't respond in time.", operation=OPERATION)
        if ended := self._batch.work(min(left, WAIT_SECONDS)):
            self._error = ended[0][1]
