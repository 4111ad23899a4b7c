"""Checks the URLs of servers in settings. What users and passwords contain may be percent-encoded or not.

Each function takes the name of a setting and its text, and returns the URL, or "" for an empty text. User and password
come back percent-encoded. They may be given raw, also with `@`, `/`, `?` and `#`. `%` and two hexadecimal digits are
one encoded character. Errors are ImproperlyConfigured, and show no value.
"""

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

CERTIFICATE_CHECKS = ("required", "optional", "none")
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}  # as django-environ understands the schemes
# What follows USER:PASSWORD@. The path contains no @.
AFTER_PASSWORD = re.compile(r"[\w.,:%\[\]-]*(/[^?#@]*)?(\?.*)?")
AFTER_PASSWORD_OF_DATABASE = re.compile(r"[\w.,:%\[\]-]*/[^?#@]+(\?.*)?")  # a database has a name
# Hosts and options, whose values may contain an @: a password that looks like this must be encoded.
_HOST = r"(\[[\da-fA-F:.%]+\]|[\w.-]+)(:\d+)?"
HOST_AND_OPTIONS = re.compile(rf"{_HOST}(,{_HOST})*(/[^?#@]*)?\?[a-zA-Z]\w+=[^#]*")


def broker(name: str, text: str) -> str:
    """The URL of a Redis.

    With rediss:// it says `ssl_cert_reqs=required` unless it says something else: kombu would check no certificate.
    """
    url = _server(name, text, ("redis", "rediss"), local=("redis+socket",))
    if re.search(";rediss?://", url):
        raise ImproperlyConfigured(f"{name} names several servers; give one.")
    if not url.startswith("rediss:"):
        return url
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query)).get("ssl_cert_reqs")
    if given and given.removeprefix("CERT_").lower() not in CERTIFICATE_CHECKS:
        raise ImproperlyConfigured(f"{name}: ssl_cert_reqs is not {_either(CERTIFICATE_CHECKS, '')}.")
    query = parts.query if given else "&".join(filter(None, [parts.query, f"ssl_cert_reqs={CERTIFICATE_CHECKS[0]}"]))
    return parts._replace(query=query).geturl()


def database(name: str, text: str) -> str:
    return _server(name, text, ("postgres", "postgresql"), local=("sqlite",), after=AFTER_PASSWORD_OF_DATABASE)


def email(name: str, text: str) -> str:
    return _server(name, text, tuple(MAIL_PORTS), local=("consolemail", "dummymail", "filemail", "memorymail"))


def proxy(name: str, text: str) -> str:
    """The URL of an HTTP proxy, without a path."""
    url = _server(name, text, ("http", "https"))
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} has a path; its form is http://USER:PASSWORD@HOST:PORT.")
    return f"{parts.scheme}://{parts.netloc}" if url else ""


def error_tracker(name: str, text: str) -> str:
    """The DSN of a Sentry project, whose key is public to the project's programs."""
    if text and not re.fullmatch(rf"https?://\w+(:\w+)?@{_HOST}(/[\w.-]+)*/\d+", text):
        raise ImproperlyConfigured(f"{name} is not a DSN such as https://KEY@HOST/PROJECT, as Sentry shows it.")
    return text


def collector(name: str, text: str) -> str:
    """The base address of an OpenTelemetry collector that takes OTLP over HTTP, without a slash at the end."""
    if text and not re.fullmatch(rf"https?://{_HOST}(/[^?#\s]*)?", text):
        raise ImproperlyConfigured(f"{name} is not an address such as http://collector.example.com:4318.")
    return text.rstrip("/")


def _server(
    name: str,
    text: str,
    schemes: Collection[str],
    local: Collection[str] = (),
    after: re.Pattern[str] = AFTER_PASSWORD,
) -> str:
    """URLs with a scheme of `local` have no host."""
    scheme, separator, rest = text.partition("://")
    if not text or (separator and scheme in local):
        return text
    if not separator or scheme not in schemes:
        raise ImproperlyConfigured(f"{name} does not begin with {_either(schemes)}.")
    url = f"{scheme}://{_with_encoded_password(rest, after)}"
    try:
        parts = urlsplit(url)
        _ = "," in parts.netloc or parts.port  # a list of hosts has several
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a URL with a host, and a number as its port.") from None
    # The sockets of PostgreSQL have no host.
    if not parts.hostname and "host=" not in parts.query and not parts.path.startswith("//"):
        raise ImproperlyConfigured(f"{name} names no host; its form is {scheme}://USER:PASSWORD@HOST.")
    return url


def _with_encoded_password(rest: str, after: re.Pattern[str]) -> str:
    """`rest` is the URL without its scheme.

    The first @ that a host with options follows ends the password, otherwise the last @ that a host can follow.
    """
    if HOST_AND_OPTIONS.fullmatch(rest):
        return rest  # no password
    found = [at.start() for at in re.finditer("@", rest)]
    with_options = [at for at in found if HOST_AND_OPTIONS.fullmatch(rest, at + 1)]
    for at in [*with_options[:1], *reversed(found)]:
        if after.fullmatch(rest, at + 1):
            user, colon, password = rest[:at].partition(":")
            return f"{_encoded(user)}{colon}{_encoded(password)}{rest[at:]}"
    return rest


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="")


def _either(words: Collection[str], ending: str = "://") -> str:
    *first, last = (f"{word}{ending}" for word in words)
    return f"{', '.join(first)} or {last}"
