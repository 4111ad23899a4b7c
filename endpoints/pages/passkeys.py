"""Whether browsers offer passkeys at the address of a page (Web Authentication: relying party identifier)."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.http import HttpRequest

LOCAL = "localhost"


def passkeys_work(request: HttpRequest) -> bool:
    """At a name over HTTPS, or at localhost; at an IP address there are none."""
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return request.is_secure() or host == LOCAL or host.endswith(f".{LOCAL}")
    return False


def at_localhost(request: HttpRequest) -> str:
    """The same page at the name of this machine, for a demo that was opened at its IP address."""
    port = request.get_port()
    return f"http://{LOCAL}:{port}{request.path}"
