"""Records the raw responses that the client receives."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import httpx

from endpoints.azure.network import PUBLIC, Network
from endpoints.azure.transport import Transport

MAX_BYTES = 8 * 1024 * 1024  # the client does not read more, either


@dataclass
class Exchange:
    """One request and its response, without the request headers, which contain the key."""

    method: str
    path: str
    status: int
    headers: httpx.Headers
    data: bytearray = field(default_factory=bytearray)


class _RecordingStream(httpx.SyncByteStream):
    def __init__(self, source: httpx.SyncByteStream, exchange: Exchange) -> None:
        self._source, self._exchange = source, exchange

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._source:
            if len(self._exchange.data) < MAX_BYTES:
                self._exchange.data += chunk
            yield chunk

    def close(self) -> None:
        self._source.close()


class Recorder(httpx.BaseTransport):
    """A transport for SpeechClient that records exchanges; callers clear `exchanges`."""

    def __init__(self, network: Network = PUBLIC) -> None:
        self.exchanges: list[Exchange] = []
        self.certificate_ends: float | None = None  # seconds since the epoch; None without TLS
        self._inner = Transport(network=network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        exchange = Exchange(request.method, request.url.path, response.status_code, response.headers)
        self.exchanges.append(exchange)
        self.certificate_ends = _end_of_certificate(response) or self.certificate_ends
        stream = _RecordingStream(cast(httpx.SyncByteStream, response.stream), exchange)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=stream,
            extensions=response.extensions,
            request=request,
        )

    def close(self) -> None:
        self._inner.close()


def _end_of_certificate(response: httpx.Response) -> float | None:
    """When the certificate of the connection expires, in seconds since the epoch; None without TLS."""
    stream = response.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream else None
    ends = (secured.getpeercert() or {}).get("notAfter") if secured else None
    return float(ssl.cert_time_to_seconds(str(ends))) if ends else None
