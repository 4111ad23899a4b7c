"""Where requests may go, and which ids may become part of an address."""

import ipaddress
import re
import socket
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID

import httpx

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOG_ID = re.compile(r"[A-Za-z0-9_.-]+")
# An address that needs no work: httpx takes longer for a signature than a small file for its way.
_PLAIN = re.compile(r"(https?://[A-Za-z0-9.-]+(?::[0-9]+)?)(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)")
_LOCALE = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_PORTS = {"https": 443, "http": 80}
# Hosts of a region, which the whole world shares. A resource behind a private endpoint has a domain of its own.
_SHARED = ("api.cognitive.microsoft.com", "api.cognitive.microsoft.us", "api.cognitive.azure.cn")

_STORAGE = (".core.windows.net", ".core.usgovcloudapi.net", ".core.chinacloudapi.cn", ".storage.azure.net")


def checked_endpoint(endpoint: str) -> httpx.URL:
    """Accept the address of a Speech resource, without its trailing slash; ValueError says what is wrong."""
    try:
        url = httpx.URL(endpoint.strip().rstrip("/"))
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("The endpoint of a Speech resource is an address such as https://...") from None
    if url.scheme not in _PORTS or not url.host or (url.port or 443) > 65535:
        raise ValueError("The endpoint of a Speech resource is an address that begins with https://.")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("The endpoint of a Speech resource has no user name, query or fragment.")
    if url.scheme == "http" and not is_loopback(url):
        raise ValueError("The endpoint of a Speech resource begins with https://; http:// is for this machine alone.")
    return url


def refuse_private(url: httpx.URL) -> None:
    """A region's host is never on a private network: raises httpx.ConnectError when the name server says so."""
    if not url.host.endswith(tuple(f".{shared}" for shared in _SHARED)):
        return
    try:
        answers = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return  # the request will say so itself
    if not all(ipaddress.ip_address(answer[4][0]).is_global for answer in answers):
        raise httpx.ConnectError("its name leads to a private address")


def origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Scheme, host and port: what has to match for a key or token to be sent."""
    return url.scheme, url.raw_host.lower(), url.port or _PORTS.get(url.scheme)


def is_loopback(url: httpx.URL) -> bool:
    """Tell whether the address names this machine, without asking a name server."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def own_link(link: str, asked: httpx.URL) -> httpx.URL | None:
    """A link found in the answer to `asked`, or None when it leaves the origin."""
    try:
        url = httpx.URL(urljoin(str(asked), link))
    except (httpx.InvalidURL, ValueError):
        return None
    return url if origin(url) == origin(asked) and not url.userinfo else None


def content_link(link: str, endpoint: httpx.URL) -> httpx.URL | None:
    """A content address that may be read, or None: https, or http between loopback addresses (a simulator).

    An address within this machine or its network is none either; the simulator alone is where it may be.
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
    """By its looks: a name may still lead elsewhere."""
    try:
        return ipaddress.ip_address(url.host).is_global
    except ValueError:
        return url.host != "localhost" and not url.host.endswith(".localhost")


def storage_may_be_at(host: str, address: str) -> bool:
    """Whether content may be read where a host's name led to: private endpoints of storage lie in private networks."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.is_global or not _public(httpx.URL(scheme="https", host=host)):  # the latter was allowed by its looks
        return True
    shut = found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified
    return not shut and host.endswith(_STORAGE)


def content_target(link: str, endpoint: httpx.URL) -> str | None:
    """The same as libcurl is given it; thousands of addresses share an origin, which is looked at once."""
    plain = _PLAIN.fullmatch(link)
    if plain and "/." not in plain[2]:
        return link if _content_origin(plain[1], endpoint) else None
    url = content_link(link, endpoint)
    return str(url) if url else None


@lru_cache(maxsize=64)
def _content_origin(link: str, endpoint: httpx.URL) -> httpx.URL | None:
    return content_link(link, endpoint)


def id_behind(link: str) -> str:
    """The id of an entity: the last PATH segment of its `self` (later versions have a query); "" when none."""
    try:
        return unquote(urlsplit(link).path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return ""


def kind_behind(link: str) -> str:
    """Tell a base model from a custom one: nothing but /models/base/ in its address says so."""
    try:
        return "base" if urlsplit(link).path.rstrip("/").split("/")[-2:-1] == ["base"] else "custom"
    except ValueError:
        return "custom"


def uuid_id(value: str | UUID, noun: str) -> str:
    """An id of the service, fit for a path; ValueError before anything is sent."""
    text = str(value)
    if not _UUID.fullmatch(text):
        raise ValueError(f"The id of {noun} is a UUID, not {text[:60]!r}.")
    return text


def log_id(value: str) -> str:
    """The id of a log, fit for a path: a plain string of the service, not a UUID."""
    if not _LOG_ID.fullmatch(value) or set(value) == {"."}:
        raise ValueError(f"The id of a log has letters, digits and _ . - only, not {value[:60]!r}.")
    return value


def locale_id(value: str) -> str:
    """A locale such as en-US, fit for a path."""
    if not _LOCALE.fullmatch(value):
        raise ValueError(f"A locale has letters, digits and hyphens only, not {value[:60]!r}.")
    return value
