"""System checks of the settings (`python3 manage.py check`).

Web, worker and beat run `of_every_start` too, before the applications are loaded.
"""

from collections.abc import Callable
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from endpoints.checks import of_addresses, of_reports
from speechstudio.environment import OURS_ALONE
from speechstudio.site_address import host_of
from speechstudio.var import directory

_TIMES, _DOWNLOADS = "It counts whole seconds or days.", "It counts downloads of content logs."
_SESSION = "It counts hours that a session may last."
_MOST = {
    "SWEEP_SECONDS": (3600, _TIMES),
    "LOOK_SECONDS": (86_400, _TIMES),
    "DOWNLOAD_DAYS": (36_500, _TIMES),
    "DOWNLOADS_PER_PERSON": (100, _DOWNLOADS),
    "ZIPS_PER_PERSON": (1000, _DOWNLOADS),
    "SESSION_HOURS": (8760, _SESSION),
    "SESSION_IDLE_HOURS": (8760, _SESSION),
    "OIDC_SESSION_HOURS": (8760, _SESSION),
    "ADDRESS_REQUESTS_PER_MINUTE": (1_000_000_000, "It counts how often a client may ask for an address."),
}
PRELOAD_SECONDS = 31_536_000  # a year, which browsers' preload lists ask for (hstspreload.org)
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
            Warning(
                "ENCRYPTION_KEYS is not set, so keys of Speech resources can be neither read nor stored.",
                hint=f"Set ENCRYPTION_KEYS or ENCRYPTION_KEYS_FILE, the same for web, worker and beat; {_MAKE_KEY}",
                id="endpoints.W002",
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
    if settings.SPEECH_REGION and not settings.SPEECH_REGION.isalnum():
        found.append(
            Error(
                "SPEECH_REGION is not the name of a region.",
                hint="It is one word, for example westeurope; the Azure portal shows it with the keys.",
                id="endpoints.E010",
            )
        )
    if settings.SPEECH_KEY and settings.SPEECH_API_VERSION:
        from endpoints.contract.versions import VERSIONS  # here, because loading the contract takes 30 ms

        if settings.SPEECH_API_VERSION not in VERSIONS:
            found.append(
                Error(
                    "SPEECH_API_VERSION is not a version that this product knows.",
                    hint=f"Set it to one of {', '.join(VERSIONS)}.",
                    id="endpoints.E011",
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


@register()
def the_address_for_people_is_one(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SITE_URL and not host_of(settings.SITE_URL):
        hint = "Give the address that people type, such as https://speech.example.com, with no path but SCRIPT_NAME."
        found.append(Error("SITE_URL is not the address of a site.", hint=hint, id="endpoints.E029"))
    elif settings.HTTPS and settings.SITE_URL.startswith("http:"):
        hint = "Begin it with https://, because HTTPS=true leads everybody there."
        found.append(Error("SITE_URL begins with http://, but HTTPS is true.", hint=hint, id="endpoints.E030"))
    return found


def _protects_keys(address: str) -> bool:
    """Whether an address is https, or on this machine (a simulator)."""
    try:
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
    except ValueError:
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in ("127.0.0.1", "localhost", "::1")))


@register()
def numbers_make_sense(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"{name} must be at least 1, and at most {most}.", hint=hint, id="endpoints.E007")
        for name, (most, hint) in _MOST.items()
        if not 1 <= getattr(settings, name) <= most
    ]


@register()
def no_name_is_misspelled(**_: Any) -> list[CheckMessage]:
    """Other names than SPEECH_... may be another program's, and stop nothing."""
    found: list[CheckMessage] = []
    for name, meant in settings.UNKNOWN_SETTINGS.items():
        hint = f"Is {meant} meant?" if meant else "The README lists the settings; remove this variable."
        if name.startswith(OURS_ALONE):
            found.append(Error(f"{name} is not a setting of this product.", hint=hint, id="endpoints.E012"))
        else:
            found.append(Warning(f"{name} is not a setting of this product.", hint=hint, id="endpoints.W019"))
    return found


@register()
def hosts_and_origins_have_their_form(**_: Any) -> list[CheckMessage]:
    """An entry in another form would match no request."""
    found: list[CheckMessage] = []
    if any(set("/@ ") & set(host) or _has_port(host) for host in settings.ALLOWED_HOSTS):
        found.append(
            Error(
                "ALLOWED_HOSTS holds something else than host names.",
                hint="Give names such as speech.example.com, without https://, port and path, and commas between them.",
                id="endpoints.E013",
            )
        )
    if not all(_is_origin(origin) for origin in settings.CSRF_TRUSTED_ORIGINS):
        found.append(
            Error(
                "CSRF_TRUSTED_ORIGINS holds something else than origins.",
                hint="Give them as https://speech.example.com, without a slash at the end, and commas between them.",
                id="endpoints.E014",
            )
        )
    return found


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}"


