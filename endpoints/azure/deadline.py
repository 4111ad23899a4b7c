"""Time limits that hold: one clock for the whole exchange, not only for each read.

httpx limits each read. A server that sends one byte every few seconds never offends that limit, and while
it drips the headers no code of ours runs. So each timeout handed down is an `Allowance`, a number that also
knows the deadline, and `punctual()` makes the transport's sockets ask it anew before each read and write.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import httpx


class Deadline:
    """A moment on the monotonic clock; without `seconds` it never comes, unless `go_on` says that it has."""

    def __init__(self, seconds: float | None, go_on: Callable[[], bool] | None = None) -> None:
        self._end = math.inf if seconds is None else time.monotonic() + seconds
        self._go_on = go_on

    @property
    def stoppable(self) -> bool:
        return self._go_on is not None

    def left(self) -> float:
        """Seconds that remain; 0 when it is past."""
        return max(0.0, self._end - time.monotonic()) if self._go_on is None or self._go_on() else 0.0

    def timeouts(self, most: float) -> dict[str, float]:
        """httpx's `timeout` extension: each step may take `most` seconds, and all of them what is left."""
        return dict.fromkeys(("connect", "read", "write", "pool"), Allowance.of(self, most))


class Allowance(float):
    """The seconds of one step, measured anew each time the step begins."""

    deadline: Deadline
    most: float

    @classmethod
    def of(cls, deadline: Deadline, most: float) -> "Allowance":
        allowance = cls(max(0.001, min(most, deadline.left())))
        allowance.deadline, allowance.most = deadline, most
        return allowance

    def now(self) -> float:
        """What the step may take if it begins now; 0 when the deadline is past."""
        return min(self.most, self.deadline.left())


def _seconds(timeout: float | None, failure: type[httpx.TimeoutException]) -> float | None:
    if not isinstance(timeout, Allowance):
        return timeout
    seconds = timeout.now()
    if seconds <= 0:  # 0 would make the socket non-blocking
        raise failure("the deadline is past")
    return seconds


class _Stream:
    """A network stream of httpcore whose reads and writes end with the deadline."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, _seconds(timeout, httpx.ReadTimeout))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _seconds(timeout, httpx.WriteTimeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _seconds(timeout, httpx.ConnectTimeout)))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend:
    """A network backend of httpcore that hands out such streams."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        seconds = _seconds(timeout, httpx.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, timeout=seconds, **options))


def punctual(transport: httpx.BaseTransport) -> httpx.BaseTransport:
    """Make a transport keep deadlines in the middle of a read; other kinds of transport are left as they are.

    httpx has no public way to choose the network backend, hence the two private names; httpx is pinned to
    0.28, and the tests drip headers to prove that this holds.
    """
    if isinstance(transport, httpx.HTTPTransport):
        pool: Any = transport._pool
        if not isinstance(pool._network_backend, _Backend):
            pool._network_backend = _Backend(pool._network_backend)
    return transport
