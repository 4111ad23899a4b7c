"""The address of the client, which only a proxy of ours may tell."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.http import HttpRequest

LOCAL = "127.0.0.1"  # of a request that came by a Unix socket


def client_address(request: HttpRequest, trusted: Sequence[str]) -> str:
    """The address that connected to the outermost of `trusted` networks (TRUSTED_PROXIES)."""
    networks = [ip_network(one) for one in trusted]
    return outermost(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), networks)


def outermost(connected: str, forwarded: str, networks: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address that connected to the outermost of `networks`.

    `forwarded`, which is X-Forwarded-For, is read from its end, where each proxy adds whom it answers; what a client
    wrote stands before that.
    """
    nearest = connected or LOCAL
    for address in reversed(forwarded.split(",")) if networks else ():
        try:
            if not any(ip_address(nearest) in network for network in networks):
                break
            nearest = str(ip_address(address.strip()))
        except ValueError:
            break
    return nearest
