"""Responses with the bytes of a file: small ones in one piece, large ones by sendfile(2) if the server supports it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Protocol

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

SEND_FILE = "simulator.send_file"  # ASGI extension: await send_file(file, offset, count)
CHUNK_BYTES = 65_536
MAX_BUFFERED_BYTES = 256 * 1024
FileRange = tuple[IO[bytes], int, int]  # file, offset, count
SendFile = Callable[[IO[bytes], int, int], Awaitable[bool]]


class Source(Protocol):
    """A file that can be sent."""

    def part(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`."""

    def file_ranges(self, start: int, stop: int) -> Iterator[bytes | FileRange]:
        """The same bytes as ranges of files on disk, or as bytes where they are not on disk."""


class RangeResponse(Response):
    """The bytes of a source from `first` up to `stop`; Content-Length is among `headers`."""

    def __init__(self, source: Source, first: int, stop: int, status: int, headers: dict[str, str]) -> None:
        super().__init__(status_code=status, headers=headers)
        self.source, self.first, self.stop = source, first, stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = self.stop - self.first
        send_file: SendFile | None = scope.get("extensions", {}).get(SEND_FILE)
        if scope["method"] == "HEAD" or size <= MAX_BUFFERED_BYTES:
            body = b"" if scope["method"] == "HEAD" else self.source.part(self.first, self.stop)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": body})
        elif send_file is None:
            streaming = StreamingResponse(self.chunks(), self.status_code, dict(self.headers))
            await streaming(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for stretch in self.source.file_ranges(self.first, self.stop):
                if isinstance(stretch, bytes):
                    await send({"type": "http.response.body", "body": stretch, "more_body": True})
                elif not await send_file(*stretch):
                    return
            await send({"type": "http.response.body"})

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(self.first, self.stop, CHUNK_BYTES):
            yield self.source.part(start, min(self.stop, start + CHUNK_BYTES))
