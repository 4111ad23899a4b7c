"""HTTP/1.1 for large and for many bodies: one question, one answer, read from the socket into the reader's buffer.

An httpx transport like the usual one, with a third of its work for a small file and twice its speed for a large one.
It goes to no proxy, follows nothing, keeps nothing of an answer, and verifies certificates.
"""

import re
import select
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

import httpx

from . import errors
from .deadline import Allowance
from .heads import HEAD_BYTES, NO_HTTP, Place, parsed, written

T = TypeVar("T")

CHUNK_BYTES = 256 * 1024
IDLE = 10  # connections that are kept for each origin
IDLE_SECONDS = 15
SLICE_SECONDS = 0.5  # how often somebody who waits is asked whether it is still worth it
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?")


class Pipe:
    """One connection, and the bytes that came with the last head but lie behind it."""

    def __init__(self, sock: socket.socket, place: Place) -> None:
        self.sock, self.place = sock, place
        self.rest = memoryview(b"")
        self.used = 0
        self.idle_since = 0.0

    def stale(self) -> bool:
        """Nothing may come while nothing was asked: it is the end of the connection."""
        if time.monotonic() - self.idle_since > IDLE_SECONDS or self.rest:
            return True
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        return bool(waiting.poll(0))

    def send(self, data: bytes, allowed: float) -> None:
        try:
            self.sock.settimeout(_seconds(allowed))
            self.sock.sendall(data)
        except TimeoutError:
            raise httpx.WriteTimeout("the other side takes nothing") from None
        except OSError:
            raise httpx.WriteError("the connection ended") from None

    def receive_into(self, buffer: memoryview, allowed: float) -> int:
        """At least one byte, or 0 at the end."""
        if self.rest:
            count = min(len(self.rest), len(buffer))
            buffer[:count] = self.rest[:count]
            self.rest = self.rest[count:]
            return count
        return self._wait(lambda: self.sock.recv_into(buffer), allowed)

    def receive(self, most: int, allowed: float) -> bytes:
        if self.rest:
            data, self.rest = bytes(self.rest[:most]), self.rest[most:]
            return data
        return self._wait(lambda: self.sock.recv(most), allowed)

    def line(self, allowed: float) -> bytes:
        """Up to the next line's end, without it."""
        data = bytearray()
        while (end := data.find(b"\r\n")) < 0:
            if len(data) > HEAD_BYTES or not (more := self.receive(HEAD_BYTES, allowed)):
                raise httpx.RemoteProtocolError("the answer is no HTTP")
            data += more
        self.rest = memoryview(bytes(data[end + 2 :]) + bytes(self.rest))
        return bytes(data[:end])

    def _wait(self, act: Callable[[], T], allowed: float) -> T:
        waited = 0.0
        while True:
            seconds = _seconds(allowed)
            step = min(seconds, SLICE_SECONDS) if isinstance(allowed, Allowance) else seconds
            try:
                self.sock.settimeout(step)
                return act()
            except TimeoutError:
                waited += step
                if step == seconds or waited >= allowed:
                    raise httpx.ReadTimeout("nothing came in time") from None
            except OSError:
                raise httpx.ReadError("the connection ended") from None


class Body(httpx.SyncByteStream):
    """The bytes of one answer; `read_into` without a copy, or as an iterator."""

    def __init__(self, pipe: Pipe, left: int | None, allowed: float, done: Callable[[Pipe, bool], None]) -> None:
        self._pipe, self._left, self._allowed, self._done = pipe, left, allowed, done
        self._open = True

    def read_into(self, buffer: memoryview) -> int:
        """How many bytes there were; 0 at the end, which may be too early."""
        if self._left == 0:
            return 0
        count = self._pipe.receive_into(buffer if self._left is None else buffer[: self._left], self._allowed)
        if self._left is not None:
            self._left -= count
        return count

    def __iter__(self) -> Iterator[bytes]:
        while self._left != 0:
            most = CHUNK_BYTES if self._left is None else min(self._left, CHUNK_BYTES)
            data = self._pipe.receive(most, self._allowed)
            if not data:
                break
            if self._left is not None:
                self._left -= len(data)
            yield data

    def close(self) -> None:
        if self._open:
            self._open = False
            if self._left and self._left <= len(self._pipe.rest):  # the words of a refusal, which nobody read
                self._pipe.rest, self._left = self._pipe.rest[self._left :], 0
            self._done(self._pipe, self._left == 0)


class Chunked(Body):
    """A body whose length nobody knew when it began."""

    def __iter__(self) -> Iterator[bytes]:
        while size := self._size():
            while size:
                data = self._pipe.receive(min(size, CHUNK_BYTES), self._allowed)
                if not data:
                    raise httpx.RemoteProtocolError("the body ends early")
                size -= len(data)
                yield data
            if self._pipe.line(self._allowed):
                raise httpx.RemoteProtocolError("a chunk is longer than it says")
        while self._pipe.line(self._allowed):
            pass  # trailers
        self._left = 0

    def _size(self) -> int:
        found = _CHUNK.fullmatch(self._pipe.line(self._allowed))
        if not found:
            raise httpx.RemoteProtocolError("a chunk has no length")
        return int(found[1], 16)


