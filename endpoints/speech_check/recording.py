"""The answers as they came over the wire, kept beside what the client makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import httpx

from endpoints.azure.deadline import punctual
from endpoints.azure.sending import new_transport

MOST_BYTES = 8 * 1024 * 1024  # the client reads no more either


@dataclass
class Exchange:
    """One question and its answer, without the headers of the question: they hold the key."""

    method: str
    path: str
    status: int
    headers: httpx.Headers
    data: bytearray = field(default_factory=bytearray)


class _Heard(httpx.SyncByteStream):
    def __init__(self, source: httpx.SyncByteStream, exchange: Exchange) -> None:
        self._source, self._exchange = source, exchange

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._source:
            if len(self._exchange.data) < MOST_BYTES:
                self._exchange.data += chunk
            yield chunk

    def close(self) -> None:
        self._source.close()


class Recorder(httpx.BaseTransport):
    """A transport for SpeechClient that remembers the exchanges since `exchanges` was last cleared."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._inner = punctual(new_transport())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        exchange = Exchange(request.method, request.url.path, answer.status_code, answer.headers)
        self.exchanges.append(exchange)
        heard = _Heard(cast(httpx.SyncByteStream, answer.stream), exchange)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=heard, extensions=answer.extensions, request=request
        )

    def close(self) -> None:
        self._inner.close()
