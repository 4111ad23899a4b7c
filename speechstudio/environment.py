"""Reads settings from environment variables; django-environ converts them.

A mistake raises ImproperlyConfigured with one line that names the variable and shows no value, which may be a secret.
"""

import os
import re
import ssl
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

from speechstudio import server_urls
from speechstudio.private_networks import is_private

# All settings, each also as NAME_FILE. Reading a name that is not here is an error; the README has the same names.
NAMES = frozenset(
    {
        "ADMINS",
        "ADMIN_SECOND_FACTOR",
        "ADDRESS_REQUESTS_PER_MINUTE",
        "ALIVE_FILE",
        "ALLOWED_HOSTS",
        "API_REQUESTS_PER_MINUTE",
        "BREAK_GLASS_ACCOUNT",
        "BROKER_URL",
        "CACHE_URL",
        "CA_FILE",
        "COST_CURRENCY",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_URL",
        "DEBUG",
        "DEMO",
        "DOWNLOADS_PER_PERSON",
        "DOWNLOAD_DAYS",
        "EMAIL_FROM",
        "EMAIL_URL",
        "ENCRYPTION_KEYS",
        "ENDPOINT_HOURLY_COST",
        "EVERYONE_SECOND_FACTOR",
        "HSTS_PRELOAD",
        "HSTS_SECONDS",
        "HSTS_SUBDOMAINS",
        "HTTPS",
        "LOCAL_SIGN_IN",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "LOG_STORAGE",
        "LOG_STORAGE_OPTIONS",
        "LOOK_SECONDS",
        "METRICS_NETWORKS",
        "METRICS_TOKEN",
        "NO_PROXY",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "OIDC_GROUPS_CLAIM",
        "OIDC_ISSUER",
        "OIDC_ROLES",
        "OIDC_SECOND_FACTOR",
        "OIDC_SESSION_HOURS",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OUTBOUND_PROXY",
        "PASSWORD_WORDS",
        "PRIVATE_NETWORKS",
        "PUBLIC_URL",
        "PURPOSE_REQUIRED",
        "RETENTION_DAYS",
        "SCRIPT_NAME",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "SENTRY_DSN",
        "SESSION_HOURS",
        "SESSION_IDLE_HOURS",
        "SETUP_DATABASE_URL",
        "SITE_URL",
        "SPEECH_API_VERSION",
        "SPEECH_ENDPOINT",
        "SPEECH_KEY",
        "SPEECH_REGION",
        "STATIC_ROOT",
        "SWEEP_SECONDS",
        "TIME_ZONE",
        "TRUSTED_PROXIES",
        "VAR",
        "ZIPS_PER_PERSON",
    }
)
OF_OPENTELEMETRY = "OTEL_"  # its library reads more of them
OURS_ALONE = "SPEECH_"  # no other program's variables begin like this
# Kubernetes sets these in each container for each service, which may well be called "speech".
OF_KUBERNETES = re.compile(r"_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_\w+)?)$")
SIMILAR = 0.8  # of 1 for equal names; one letter in five may differ
SHORTEST_SIMILAR = 6  # letters; shorter names are similar to too many words

PATH_PREFIX = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)
TRUE = ("true", "on", "yes", "y", "ok", "1")
FALSE = ("false", "off", "no", "n", "0")


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
                f"{name}_FILE names a file that can't be read ({error.strerror}): {path}"
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
        """A path such as /studio, without a slash at the end; "" when it is not set or the root."""
        text = self.text(name)
        if text and not PATH_PREFIX.fullmatch(text):
            raise ImproperlyConfigured(f"{name} is not a path such as /studio.")
        return text.rstrip("/")

    def broker(self, name: str) -> str:
        """The URL of a Redis, or "" when it is not set."""
        return server_urls.broker(name, self.text(name))

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """The entry of Django's DATABASES; a SQLite file `default` when it is not set."""
        url = server_urls.database(name, self.text(name))
        if not url:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
        found: dict[str, Any] = self.db_url_config(url)
        if not found["NAME"]:
            raise ImproperlyConfigured(f"{name} names no database; its form is postgres://USER:PASSWORD@HOST/NAME.")
        return found

    def owner_of(self, application: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Where another role connects to the same database as `application`, an entry of DATABASES.

        Empty when it is not set, or is the same role.
        """
        url = server_urls.database(name, self.text(name))
        if not url:
            return {}
        found: dict[str, Any] = self.db_url_config(url)
        engines = {found["ENGINE"], application["ENGINE"]}
        if engines != {"django.db.backends.postgresql"}:
            raise ImproperlyConfigured(f"{name} is for PostgreSQL only, and DATABASE_URL has to name one, too.")
        if not found["NAME"]:
            raise ImproperlyConfigured(f"{name} names no database; its form is postgres://USER:PASSWORD@HOST/NAME.")
        found.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
        return found if found["USER"] != application["USER"] else {}

    def email(self, name: str) -> dict[str, Any]:
        """Django's settings of the mail server; nothing when it is not set."""
        url = server_urls.email(name, self.text(name))
        if not url:
            return {}
        found: dict[str, Any] = self.email_url_config(url)
        return {**found, "EMAIL_PORT": found["EMAIL_PORT"] or server_urls.MAIL_PORTS.get(urlsplit(url).scheme)}

    def proxy(self, name: str) -> str:
        """The URL of an HTTP proxy without a path, or "" when it is not set."""
        return server_urls.proxy(name, self.text(name))

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
            raise ImproperlyConfigured(f"{name} names a file that can't be read ({error.strerror}): {path}") from None
        if not context.get_ca_certs():
            raise ImproperlyConfigured(f"{name} names a file without a certificate authority: {path}")
        return str(Path(path).absolute())

    def pairs(self, name: str) -> dict[str, str]:
        """NAME=VALUE, separated by commas."""
        items = [item.rpartition("=") for item in self.list(name, default=[])]
        if not all(key.strip() and value.strip() for key, _equals, value in items):
            raise ImproperlyConfigured(f"{name} holds something else than NAME=VALUE.")
        return {key.strip(): value.strip() for key, _equals, value in items}

    def cache(self, name: str) -> dict[str, Any]:
        """The entry of Django's CACHES: a Redis that all processes share, or the memory of each when it is not set."""
        url = server_urls.broker(name, self.text(name))
        if not url:
            return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        from redis.backoff import NoBackoff  # only web processes with CACHE_URL need it
        from redis.retry import Retry

        # Seconds, and one attempt: a page must not wait for it.
        waits = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": waits}

    def networks(self, name: str) -> tuple[str, ...]:
        """Networks and single addresses, as networks."""
        try:
            return tuple(str(ip_network(item, strict=False)) for item in self.list(name, default=[]))
        except ValueError:
            raise ImproperlyConfigured(f"{name} holds something else than networks such as 10.1.0.0/16.") from None

    def private_networks(self, name: str) -> tuple[str, ...]:
        """Networks that are not public. A wider one would contain addresses that nobody meant to open."""
        found = self.networks(name)
        for network in map(ip_network, found):
            if not is_private(network):
                raise ImproperlyConfigured(f"{name} holds a network that is not a private one: {network}.")
        return found

    def unknown(self) -> dict[str, str | None]:
        """Names in the environment that look like settings and are none, each with the one that may be meant."""
        found = {}
        for name in self.variables:
            plain = name.removesuffix("_FILE")
            known = name in NAMES or plain in NAMES or name.startswith(OF_OPENTELEMETRY)
            if known or OF_KUBERNETES.search(name):
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
