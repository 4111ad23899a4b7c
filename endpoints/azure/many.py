"""Many small contents in one thread: a few connections, each asked again as soon as it has answered.

A thread and an httpx response for each cost more than a small file does. What comes whole and in the plainest form is
given out; of anything else it is said how far it came, for somebody with more patience to go on with.
"""

import re
import select
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import httpx

from .content import as_md5
from .errors import SpeechError
from .heads import Question, parsed
from .pipes import Pipe, Pipes

T = TypeVar("T")

HEAD_BYTES = 16 * 1024
CONNECT_SECONDS = 5.0
SILENT_SECONDS = 10.0
_LENGTH = re.compile(rb"\d{1,18}")
_ONCE = (b"content-length", b"content-encoding", b"transfer-encoding", b"connection", b"etag")


class Small:
    """An answer. `whole`: a 200 with as many bytes as it promised. `data`: is another's as soon as the next is read.

    `status`: 0 when there was no answer. `etag` and `md5` as in Content; only with a status of 200.
    """

    def __init__(self) -> None:
        self.status = 0
        self.whole = False
        self.data = memoryview(b"")
        self.etag = ""
        self.md5: bytes | None = None


class Many(Generic[T]):
    """At most `at_once` transfers of at most `most` bytes each; `T` is what the caller knows each by."""

    def __init__(self, pipes: Pipes, question: Callable[[str], Question | None], at_once: int, most: int) -> None:
        self._pipes, self._question = pipes, question
        self._free: list[_Transfer[T]] = [_Transfer(most) for _ in range(at_once)]
        self._busy: dict[int, _Transfer[T]] = {}
        self._poll = select.poll()
        self._shut = False

    @property
    def room(self) -> bool:
        return bool(self._free)

    @property
    def busy(self) -> bool:
        return bool(self._busy)

    def begin(self, token: T, url: str) -> bool:
        """Ask for what is at `url`; False when that cannot be done here, for reasons that open_content() knows."""
        transfer = self._free[-1]
        try:
            question = None if self._shut else self._question(url)
            if question is None:
                return False
            transfer.begin(token, self._pipe(transfer, question), question)
        except httpx.TransportError:
            self._shut = True  # nobody waits for the same again
            return False
        except (OSError, SpeechError):
            transfer.hang_up()
            return False
        self._free.pop()
        self._busy[transfer.number] = transfer
        self._poll.register(transfer.number, select.POLLIN)
        return True

    def ended(self, seconds: float) -> Iterator[tuple[T, Small]]:
        """Those that end now, after waiting for the first of them for so long."""
        for number, _event in self._poll.poll(seconds * 1000):
            transfer = self._busy[number]
            if transfer.receive():
                yield self._over(transfer)
        late = time.monotonic() - SILENT_SECONDS
        for transfer in [one for one in self._busy.values() if one.heard < late]:
            yield self._over(transfer)

    def close(self) -> Iterator[T]:
        """Give up what has not ended; each is named."""
        for transfer in list(self._busy.values()):
            yield self._over(transfer)[0]
        for transfer in self._free:
            self._let_go(transfer)

    def _let_go(self, transfer: "_Transfer[T]") -> None:
        if transfer.pipe:
            self._pipes.give_back(transfer.pipe)
            transfer.pipe = None

    def _pipe(self, transfer: "_Transfer[T]", question: Question) -> Pipe:
        if transfer.pipe and transfer.pipe.place != question.place:
            self._let_go(transfer)
        return transfer.pipe or self._pipes.take(question.place, CONNECT_SECONDS)

    def _over(self, transfer: "_Transfer[T]") -> tuple[T, Small]:
        del self._busy[transfer.number]
        self._poll.unregister(transfer.number)
        self._free.append(transfer)
        return transfer.result()


class _Transfer(Generic[T]):
    """One connection and a buffer, for one answer after the other."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.buffer = memoryview(bytearray(HEAD_BYTES + most))
        self.pipe: Pipe | None = None

    def begin(self, token: T, pipe: Pipe, question: Question) -> None:
        if pipe is not self.pipe:
            pipe.sock.setblocking(False)
        self.token, self.pipe = token, pipe
        self.number = pipe.sock.fileno()
        self.count = self.begins = 0
        self.ends: int | None = None  # where the answer ends in the buffer, when its head has come
        self.keep = self.plain = False  # the connection, when it has ended there; the bytes are those of the file
        self.small = Small()
        self.heard = time.monotonic()
        if pipe.sock.send(question.data) != len(question.data):
            raise OSError("the other side takes nothing")

    def receive(self) -> bool:
        """Whether it is over, well or not."""
        assert self.pipe is not None  # noqa: S101 (it has begun)
        while self.ends is None or self.count < self.ends:
            try:
                count = self.pipe.sock.recv_into(self.buffer[self.count : self.ends])
            except (BlockingIOError, ssl.SSLWantReadError):
                self.heard = time.monotonic()
                return False
            except OSError:
                return True
            if not count:
                return True
            self.count += count
            if self.ends is None and not self._head():
                return True
        self.keep = self.keep and self.count == self.ends
        self.small.whole = self.small.status == 200 and self.plain and self.count == self.ends
        return True

    def result(self) -> tuple[T, Small]:
        small, pipe = self.small, self.pipe
        small.data = self.buffer[self.begins : self.count] if self.ends is not None else memoryview(b"")
        if not self.keep or self.count != self.ends:
            self.hang_up()
        elif pipe:
            pipe.used += 1
        return self.token, small

    def hang_up(self) -> None:
        if self.pipe:
            self.pipe.sock.close()
            self.pipe = None

    def _head(self) -> bool:
        """Read the head, if it is there; False when nobody can go on with what comes."""
        end = bytes(self.buffer[: min(self.count, HEAD_BYTES)]).find(b"\r\n\r\n")
        if end < 0:
            return self.count < HEAD_BYTES
        try:
            status, persistent, fields = parsed(bytes(self.buffer[:end]))
        except httpx.RemoteProtocolError:
            return False
        named = {name.lower(): value for name, value in fields}
        if sum(name.lower() in _ONCE for name, _value in fields) != sum(name in named for name in _ONCE):
            return False
        length = named.get(b"content-length", b"")
        if b"transfer-encoding" in named or not _LENGTH.fullmatch(length) or int(length) > self.most:
            return False
        self.begins = end + 4
        self.ends = self.begins + int(length)
        self.keep = persistent and named.get(b"connection", b"").lower() != b"close"
        self.plain = named.get(b"content-encoding", b"").lower() in (b"", b"identity")
        self.small.status = status
        if status == 200:
            self.small.etag = named.get(b"etag", b"").decode("latin-1") if self.plain else ""
            self.small.md5 = as_md5(named.get(b"x-ms-blob-content-md5") or named.get(b"content-md5"))
        return status >= 200
