"""Reads settings from environment variables; django-environ converts them.

A mistake raises ImproperlyConfigured with one line that names the variable and shows no value, which may be a secret.
"""

import os
import re
import ssl
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

# All settings, each also as NAME_FILE. Reading a name that is not here is an error; the README has the same names.
NAMES = frozenset(
    {
        "ALLOWED_HOSTS",
        "BROKER_URL",
        "CA_FILE",
        "COST_CURRENCY",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "DEBUG",
        "DEMO",
        "DOWNLOAD_DAYS",
        "EMAIL_FROM",
        "EMAIL_URL",
        "ENCRYPTION_KEYS",
        "ENDPOINT_HOURLY_COST",
        "HTTPS",
        "LOG_STORAGE",
        "LOG_STORAGE_OPTIONS",
        "LOOK_SECONDS",
        "NO_PROXY",
        "OUTBOUND_PROXY",
        "PRIVATE_NETWORKS",
        "PUBLIC_URL",
        "PURPOSE_REQUIRED",
        "SCRIPT_NAME",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "SPEECH_API_VERSION",
        "SPEECH_ENDPOINT",
        "SPEECH_KEY",
        "SPEECH_REGION",
        "STATIC_ROOT",
        "SWEEP_SECONDS",
        "TIME_ZONE",
        "VAR",
    }
)
OURS_ALONE = "SPEECH_"  # no other program's variables begin like this
# Kubernetes sets these in each container for each service, which may well be called "speech".
OF_KUBERNETES = re.compile(r"_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_\w+)?)$")
SIMILAR = 0.8  # of 1 for equal names; one letter in five may differ
SHORTEST_SIMILAR = 6  # letters; shorter names are similar to too many words

PATH_PREFIX = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)
CERTIFICATE_CHECKS = ("required", "optional", "none")
# Private, shared, loopback, link-local and unique local addresses (RFC 6890).
NOT_PUBLIC: tuple[Any, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
TRUE = ("true", "on", "yes", "y", "ok", "1")
FALSE = ("false", "off", "no", "n", "0")
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}  # as django-environ understands the schemes
# What follows USER:PASSWORD@ in the URL of a server. The path contains no @.
AFTER_PASSWORD = re.compile(r"[\w.,:%\[\]-]*(/[^?#@]*)?(\?.*)?")
AFTER_PASSWORD_OF_DATABASE = re.compile(r"[\w.,:%\[\]-]*/[^?#@]+(\?.*)?")  # a database has a name


