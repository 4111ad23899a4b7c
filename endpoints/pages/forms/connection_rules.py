"""What can be known of an address, a region or a key without asking the service."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from endpoints.models.connection import CLOUDS

# 32 hexadecimal digits ("Azure Cognitive Service key" in Microsoft Purview); newer keys have 84 letters and digits.
KEY = re.compile(r"[0-9a-fA-F]{32}|[0-9A-Za-z]{84}")
WORD = re.compile(r"[!-~]+")  # what an own gateway may take as a key: printable ASCII
BLOBS = tuple(f".{host}" for cloud in CLOUDS for host in cloud.blobs)
_API_PATH = re.compile(r"/(?:sts|speechtotext|speech|stt|tts|cognitiveservices|texttospeech)(?:/|$)", re.IGNORECASE)
_REGIONAL = tuple(f".{cloud.management}" for cloud in CLOUDS)
_CUSTOM = tuple(f".{cloud.custom_domain}" for cloud in CLOUDS)


def refuse_odd(address: str) -> None:
    """What no address of a server has: a user name or password, or a port beyond 65535."""
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise forms.ValidationError(_("Remove the user name or password from the address."))
    try:
        odd = parts.port == 0
    except ValueError:
        odd = True
    if odd:
        raise forms.ValidationError(_("Enter a port from 1 to 65535 in the address, or leave it out."))


def origin(address: str) -> str:
    """Protocol and host of an address. The path of a company's own proxy in front of the service is kept."""
    parts = urlsplit(address)
    if not parts.hostname:
        return address
    path = "" if _of_azure(parts.hostname) else _API_PATH.split(parts.path, maxsplit=1)[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def refuse_private(address: str) -> None:
    """A worker refuses each connection to a private network; this tells it at once, as far as no name is involved."""
    host = urlsplit(address).hostname or ""
    if _is_address(host) and not _network().allows("127.0.0.1" if host == "localhost" else host):
        raise forms.ValidationError(
            _("The address is in a private network that isn't listed in the PRIVATE_NETWORKS setting.")
        )


def is_elsewhere(address: str) -> bool:
    """Whether an address is given, and not one of Azure."""
    host = urlsplit(address).hostname or ""
    return bool(host) and not _of_azure(host)


def why_not_of_azure(address: str, region: str, *, own_gateway: bool) -> str:
    """Why an address cannot be that of a Speech resource; "" when it can."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "http" and settings.DEMO and not _is_here(host):  # elsewhere the model refuses all of http
        return _("The address must start with https://.")
    if host.endswith(_REGIONAL):
        named = host.partition(".")[0]
        wrong = region and named != region
        return _("This address is in the region %(region)s.") % {"region": named} if wrong else ""
    if host.endswith(_CUSTOM) or own_gateway or _is_address(host):
        return ""
    return _(
        "This isn't the address of a Speech resource. Those addresses end in .cognitiveservices.azure.com. "
        "If you use your own gateway, select that option below."
    )


def _of_azure(host: str) -> bool:
    return host.endswith((*_REGIONAL, *_CUSTOM))


def _is_here(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _is_address(host: str) -> bool:
    """Whether a host is an IP address; only this installation's own networks pass the rules for addresses."""
    return host == "localhost" or ":" in host or host.replace(".", "").isdigit()


def _network() -> Any:
    """The rules by which a worker refuses connections."""
    rules: Any = import_string(settings.NETWORK_RULES)
    return rules(private_networks=tuple(settings.PRIVATE_NETWORKS))