@register()
def words_have_their_form(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    currency = settings.COST_CURRENCY
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        found.append(
            Error("COST_CURRENCY is not a currency.", hint="Give its three letters, such as EUR.", id="endpoints.E015")
        )
    try:
        validate_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    except ValidationError:
        hint = "Give it as speech@example.com, or with a name as Speech Studio <speech@example.com>."
        found.append(Error("EMAIL_FROM is not an e-mail address.", hint=hint, id="endpoints.E016"))
    return found


@register()
def settings_fit_together(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not (settings.LOCAL_SIGN_IN or settings.OIDC_ISSUER or settings.BREAK_GLASS_ACCOUNT):
        hint = "Set OIDC_ISSUER for company sign-in, or remove LOCAL_SIGN_IN."
        found.append(Error("LOCAL_SIGN_IN is false, so nobody could sign in.", hint=hint, id="endpoints.E025"))
    if settings.OIDC_ISSUER and not _protects_keys(settings.OIDC_ISSUER):
        hint = "Set it as your provider names it, such as https://login.microsoftonline.com/TENANT/v2.0."
        found.append(Error("OIDC_ISSUER does not start with https://.", hint=hint, id="endpoints.E028"))
    if settings.SECURE_HSTS_SECONDS < 0:
        hint = "It counts whole seconds; 0 switches HSTS off."
        found.append(Error("HSTS_SECONDS must be at least 0.", hint=hint, id="endpoints.E026"))
    in_lists = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS and settings.SECURE_HSTS_SECONDS >= PRELOAD_SECONDS
    if settings.SECURE_HSTS_PRELOAD and not in_lists:
        hint = f"Set HSTS_SUBDOMAINS to true and HSTS_SECONDS to {PRELOAD_SECONDS} or more, or remove HSTS_PRELOAD."
        found.append(Error("HSTS_PRELOAD is not enough for browsers' lists.", hint=hint, id="endpoints.E027"))
    return found


@register()
def var_can_be_written(**_: Any) -> list[CheckMessage]:
    try:
        directory(settings.VAR)
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Web, worker and beat keep data there.", id="endpoints.E017")]
    return []


def the_owner_of_the_tables_is_for_setup() -> list[CheckMessage]:
    """No check of `manage.py`, whose commands may need it."""
    if not settings.SETUP_DATABASE:
        return []
    return [
        Warning(
            "SETUP_DATABASE_URL is set, though only setup and the commands that erase need it.",
            hint="Leave it out of the environment of web, worker and beat, so that they can't change events.",
            id="endpoints.W024",
        )
    ]


def of_every_start() -> list[CheckMessage]:
    """What is wrong with the settings, by the checks that need no application and no connection."""
    return [message for check in _OF_EVERY_START for message in check()]


_OF_EVERY_START: tuple[Callable[..., list[CheckMessage]], ...] = (
    secrets_are_set,
    the_speech_resource_is_complete,
    the_address_for_people_is_one,
    numbers_make_sense,
    no_name_is_misspelled,
    hosts_and_origins_have_their_form,
    words_have_their_form,
    settings_fit_together,
    var_can_be_written,
    of_addresses.the_path_prefix_is_not_that_of_addresses,
    of_reports.admins_get_mail,
    of_reports.traces_can_be_sent,
    the_owner_of_the_tables_is_for_setup,
)
