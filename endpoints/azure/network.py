"""Where connections may lead: the proxy, the certificate authorities, and the networks that are closed.

The rules are here, for each library that opens connections: httpx and libcurl ask them for each address, and guard.py
holds the libraries to them that open their own sockets.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NetworkRange = ipaddress.IPv4Network | ipaddress.IPv6Network

# Closed, though `ipaddress` takes some or all of their addresses for global.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's address for virtual machines ("What is IP address 168.63.129.16?")
        "192.0.0.0/24",  # RFC 6890: for protocols; some clouds have their metadata there
        "::/96",  # RFC 4291: IPv4 addresses written as IPv6 ones, deprecated
        "::ffff:0:0:0/96",  # RFC 2765: translated IPv4 addresses
        "64:ff9b:1::/48",  # RFC 8215: translation within a network
        "fec0::/10",  # RFC 3879: site-local addresses, deprecated
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# Names without a public meaning (RFC 6761, RFC 6762, RFC 8375, and the reserved .internal).
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".localdomain")
KNOWN_SECONDS = 60.0  # how long the verdict about a name behind a proxy is kept


@dataclass(frozen=True)
class Network:
    """How this installation reaches the outside. Equal networks are interchangeable; threads may share one.

    proxy: http://USER:PASSWORD@HOST:PORT or https://..., "" for none. no_proxy: host names with their subdomains,
    addresses, networks such as 10.0.0.0/8, or * for all; this machine is never reached by the proxy. ca_file: a file in
    PEM with the certificate authorities that are trusted, "" for the usual ones. private_networks: those which
    connections may lead to, though they are not public.
    """

    proxy: str = field(default="", repr=False)  # it may contain a password
    no_proxy: tuple[str, ...] = ()
    ca_file: str = ""
    private_networks: tuple[str, ...] = ()

    def proxy_for(self, host: str) -> str:
        """The proxy for requests to a host, "" for none."""
        return "" if not self.proxy or _is_here(host) or _listed(host.lower(), self.no_proxy) else self.proxy

    def allows(self, address: str) -> bool:
        """Whether a connection may lead to an IP address; False for anything else."""
        try:
            found = _plain(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if found.is_global and not found.is_multicast and not any(found in network for network in _CLOSED):
            return True
        return any(found in network for network in _ranges(self.private_networks))

    def allows_behind_proxy(self, host: str) -> bool:
        """Whether the proxy may be asked for a host, by its name and, if we can resolve it, all its addresses.

        The proxy resolves the name again. It alone can refuse a name that has other addresses there.
        """
        return _judged(self, host.lower().rstrip("."), int(time.monotonic() / KNOWN_SECONDS))


PUBLIC = Network()  # to public addresses only, without a proxy


@lru_cache(maxsize=256)
def _judged(network: Network, host: str, _period: int) -> bool:
    if _address(host):
        return network.allows(host)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return "." in host and not host.endswith(_LOCAL_NAMES)  # the proxy may know more names than we do
    return all(network.allows(str(answer[4][0])) for answer in found)


def _listed(host: str, no_proxy: tuple[str, ...]) -> bool:
    """Whether a list such as NO_PROXY has a host: itself, or a domain or network that it is in."""
    address = _address(host)
    for entry in (entry.lower() for entry in no_proxy):
        if entry == "*":
            return True
        if address is not None:
            network = _range(entry)
            if network is not None and address in network:
                return True
            continue
        domain = entry.removeprefix("*").removeprefix(".").partition(":")[0]
        if domain and (host == domain or host.endswith(f".{domain}")):
            return True
    return False


def _is_here(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host.lower() == "localhost"


def is_address(host: str) -> bool:
    """Whether a host is an IP address, and no name."""
    return _address(host) is not None


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one, as itself: that is where the connection ends."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


@lru_cache(maxsize=64)
def _range(text: str) -> NetworkRange | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _ranges(texts: tuple[str, ...]) -> tuple[NetworkRange, ...]:
    return tuple(network for text in texts if (network := _range(text)))


def proxy_host(proxy: str) -> str:
    """The host of a proxy's URL."""
    return urlsplit(proxy).hostname or ""
