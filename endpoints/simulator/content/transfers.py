"""The bytes of a file on their way: small ones in one piece, large ones by the kernel where the server lets us."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import IO, Protocol

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

SEND_FILE = "simulator.send_file"  # extension of a server: await send_file(file, offset, count)
PIECE = 65_536
SMALL = 256 * 1024
Stretch = tuple[IO[bytes], int, int]  # file, offset, count
SendFile = Callable[[IO[bytes], int, int], Awaitable[bool]]


class Source(Protocol):
    """What a file is read from."""

    def part(self, start: int, stop: int) -> bytes:
        """These bytes."""

    def stretches(self, start: int, stop: int) -> Iterator[bytes | Stretch]:
        """The same bytes as they lie in files, in order; bytes where they lie in none."""


class Transfer(Response):
    """The bytes of a source from `first` up to `stop`; the headers say how many."""

    def __init__(self, source: Source, first: int, stop: int, status: int, headers: dict[str, str]) -> None:
        super().__init__(status_code=status, headers=headers)
        self.source, self.first, self.stop = source, first, stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = self.stop - self.first
        send_file: SendFile | None = scope.get("extensions", {}).get(SEND_FILE)
        if scope["method"] == "HEAD" or size <= SMALL:
            body = b"" if scope["method"] == "HEAD" else self.source.part(self.first, self.stop)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": body})
        elif send_file is None:
            streaming = StreamingResponse(self.pieces(), self.status_code, dict(self.headers))
            await streaming(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for stretch in self.source.stretches(self.first, self.stop):
                if isinstance(stretch, bytes):
                    await send({"type": "http.response.body", "body": stretch, "more_body": True})
                elif not await send_file(*stretch):
                    return
            await send({"type": "http.response.body"})

    async def pieces(self) -> AsyncIterator[bytes]:
        for start in range(self.first, self.stop, PIECE):
            yield self.source.part(start, min(self.stop, start + PIECE))
