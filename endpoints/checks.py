"""System checks of the settings (`python3 manage.py check`)."""

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured

_MAKE_KEY = "python3 manage.py newkey prints one."


@register()
def secrets_are_set(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        secret = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django raises for an empty one
        secret = ""
    if not secret:
        found.append(
            Error(
                "SECRET_KEY is not set, and several machines may share this database.",
                hint="Set SECRET_KEY or SECRET_KEY_FILE to the same long random text for web, worker and beat.",
                id="endpoints.E001",
            )
        )
    if not settings.ENCRYPTION_KEYS:
        found.append(
            Error(
                "ENCRYPTION_KEYS is not set, so keys of Speech resources cannot be stored.",
                hint=f"Set ENCRYPTION_KEYS or ENCRYPTION_KEYS_FILE, the same for web, worker and beat; {_MAKE_KEY}",
                id="endpoints.E002",
            )
        )
    for key in settings.ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    "ENCRYPTION_KEYS holds a text that is not a key.",
                    hint=f"Each key is 32 bytes in URL-safe base64, and commas stand between them; {_MAKE_KEY}",
                    id="endpoints.E003",
                )
            )
    return found


@register()
def the_speech_resource_is_complete(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SPEECH_KEY and not (settings.SPEECH_REGION or settings.SPEECH_ENDPOINT):
        found.append(
            Error(
                "SPEECH_KEY is set, but not where its Speech resource is.",
                hint="Set SPEECH_REGION, for example to eastus, or SPEECH_ENDPOINT for a custom domain.",
                id="endpoints.E004",
            )
        )
    if (settings.SPEECH_REGION or settings.SPEECH_ENDPOINT) and not settings.SPEECH_KEY:
        found.append(
            Warning(
                "SPEECH_REGION or SPEECH_ENDPOINT is set, but not SPEECH_KEY, so no Speech resource is registered.",
                hint="Set SPEECH_KEY or SPEECH_KEY_FILE.",
                id="endpoints.W005",
            )
        )
    if settings.SPEECH_ENDPOINT and not _protects_keys(settings.SPEECH_ENDPOINT):
        found.append(
            Error(
                "SPEECH_ENDPOINT does not start with https://, so the key would travel unprotected.",
                hint="Give the address as the Azure portal shows it, https:// included.",
                id="endpoints.E006",
            )
        )
    if settings.PUBLIC_URL and not settings.PUBLIC_URL.startswith(("https://", "http://127.0.0.1")):
        found.append(
            Error(
                "PUBLIC_URL does not start with https://, so web hooks would travel unprotected.",
                hint="Give the address under which Azure reaches this installation, or leave it out.",
                id="endpoints.E009",
            )
        )
    return found


def _protects_keys(address: str) -> bool:
    """Whether an address is https, or on this machine (a simulator)."""
    try:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
    except ValueError:
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in ("127.0.0.1", "localhost", "::1")))


@register()
def intervals_make_sense(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"{name} must be at least 1.", hint="It counts whole seconds or days.", id="endpoints.E007")
        for name in ("SWEEP_SECONDS", "LOOK_SECONDS", "DOWNLOAD_DAYS")
        if getattr(settings, name) < 1
    ]


@register(deploy=True)
def a_team_has_a_broker_of_its_own(**_: Any) -> list[CheckMessage]:
    if settings.BROKER_URL.startswith("redis+socket:"):
        return [
            Warning(
                "BROKER_URL is not set: the broker is the demo's embedded one.",
                hint="Set BROKER_URL to redis://HOST:6379/0 for an installation that a team relies on.",
                id="endpoints.W008",
            )
        ]
    return []