class Environment(environ.Env):  # type: ignore[misc]  # django-environ has no types
    """django-environ's methods (`str`, `bool`, `int`, `list`) with a stricter reader behind them.

    A variable that is empty or blank counts as not set. `$` has no special meaning.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.variables = os.environ if variables is None else variables

    def text(self, name: str) -> str:
        """The value of NAME, or the content of the file that NAME_FILE names, without blank space around it."""
        if name not in NAMES:
            raise LookupError(f"{name} is missing from NAMES in {__name__}")
        path = self.variables.get(f"{name}_FILE", "").strip()
        if not path:
            return self.variables.get(name, "").strip()
        try:
            content = Path(path).read_text(encoding="utf-8-sig").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that cannot be read ({error.strerror}): {path}"
            ) from None
        except ValueError:
            raise ImproperlyConfigured(f"{name}_FILE names a file that is not text in UTF-8: {path}") from None
        if not content:
            raise ImproperlyConfigured(f"{name}_FILE names a file that is empty: {path}")
        return content

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        """django-environ's methods end here; `cast` is the type that they want."""
        text = self.text(var)
        if not text:
            return default
        if cast is bool:
            return _boolean(var, text)
        if cast is int:
            return _integer(var, text)
        if cast is list:
            return [item.strip() for item in text.split(",") if item.strip()]
        return text

    def amount(self, name: str) -> Decimal | None:
        """An amount of money; None when it is not set."""
        text = self.text(name)
        try:
            number = Decimal(text or 0)
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or number < 0:
            raise ImproperlyConfigured(f"{name} is not an amount such as 1.29.")
        return number if text else None

    def time_zone(self, name: str, default: str) -> str:
        text = self.text(name) or default
        try:
            ZoneInfo(text)
        except (LookupError, ValueError, OSError):  # OSError for a directory, such as Europe
            raise ImproperlyConfigured(f"{name} is not the name of a time zone such as Europe/Berlin.") from None
        return text

    def path_prefix(self, name: str) -> str:
        """A path such as /speech, without a slash at the end; "" when it is not set or the root."""
        text = self.text(name)
        if text and not PATH_PREFIX.fullmatch(text):
            raise ImproperlyConfigured(f"{name} is not a path such as /speech.")
        return text.rstrip("/")

    def server(
        self, name: str, schemes: Collection[str], local: Collection[str] = (), after: re.Pattern[str] = AFTER_PASSWORD
    ) -> str:
        """The URL of a server, or "" when it is not set; URLs with a scheme of `local` have no host.

        The special characters of user and password come back percent-encoded. They may be given raw, also `@`, `/`,
        `?` and `#`. `%` and two hexadecimal digits are one encoded character.
        """
        text = self.text(name)
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
        if (
            not parts.hostname and "host=" not in parts.query and not parts.path.startswith("//")
        ):  # PostgreSQL's sockets
            raise ImproperlyConfigured(f"{name} names no host; its form is {scheme}://USER:PASSWORD@HOST.")
        return url

    def broker(self, name: str) -> str:
        """The URL of a Redis, or "" when it is not set.

        With rediss:// it says `ssl_cert_reqs=required` unless it says something else: kombu would check no certificate.
        """
        url = self.server(name, ("redis", "rediss"), local=("redis+socket",))
        if re.search(";rediss?://", url):
            raise ImproperlyConfigured(f"{name} names several servers; give one.")
        if not url.startswith("rediss:"):
            return url
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query)).get("ssl_cert_reqs")
        if given and given.removeprefix("CERT_").lower() not in CERTIFICATE_CHECKS:
            raise ImproperlyConfigured(f"{name}: ssl_cert_reqs is not {_either(CERTIFICATE_CHECKS, '')}.")
        query = (
            parts.query if given else "&".join(filter(None, [parts.query, f"ssl_cert_reqs={CERTIFICATE_CHECKS[0]}"]))
        )
        return parts._replace(query=query).geturl()

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """The entry of Django's DATABASES; a SQLite file `default` when it is not set."""
        url = self.server(name, ("postgres", "postgresql"), local=("sqlite",), after=AFTER_PASSWORD_OF_DATABASE)
        if not url:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
        found: dict[str, Any] = self.db_url_config(url)
        if not found["NAME"]:
            raise ImproperlyConfigured(f"{name} names no database; its form is postgres://USER:PASSWORD@HOST/NAME.")
        return found

    def email(self, name: str) -> dict[str, Any]:
        """Django's settings of the mail server; nothing when it is not set."""
        url = self.server(name, tuple(MAIL_PORTS), local=("consolemail", "dummymail", "filemail", "memorymail"))
        if not url:
            return {}
        found: dict[str, Any] = self.email_url_config(url)
        return {**found, "EMAIL_PORT": found["EMAIL_PORT"] or MAIL_PORTS.get(urlsplit(url).scheme)}

    def proxy(self, name: str) -> str:
        """The URL of an HTTP proxy without a path, or "" when it is not set."""
        url = self.server(name, ("http", "https"))
        parts = urlsplit(url)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ImproperlyConfigured(f"{name} has a path; its form is http://USER:PASSWORD@HOST:PORT.")
        return f"{parts.scheme}://{parts.netloc}" if url else ""

    def authorities(self, name: str) -> str:
        """The path of a file with certificate authorities in PEM, or "" when it is not set."""
        path = self.text(name)
        if not path:
            return ""
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cafile=path)
        except (ssl.SSLError, ValueError):  # an SSLError is an OSError, too
            raise ImproperlyConfigured(f"{name} names a file without certificates in PEM: {path}") from None
        except OSError as error:
            raise ImproperlyConfigured(f"{name} names a file that cannot be read ({error.strerror}): {path}") from None
        if not context.get_ca_certs():
            raise ImproperlyConfigured(f"{name} names a file without a certificate authority: {path}")
        return str(Path(path).absolute())

    def private_networks(self, name: str) -> tuple[str, ...]:
        """Networks that are not public. A wider one would contain addresses that nobody meant to open."""
        found = []
        for item in self.list(name, default=[]):
            try:
                network = ip_network(item, strict=False)
            except ValueError:
                raise ImproperlyConfigured(f"{name} holds something else than networks such as 10.1.0.0/16.") from None
            if not any(network.version == one.version and network.subnet_of(one) for one in NOT_PUBLIC):
                raise ImproperlyConfigured(f"{name} holds a network that is not a private one: {network}.")
            found.append(str(network))
        return tuple(found)

    def unknown(self) -> dict[str, str | None]:
        """Names in the environment that look like settings and are none, each with the one that may be meant."""
        found = {}
        for name in self.variables:
            plain = name.removesuffix("_FILE")
            if name in NAMES or plain in NAMES or OF_KUBERNETES.search(name):
                continue
            similar = get_close_matches(plain, NAMES, 1, SIMILAR) if len(plain) >= SHORTEST_SIMILAR else []
            longer = any("_" in known and plain.startswith(f"{known}_") for known in NAMES)
            if similar or longer or plain.startswith(OURS_ALONE):
                found[name] = similar[0] if similar else None
        return found


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name} is neither true nor false.")
    return text.lower() in TRUE


def _integer(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a whole number.") from None


def _with_encoded_password(rest: str, after: re.Pattern[str]) -> str:
    """`rest` is the URL without its scheme. The last @ that a host can follow ends the password."""
    for at in (found.start() for found in reversed(list(re.finditer("@", rest)))):
        if after.fullmatch(rest, at + 1):
            user, colon, password = rest[:at].partition(":")
            return f"{_encoded(user)}{colon}{_encoded(password)}{rest[at:]}"
    return rest


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="")


def _either(words: Collection[str], ending: str = "://") -> str:
    *first, last = (f"{word}{ending}" for word in words)
    return f"{', '.join(first)} or {last}"
