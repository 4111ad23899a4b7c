"""libcurl for contents: how each handle is configured, one exchange with it, and what its errors mean.

Requests to the API use httpx. Contents can be large or many; for them libcurl takes a fraction of the processor time.
"""

from __future__ import annotations

import socket
from functools import cached_property
from io import BytesIO
from select import POLLIN, POLLOUT, poll
from typing import Any
from urllib.parse import urlsplit

import certifi
import pycurl

from . import errors, unreachable
from .network import Network
from .sending import COMMON_HEADERS

PRIVATE_NAME = "The file can't be downloaded because its address leads to a private network."
OPERATION = "content"  # not an operation of the contract
CONNECT_SECONDS = 10  # for the name, the connection and TLS
READ_BYTES = 32 * 1024
HEADER_BYTES = 64 * 1024
IDLE, IDLE_SECONDS = 10, 15  # connections that are kept alive
# With two different values, a proxy and we could each use another one.
_ONCE = frozenset({"content-length", "content-encoding", "content-range", "transfer-encoding", "etag"})
_UNREACHABLE = {
    pycurl.E_COULDNT_RESOLVE_PROXY: unreachable.UNKNOWN_PROXY,
    pycurl.E_COULDNT_RESOLVE_HOST: unreachable.UNKNOWN_HOST,
    pycurl.E_COULDNT_CONNECT: unreachable.CONNECTION_REFUSED,
    pycurl.E_OPERATION_TIMEDOUT: unreachable.TIMED_OUT,  # the only time limit that libcurl knows is that for connecting
}
_SUPPRESS_CONNECT_HEADERS = 265  # CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl does not name
_TLS = {pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE}


class Source:
    """The address of a content with the headers that open it. It shows neither."""

    def __init__(self, url: str, headers: tuple[str, ...] = ()) -> None:
        self._url, self._headers = url, headers

    def __repr__(self) -> str:
        return "Source()"

    @cached_property
    def host(self) -> str:
        return urlsplit(self._url).hostname or ""

    def put_on(self, handle: pycurl.Curl, more: list[str]) -> None:
        handle.setopt(pycurl.URL, self._url)
        lines = (*_HEADERS, *self._headers, *more)
        handle.setopt(pycurl.HTTPHEADER, [line.encode("latin-1") for line in lines])  # as answers are read


_HEADERS = ["Accept: */*", *(f"{name}: {value}" for name, value in COMMON_HEADERS.items())]


def checked(source: Source, network: Network) -> Source:
    """`source`; ForeignAddress when its host is reached by a proxy that must not be asked for it."""
    if network.proxy_for(source.host) and not network.allows_behind_proxy(source.host):
        raise errors.ForeignAddress(PRIVATE_NAME, operation=OPERATION)
    return source


def configure(handle: pycurl.Curl, network: Network) -> None:
    """Set the options that all requests share: where they may go, and what they may contain."""
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.NOPROXY, "")
    handle.setopt(_SUPPRESS_CONNECT_HEADERS, 1)  # a proxy's answer to CONNECT is not that of the content
    handle.setopt(pycurl.CAINFO, network.ca_file or certifi.where())
    handle.setopt(pycurl.PROXY_CAINFO, network.ca_file or certifi.where())
    handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    handle.setopt(pycurl.PATH_AS_IS, 1)
    handle.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
    handle.setopt(pycurl.MAXAGE_CONN, IDLE_SECONDS)
    handle.setopt(pycurl.BUFFERSIZE, READ_BYTES)
    handle.setopt(pycurl.NOSIGNAL, 1)