class Pipes(httpx.BaseTransport):
    """GET and HEAD over connections that are kept alive. Threads may share one."""

    def __init__(
        self, tls: ssl.SSLContext, may_be_at: Callable[[str, str], bool] = lambda _host, _address: True
    ) -> None:
        self._tls, self._may_be_at = tls, may_be_at
        self._idle: defaultdict[Place, list[Pipe]] = defaultdict(list)
        self._lock = Lock()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        allowed = request.extensions.get("timeout", {}).get("read") or 30.0
        question = written(request)
        while True:
            pipe = self.take(question.place, allowed)
            try:
                pipe.send(question.data, allowed)
                return self._answer(pipe, request.method, allowed)
            except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError) as error:
                pipe.sock.close()
                # The other side may have ended a kept connection just now.
                if not pipe.used or str(error) == NO_HTTP:
                    raise
            except BaseException:
                pipe.sock.close()
                raise

    def take(self, place: Place, allowed: float) -> Pipe:
        """A connection that is ours alone until it is given back, or closed."""
        return self._kept(place) or self._connected(place, allowed)

    def _connected(self, place: Place, allowed: float) -> Pipe:
        scheme, host, port = place
        try:
            sock = socket.create_connection((host, port), timeout=_seconds(allowed))
            try:
                if not self._may_be_at(host, sock.getpeername()[0]):
                    sentence = "The address of the content may not be used: its name leads into a private network."
                    raise errors.ForeignAddress(sentence, operation="content")
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if scheme == "https":
                    sock = self._tls.wrap_socket(sock, server_hostname=host)
            except BaseException:
                sock.close()
                raise
        except TimeoutError:
            raise httpx.ConnectTimeout("no answer in time") from None
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from None
        return Pipe(sock, place)

    def _answer(self, pipe: Pipe, method: str, allowed: float) -> httpx.Response:
        status, persistent, fields = parsed(_head(pipe, allowed))
        while status < 200:
            status, persistent, fields = parsed(_head(pipe, allowed))
        pipe.used += 1
        named: dict[bytes, set[bytes]] = defaultdict(set)
        for name, value in fields:
            named[name.lower()].add(value.lower())
        persistent = persistent and b"close" not in named[b"connection"]
        lengths, coding = named[b"content-length"], named[b"transfer-encoding"]

        def done(pipe: Pipe, read: bool) -> None:
            self.give_back(pipe) if read and persistent else pipe.sock.close()

        extensions = {}
        body: Body
        if method == "HEAD" or status in (204, 304):
            body = Body(pipe, 0, allowed, done)
        elif coding:
            if coding != {b"chunked"}:
                raise httpx.RemoteProtocolError(NO_HTTP)
            body = Chunked(pipe, None, allowed, done)
        else:
            if len(lengths) > 1 or not all(re.fullmatch(rb"\d{1,18}", length) for length in lengths):
                raise httpx.RemoteProtocolError(NO_HTTP)
            body = Body(pipe, int(lengths.pop()) if lengths else None, allowed, done)
            extensions["read_into"] = body.read_into
        return httpx.Response(status, headers=fields, stream=body, extensions=extensions)

    def _kept(self, place: Place) -> Pipe | None:
        while True:
            with self._lock:
                if not self._idle[place]:
                    return None
                pipe = self._idle[place].pop()
            if not pipe.stale():
                return pipe
            pipe.sock.close()

    def give_back(self, pipe: Pipe) -> None:
        pipe.idle_since = time.monotonic()
        with self._lock:
            if not self._closed and len(self._idle[pipe.place]) < IDLE:
                self._idle[pipe.place].append(pipe)
                return
        pipe.sock.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            kept = [pipe for pipes in self._idle.values() for pipe in pipes]
            self._idle.clear()
        for pipe in kept:
            pipe.sock.close()


def _head(pipe: Pipe, allowed: float) -> bytes:
    data = pipe.receive(HEAD_BYTES, allowed)
    while (end := data.find(b"\r\n\r\n")) < 0:
        if not data:
            raise httpx.ReadError("the connection ended before the answer")
        more = pipe.receive(HEAD_BYTES, allowed)
        if not more or len(data) > HEAD_BYTES:
            raise httpx.RemoteProtocolError(NO_HTTP)
        data += more
    pipe.rest = memoryview(data)[end + 4 :]
    return data[:end]


def _seconds(allowed: float) -> float:
    """What a step may take if it begins now."""
    seconds = allowed.now() if isinstance(allowed, Allowance) else allowed
    if seconds <= 0:  # 0 would make the socket non-blocking
        raise httpx.ReadTimeout("the deadline is past")
    return seconds
