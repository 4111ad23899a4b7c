"""The httpx transport of the client: connections of httpcore whose reads and writes also end with a deadline.

httpx limits each read. A server that sends one byte every few seconds never exceeds that limit, and while it does so in
the headers no code of ours runs. Here each timeout is an `Allowance`, a number that also knows the deadline, and the
network streams evaluate it before each read and write. httpx.HTTPTransport accepts no network backend; httpcore's
connection pool, which it is built on, does.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from .deadline import Allowance
from .guard import PRIVATE, ClosedNetwork, guarded
from .network import PUBLIC, Network, proxy_host

KEEP_ALIVE_SECONDS = 15
MAX_CONNECTIONS, MAX_IDLE_CONNECTIONS = 100, 10

# From the most specific to the most general.
_EXCEPTIONS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ProxyError: httpx.ConnectError,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ProtocolError: httpx.ProtocolError,
}


class Transport(httpx.BaseTransport):
    """Verifies certificates, ignores the environment's proxies, and keeps the deadline of each request.

    keep_alive: whether connections are used again. ssl_context: for private certificate authorities. network: the
    proxy, the certificate authorities and the closed networks. httpx.ConnectError: an address that is not allowed, or a
    proxy that refuses.
    """

    def __init__(
        self,
        *,
        keep_alive: bool = True,
        ssl_context: ssl.SSLContext | None = None,
        network: Network = PUBLIC,
    ) -> None:
        self._network = network
        trust = ssl_context or default_ssl_context(network.ca_file)
        options: dict[str, Any] = {
            "ssl_context": trust,
            "max_connections": MAX_CONNECTIONS,
            "max_keepalive_connections": MAX_IDLE_CONNECTIONS if keep_alive else 0,
            "keepalive_expiry": KEEP_ALIVE_SECONDS,
            "network_backend": _DeadlineBackend(network),
        }
        self._pool = httpcore.ConnectionPool(**options)
        self._by_proxy = _proxy_pool(network, trust, options) if network.proxy else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its response has the body still to be read."""
        pool = self._pool_for(request.url)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        with httpx_exceptions():
            response = pool.handle_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        if self._by_proxy is not None:
            self._by_proxy.close()

    def _pool_for(self, url: httpx.URL) -> httpcore.ConnectionPool:
        if self._by_proxy is None or not self._network.proxy_for(url.host):
            return self._pool
        if not self._network.allows_behind_proxy(url.host):
            raise httpx.ConnectError(PRIVATE) from ClosedNetwork(PRIVATE)
        return self._by_proxy


def _proxy_pool(network: Network, trust: ssl.SSLContext, options: dict[str, Any]) -> httpcore.ConnectionPool:
    parts = urlsplit(network.proxy)
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    options = options | {"network_backend": _DeadlineBackend(network, proxy_host(network.proxy))}
    options |= {"proxy_ssl_context": trust} if parts.scheme == "https" else {}
    return httpcore.HTTPProxy(address, proxy_auth=user, **options)


@cache
def default_ssl_context(ca_file: str = "") -> ssl.SSLContext:
    """A context with the authorities of a file, or the usual ones. Reading them takes 20 ms: once for a process."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with httpx_exceptions():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def httpx_exceptions() -> Iterator[None]:
    """Raise httpx's exceptions instead of those of httpcore."""
    try:
        yield
    except tuple(_EXCEPTIONS) as error:
        kind = next(theirs for ours, theirs in _EXCEPTIONS.items() if isinstance(error, ours))
        raise kind(str(error)) from error


class _DeadlineBackend(httpcore.NetworkBackend):
    """Opens streams whose operations end with the deadline, to addresses that the network allows and hosts `named`."""

    def __init__(self, network: Network, *named: str) -> None:
        self._backend, self._network, self._named = httpcore.SyncBackend(), network, named

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _remaining(timeout, httpcore.ConnectTimeout)
        with guarded(self._network, *self._named):
            return _DeadlineStream(self._backend.connect_tcp(host, port, seconds, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection; each of its operations may take what is left at its start."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = _remaining(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining(timeout: float | None, failure: type[Exception]) -> float | None:
    """The seconds that an operation may take if it begins now; raises `failure` after the deadline."""
    if not isinstance(timeout, Allowance):
        return timeout
    seconds = timeout.now()
    if seconds <= 0:  # 0 would make the socket non-blocking
        raise failure("the deadline has passed")
    return seconds
