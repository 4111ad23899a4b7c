"""How programs ask an address: by the whole addresses that they are configured with."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import get_script_prefix
from django.utils.translation import gettext as _

from endpoints.models import site


@dataclass(frozen=True)
class Ways:
    """`java_script`: empty where the SDK for JavaScript can't ask; `why_not` then says why. `tls`: by wss and https."""

    web_socket: str
    json: str
    java_script: str
    why_not: str
    tls: bool


def ways(request: HttpRequest, name: str) -> Ways:
    """As people reach this page: by SITE_URL, or as the request came.

    The SDK for JavaScript asks https, port 443, at the root of the host, whatever it is given.
    """
    whole = site.address(f"{get_script_prefix()}speech/{name}", request)
    parts = urlsplit(whole)
    tls = parts.scheme == "https"
    root = f"https://{parts.hostname or parts.netloc}/?alias={name}"
    why = ""
    if not tls:
        why = _("The Speech SDK for JavaScript asks only by https://, and this site is reached by http://.")
    elif parts.port not in (None, 443):
        words = {"port": parts.port}
        why = _("The Speech SDK for JavaScript asks only on port 443, and this site is on port %(port)s.") % words
    elif parts.path != f"/speech/{name}":
        words_of_path = {"path": parts.path.removesuffix(f"speech/{name}")}
        why = (
            _("The Speech SDK for JavaScript asks only at the root of a host, and this site is below %(path)s.")
            % words_of_path
        )
    return Ways(f"{'wss' if tls else 'ws'}{whole[len(parts.scheme) :]}", f"{whole}.json", "" if why else root, why, tls)
