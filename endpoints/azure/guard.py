"""Holds libraries that open their own sockets to the rules of a network.

Python reports each connection of a socket to audit hooks before it is made ("Audit events table": socket.connect,
socket.getaddrinfo), whichever library makes it. The hook here refuses addresses that the network of the current
context does not allow. It is not a sandbox: it does not see connections that are made outside of Python, nor those of
threads that a library starts.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .network import Network

PRIVATE = "its name leads to a private address"
_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class ClosedNetwork(OSError):
    """The network does not allow the address; nothing was sent."""


class _Guard:
    """The network that holds in a context; `asked` is the name that was resolved last."""

    def __init__(self, network: Network, named: frozenset[str]) -> None:
        self.network, self.named, self.asked = network, named, ""

    def check(self, address: object) -> None:
        host = str(address[0]) if isinstance(address, tuple) and address else ""
        if (self.asked or host).lower() not in self.named and not self.network.allows(host):
            raise ClosedNetwork(PRIVATE)


_current: ContextVar[_Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(network: Network, *named: str) -> Iterator[None]:
    """Within it, connections lead to addresses that `network` allows, and to the hosts `named`.

    `named` are hosts that the installation's own settings name: they may be in a private network. The proxy's is one of
    them only for connections to the proxy; otherwise any port of it could be reached by an address that people type.
    """
    token = _current.set(_Guard(network, frozenset(host.lower() for host in named if host)))
    try:
        yield
    finally:
        _current.reset(token)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    guard = _current.get()
    if guard is None:
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
        guard.asked = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    elif getattr(arguments[0], "family", None) in _FAMILIES:
        guard.check(arguments[1])


sys.addaudithook(_watch)  # once for a process: a hook cannot be removed
