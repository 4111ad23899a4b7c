"""Settings come from the environment; each NAME can also be given as NAME_FILE, a file that holds the value.

The README lists them with their defaults; endpoints/checks.py says in words what is wrong with them.
"""

import secrets
from decimal import Decimal, InvalidOperation
from pathlib import Path

import environ
from celery.schedules import crontab
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from speechstudio.log_storage import log_storage
from speechstudio.var import broker_socket, kept_secret

env = environ.FileAwareEnv()


def whole(name: str, default: int) -> int:
    """The whole number in the environment's `name`."""
    try:
        number: int = env.int(name, default=default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a whole number.") from None
    return number


def amount(name: str) -> Decimal | None:
    """The sum of money in the environment's `name`; None when it is not given."""
    text = env.str(name, default="").strip()
    try:
        number = Decimal(text or 0)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number < 0:
        raise ImproperlyConfigured(f"{name} is not an amount such as 1.29.")
    return number if text else None


BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("VAR", default=str(BASE_DIR / "var"))).absolute()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)

# --- Database -------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'db.sqlite3'}")}
DATABASE_IS_OURS_ALONE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if DATABASE_IS_OURS_ALONE:
    # WAL without IMMEDIATE is worse than neither: a read that turns into a write fails at once instead of waiting.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Mapped, because what a connection keeps of a database is out of date after each change by another.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=1073741824;",
    }
else:
    # A page must not wait for a server that is away; an address can still ask for more patience.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets --------------------------------------------------------------------------------------

# A database that several machines share needs secrets that they share: then there is no default.
SECRET_KEY = env.str("SECRET_KEY", default="")
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
if DATABASE_IS_OURS_ALONE:
    SECRET_KEY = SECRET_KEY or kept_secret(VAR / "secret-key", lambda: secrets.token_urlsafe(50))
    ENCRYPTION_KEYS = ENCRYPTION_KEYS or [kept_secret(VAR / "encryption-key", lambda: Fernet.generate_key().decode())]
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- The Speech service ---------------------------------------------------------------------------

SPEECH_KEY = env.str("SPEECH_KEY", default="")
SPEECH_REGION = env.str("SPEECH_REGION", default="")
SPEECH_ENDPOINT = env.str("SPEECH_ENDPOINT", default="")
SPEECH_API_VERSION = env.str("SPEECH_API_VERSION", default="v3.2")
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
LOOK_SECONDS = whole("LOOK_SECONDS", 60)
SWEEP_SECONDS = whole("SWEEP_SECONDS", 2)
DOWNLOAD_DAYS = whole("DOWNLOAD_DAYS", 7)
PURPOSE_REQUIRED = env.bool("PURPOSE_REQUIRED", default=False)  # of whoever reads content logs
ENDPOINT_HOURLY_COST = amount("ENDPOINT_HOURLY_COST")
COST_CURRENCY = env.str("COST_CURRENCY", default="USD")

# --- Worker ---------------------------------------------------------------------------------------

BROKER_URL = env.str("BROKER_URL", default="") or f"redis+socket://{broker_socket(VAR)}"
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # or a worker ends when the broker was away for long
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A click must not wait for a broker that is away: the bell is lost, and the next sweep finds the row.
    "max_retries": 0,
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "health_check_interval": 10,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    # A sweep that waited for longer than an interval has been overtaken by the next one.
    "sweep": {
        "task": "endpoints.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    },
    "tidy": {"task": "endpoints.tasks.tidy", "schedule": 3600},
    "sweep-storage": {"task": "endpoints.tasks.sweep_storage", "schedule": crontab(hour="3", minute="17")},
}

# --- Web ------------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

ROOT_URLCONF = "speechstudio.urls"
WSGI_APPLICATION = "speechstudio.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "endpoints",
]
MIDDLEWARE = [
    "endpoints.pages.polls.Polls",
    "endpoints.pages.middleware.CompressedText",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "endpoints.pages.middleware.TimeZoneAndLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "endpoints.pages.middleware.PrivatePages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "endpoints.pages.frame.context",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "endpoints:list"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600

# Mail: nothing is sent without a server.
MAIL = bool(env.str("EMAIL_URL", default=""))
if MAIL:
    globals().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="speech-studio@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "speechstudio.formats"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR / "static"))).absolute()
BUNDLES_DIR = VAR / "bundles"  # what `setup` concatenates
STATICFILES_DIRS = [BASE_DIR / "static", BUNDLES_DIR]
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004"]  # the directory of the bundles does not exist before the first `setup`
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "logs": log_storage(env.str("LOG_STORAGE", default=""), env.str("LOG_STORAGE_OPTIONS", default=""), VAR / "logs"),
    # Compressed, and named after their content so that browsers keep them for ever; `setup` collects them.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"one_line": {"()": "speechstudio.lines.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one_line"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}, "celery.app.trace": {"level": "WARNING"}},
}
