"""Which URLs requests may be sent to, and which ids may become part of a URL."""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID

import httpx

from .network import PUBLIC, is_address

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOG_ID = re.compile(r"[A-Za-z0-9_.-]+")
# An address that needs no work: httpx takes longer for a signature than a small file for its way.
_PLAIN = re.compile(r"(https?://[A-Za-z0-9.-]+(?::[0-9]+)?)(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)")
_LOCALE = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_PORTS = {"https": 443, "http": 80}

# The blob service in each cloud ("Storage account overview", "Azure Storage account endpoints"; the sovereign clouds'
# developer guides). The last one is that of accounts with Azure DNS zone endpoints.
BLOB_HOSTS = (
    ".blob.core.windows.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
    ".blob.storage.azure.net",
)


def checked_endpoint(endpoint: str) -> httpx.URL:
    """The endpoint of a Speech resource without a trailing slash; ValueError says why it cannot be used."""
    try:
        url = httpx.URL(endpoint.strip().rstrip("/"))
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("The service address isn't valid. Enter an address that starts with https://.") from None
    if url.scheme not in _PORTS or not url.host or (url.port or 443) > 65535:
        raise ValueError("The service address isn't valid. Enter an address that starts with https://.")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("Remove the user name, query, and fragment from the service address.")
    if url.scheme == "http" and not is_loopback(url):
        raise ValueError("The service address must start with https://. http:// is allowed only on this machine.")
    return url


def origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Scheme, host and port, which must match for a key or token to be sent."""
    return url.scheme, url.raw_host.lower(), url.port or _PORTS.get(url.scheme)


def is_loopback(url: httpx.URL) -> bool:
    """Whether the host is this machine, without a name lookup."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def on_own_host(link: str, base: httpx.URL, prefix: str = "") -> httpx.URL | None:
    """The path and query of a link in the response from `base`, on the host of `base`; None if it is no http link.

    The service may name its regional host when the resource's own domain was asked. `prefix`: the path in front of
    the API, when the resource is reached through a proxy that has one.
    """
    try:
        parts = urlsplit(urljoin(str(base), link))
        if parts.scheme not in _PORTS:
            return None
        begin = parts.path.lower().find("/speechtotext")
        path = prefix + parts.path[begin:] if begin >= 0 else parts.path
        query = parts.query.replace("?", "&")  # published examples have links with two query strings
        return httpx.URL(f"{base.scheme}://{base.netloc.decode()}{path or '/'}{'?' + query if query else ''}")
    except (httpx.InvalidURL, ValueError):
        return None


def content_link(link: str, endpoint: httpx.URL) -> httpx.URL | None:
    """A content URL that may be read, or None: https, or http between loopback addresses (the simulator).

    A URL on this machine or in its network is not allowed, either, except for the simulator.
    """
    try:
        url = httpx.URL(link)
    except (httpx.InvalidURL, ValueError):
        return None
    simulated = endpoint.scheme == "http" and url.scheme == "http" and is_loopback(url)
    if not (url.scheme == "https" or simulated) or not url.host or url.userinfo:
        return None
    return url if _public(url) or (is_loopback(url) and is_loopback(endpoint)) else None


def _public(url: httpx.URL) -> bool:
    """Whether a host may be public by its name; the name may still resolve to a private address."""
    if is_address(url.host):
        return PUBLIC.allows(url.host)
    return url.host != "localhost" and not url.host.endswith(".localhost")


def content_targets(endpoint: httpx.URL) -> Callable[[str], str | None]:
    """The same as libcurl is given it; thousands of addresses share an origin, which is looked at once."""

    @lru_cache(maxsize=64)
    def allowed(origin: str) -> bool:
        return content_link(origin, endpoint) is not None

    def target(link: str) -> str | None:
        plain = _PLAIN.fullmatch(link)
        if plain and "/." not in plain[2]:
            return link if allowed(plain[1]) else None
        url = content_link(link, endpoint)
        return str(url) if url else None

    return target


def id_behind(link: str) -> str:
    """The id of an entity: the last path segment of its `self` (later versions have a query); "" if there is none."""
    try:
        return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return ""


def kind_behind(link: str) -> str:
    """ "base" or "custom": only /models/base/ in its URL distinguishes a base model."""
    try:
        return "base" if urlsplit(link).path.rstrip("/").lower().split("/")[-2:-1] == ["base"] else "custom"
    except ValueError:
        return "custom"


def is_uuid(text: str) -> bool:
    """Whether a text is an id of an endpoint, model, project or web hook."""
    return bool(_UUID.fullmatch(text))


def uuid_id(value: str | UUID, kind: str) -> str:
    """An id for use in a path; raises ValueError if it is not a UUID."""
    text = str(value)
    if not _UUID.fullmatch(text):
        raise ValueError(f"The id of {kind} is a UUID, not {text[:60]!r}.")
    return text


def is_log_id(text: str) -> bool:
    """Whether a text is an id of a log, and short enough to be stored."""
    return bool(_LOG_ID.fullmatch(text)) and set(text) != {"."} and len(text) <= 1000


def log_id(value: str) -> str:
    """The id of a log for use in a path; it is not a UUID."""
    if not is_log_id(value):
        raise ValueError(f"The id of a log has letters, digits and _ . - only, not {value[:60]!r}.")
    return value


def locale_id(value: str) -> str:
    """A locale such as en-US for use in a path."""
    if not _LOCALE.fullmatch(value):
        raise ValueError(f"A locale has letters, digits and hyphens only, not {value[:60]!r}.")
    return value