class Exchange:
    """One handle: a request, and its answer as far as it has come. It can be used again for the next request.

    `buffer`: what has come of the body. `lines`: of the header. `done`: nothing more comes. `error`: what ended it too
    early.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.handle = pycurl.Curl()
        configure(self.handle, network)
        self.handle.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.handle.setopt(pycurl.SOCKOPTFUNCTION, self._socket_opened)

    @property
    def connected(self) -> bool:
        return bool(self.handle.getinfo(pycurl.PRETRANSFER_TIME))

    def begin(self, source: Source, offset: int = 0, etag: str | None = None) -> None:
        self.done = self._foreign = False
        self.error: errors.SpeechError | None = None
        self._proxy = self._network.proxy_for(source.host)
        self.handle.setopt(pycurl.PROXY, self._proxy)  # also when empty: unset, libcurl would ask the environment
        more = [f"Range: bytes={offset}-"] if offset else []
        source.put_on(self.handle, [*more, f"If-Match: {etag}"] if etag else more)
        # Methods written in C cost the least: the body comes in pieces of 16 kB, and the header line by line.
        self.lines: list[bytes] = []
        self.handle.setopt(pycurl.HEADERFUNCTION, self.lines.append)
        self._begin_buffer()

    def taken(self) -> bytes:
        """What has come of the body; it is forgotten here."""
        data = self.buffer.getvalue()
        self._begin_buffer()
        return data

    def _begin_buffer(self) -> None:
        self.buffer = BytesIO()
        self.handle.setopt(pycurl.WRITEFUNCTION, self.buffer.write, use_memoryview=True)

    def header(self) -> tuple[int, dict[str, str]] | None:
        """The status and the headers by their names in lower case; None when they are not whole.

        ConnectionLost when they are too long, or say two things at once.
        """
        status, headers, left = 0, dict[str, str](), HEADER_BYTES
        for line in self.lines:
            left -= len(line)
            if left < 0:
                raise lost()
            if line.startswith(b"HTTP/"):
                status, headers = int(line[9:12]), {}  # libcurl has checked the form
            elif not line.strip():
                if status >= 200:
                    return status, headers  # lines that follow are a trailer
            else:
                name, _colon, value = line.decode("latin-1").partition(":")
                name, value = name.lower(), value.strip()
                if headers.setdefault(name, value).lower() != value.lower() and name in _ONCE:
                    raise lost()
        return None

    def end(self, code: int, said: str) -> None:
        """libcurl is done with it."""
        self.done = True
        if code and self._foreign:
            self.error = errors.ForeignAddress(PRIVATE_NAME, operation=OPERATION)
        elif code:
            self.error = _error_of(code, said)

    def _open_socket(self, purpose: int, address: Any) -> Any:
        if not self._proxy and not self._network.allows(address.addr[0]):
            self._foreign = True
            return pycurl.SOCKET_BAD
        self._socket = socket.socket(address.family, address.socktype, address.protocol)
        return self._socket

    def _socket_opened(self, _number: int, _purpose: int) -> int:
        """libcurl has a duplicate, so that this one would keep the connection open."""
        self._socket.close()
        return int(pycurl.SOCKOPT_OK)


class Loop:
    """Runs exchanges by libcurl's multi interface, in one thread at a time."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, IDLE)
        self._poll, self._timer, self._added = poll(), -1, False
        self._going: dict[pycurl.Curl, Exchange] = {}

    def add(self, exchange: Exchange) -> None:
        self._going[exchange.handle] = exchange
        self._multi.add_handle(exchange.handle)
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)  # sends it, or begins to connect
        self._added = True

    def remove(self, exchange: Exchange) -> None:
        """Stop it; a connection in the middle of an answer is closed."""
        if self._going.pop(exchange.handle, None):
            self._multi.remove_handle(exchange.handle)

    def work(self, seconds: float) -> list[Exchange]:
        """Wait up to `seconds` for a socket, and send and receive what is possible. Returns those that are done."""
        wait = seconds * 1000 if self._timer < 0 else min(seconds * 1000, self._timer)
        if self._added:
            wait, self._added = 0, False  # it may have failed at once
        ready = self._poll.poll(wait)
        for number, events in ready:
            mask = (pycurl.CSELECT_OUT if events & POLLOUT else 0) | (pycurl.CSELECT_IN if events & ~POLLOUT else 0)
            self._multi.socket_action(number, mask)
        if not ready:
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._done()

    def close(self) -> None:
        for exchange in list(self._going.values()):
            self.remove(exchange)
        self._multi.close()

    def _done(self) -> list[Exchange]:
        found: list[Exchange] = []
        _left, good, bad = self._multi.info_read()
        for handle, code, said in [*((handle, 0, "") for handle in good), *bad]:
            exchange = self._going[handle]
            exchange.end(code, said)
            self.remove(exchange)
            found.append(exchange)
        return found

    def _watch(self, event: int, number: int, *_more: Any) -> None:
        if event == pycurl.POLL_REMOVE:
            self._poll.unregister(number)
        else:
            reads, writes = event in (pycurl.POLL_IN, pycurl.POLL_INOUT), event in (pycurl.POLL_OUT, pycurl.POLL_INOUT)
            self._poll.register(number, (POLLIN if reads else 0) | (POLLOUT if writes else 0))

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = milliseconds


def lost() -> errors.ConnectionLost:
    return errors.ConnectionLost("The connection to the service was lost.", operation=OPERATION)


def _error_of(code: int, said: str) -> errors.SpeechError:
    """Never with an address or libcurl's own words in it."""
    why = unreachable.sentence_of_certificate(said) if code in _TLS else _UNREACHABLE.get(code)
    if why:
        return errors.NotSent(f"The service couldn't be reached. {why}", operation=OPERATION)
    if code == pycurl.E_URL_MALFORMAT:
        return errors.NotSent(
            "The service address isn't valid. Check it on the page of the Speech resource.", operation=OPERATION
        )
    return lost()
