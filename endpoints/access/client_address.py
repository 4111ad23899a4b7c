"""The address of the client, which only a proxy of ours may tell."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from django.http import HttpRequest

LOCAL = "127.0.0.1"  # of a request that came by a Unix socket


def client_address(request: HttpRequest, trusted: Sequence[str]) -> str:
    """The address that connected to the outermost of `trusted` networks (TRUSTED_PROXIES).

    X-Forwarded-For is read from its end, where each proxy adds whom it answers; what a client wrote stands before that.
    """
    networks = [ip_network(one) for one in trusted]
    nearest = request.META.get("REMOTE_ADDR") or LOCAL
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    for address in reversed(forwarded):
        try:
            if not any(ip_address(nearest) in network for network in networks):
                break
            nearest = str(ip_address(address))
        except ValueError:
            break
    return nearest
