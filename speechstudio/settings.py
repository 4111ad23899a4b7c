"""Django's settings. They come from the environment; NAME_FILE can name a file with the value of NAME.

The README lists them with their defaults; speechstudio/environment.py reads them and endpoints/checks has their checks.
"""

import re
import secrets
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from cryptography.fernet import Fernet
from kombu import Queue

from speechstudio import __version__, front, tracing
from speechstudio.application_threads import THREADS
from speechstudio.environment import Environment
from speechstudio.log_settings import log_settings
from speechstudio.log_storage import log_storage
from speechstudio.retention import retention_days
from speechstudio.server_urls import collector
from speechstudio.sign_in import sign_in_settings
from speechstudio.site_address import site_settings
from speechstudio.var import broker_socket, keep_private, kept_secret

env = Environment()
VERSION = __version__
BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.str("VAR", default=str(BASE_DIR / "var"))).absolute()

UNKNOWN_SETTINGS = env.unknown()  # endpoints/checks reports them
DEBUG, DEMO = env.bool("DEBUG", default=False), env.bool("DEMO", default=False)

# --- Database -------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", VAR / "db.sqlite3")}
DATABASE_IS_OURS_ALONE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if DATABASE_IS_OURS_ALONE:
    # Without IMMEDIATE, a transaction in WAL mode that begins with a read and then writes can fail instead of waiting.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Memory-mapped, because each write by another process makes the page cache of a connection useless.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=1073741824;",
    }
else:
    # A page must not wait for an unavailable server. DATABASE_URL can set another timeout.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # PgBouncer in transaction mode may run each statement on another connection, which does not have the cursor.
    DATABASES["default"].setdefault("DISABLE_SERVER_SIDE_CURSORS", True)
keep_private(VAR, Path(DATABASES["default"]["NAME"]) if DATABASE_IS_OURS_ALONE else None)
# For setup, and for commands that erase: the role that owns the tables. Empty when DATABASE_URL names it.
SETUP_DATABASE = env.owner_of(DATABASES["default"], "SETUP_DATABASE_URL")
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets --------------------------------------------------------------------------------------

# Machines that share a database must share the secrets too, so there is no default for them.
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
SPEECH_API_VERSION = env.str("SPEECH_API_VERSION", default="")

# --- Connections to the outside; endpoints/azure/network.py has the rules ---------------------------

OUTBOUND_PROXY = env.proxy("OUTBOUND_PROXY")
NO_PROXY = env.list("NO_PROXY", default=[])
CA_FILE = env.authorities("CA_FILE")
PRIVATE_NETWORKS = env.private_networks("PRIVATE_NETWORKS")
if DEMO or SPEECH_ENDPOINT.startswith("http://"):  # a simulator on this machine; nothing else may be http://
    PRIVATE_NETWORKS += ("127.0.0.0/8", "::1/128")
NETWORK: dict[str, Any] = {
    "proxy": OUTBOUND_PROXY,
    "no_proxy": tuple(NO_PROXY),
    "ca_file": CA_FILE,
    "private_networks": PRIVATE_NETWORKS,
}
# Forms ask the same rules for an address that somebody types. By name, so that pages do not import the client.
NETWORK_RULES = "endpoints.azure.network.Network"

# --- Web hooks, intervals, costs --------------------------------------------------------------------

SCRIPT_NAME = env.path_prefix("SCRIPT_NAME")
SITE_URL, PUBLIC_URL, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS = site_settings(env, SCRIPT_NAME)
LOOK_SECONDS, SWEEP_SECONDS = env.int("LOOK_SECONDS", default=60), env.int("SWEEP_SECONDS", default=2)
DOWNLOAD_DAYS, RETENTION_DAYS = env.int("DOWNLOAD_DAYS", default=7), retention_days(env.pairs("RETENTION_DAYS"))
DOWNLOADS_PER_PERSON = env.int("DOWNLOADS_PER_PERSON", default=5)
ZIPS_PER_PERSON = env.int("ZIPS_PER_PERSON", default=20)
PURPOSE_REQUIRED = env.bool("PURPOSE_REQUIRED", default=False)  # for reading content logs
ENDPOINT_HOURLY_COST = env.amount("ENDPOINT_HOURLY_COST")
COST_CURRENCY = env.str("COST_CURRENCY", default="USD")

# --- Worker ---------------------------------------------------------------------------------------

BROKER_URL = env.broker("BROKER_URL") or f"redis+socket://{broker_socket(VAR)}"
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # otherwise a worker ends after a long outage of the broker
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # otherwise a worker ends when its Redis becomes a replica, as in a failover
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A page must not wait for an unavailable broker: the message is lost, and the next sweep finds the row.
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
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 15
ALIVE_FILE = env.str("ALIVE_FILE", default="")  # worker and beat touch it
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker takes all queues unless its option -Q names some. What takes long has workers of its own, so nothing waits.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("sweeps"), Queue("logs")]
_LONG = ("fetch", "collect", "purge", "tidy", "sweep_storage", "try_storage", "verify_activity")
CELERY_TASK_ROUTES = {f"endpoints.tasks.{name}": {"queue": "logs"} for name in _LONG}
CELERY_BEAT_SCHEDULER = "speechstudio.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    # What names a queue is held back while nobody receives from it, so that none pile up; the others are routed.
    "sweep": {"task": "endpoints.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"queue": "sweeps"}},
    "alert": {"task": "endpoints.tasks.alert", "schedule": 30, "options": {"queue": "sweeps"}},
    "stand-in": {"task": "endpoints.tasks.stand_in", "schedule": 30, "options": {"queue": "sweeps"}},
    "forget": {"task": "endpoints.tasks.forget", "schedule": 60, "options": {"queue": "sweeps"}},
    "seal": {"task": "endpoints.tasks.seal", "schedule": 60, "options": {"queue": "sweeps"}},
    "tidy": {"task": "endpoints.tasks.tidy", "schedule": 3600},
    "try-storage": {"task": "endpoints.tasks.try_storage", "schedule": 300},
    "verify-activity": {"task": "endpoints.tasks.verify_activity", "schedule": crontab(hour="4", minute="47")},
    "sweep-storage": {"task": "endpoints.tasks.sweep_storage", "schedule": crontab(hour="3", minute="17")},
}

# --- Web ------------------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^" + re.escape(f"{SCRIPT_NAME}/".lstrip("/")) + "(health/|metrics$)"]
    # Browsers keep to it for so long, also when HTTPS no longer works: it is raised by steps.
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
if SCRIPT_NAME:
    FORCE_SCRIPT_NAME = SCRIPT_NAME  # also for addresses that a worker makes
    # Other names than those of another program at the root of the same host: browsers send both.
    _cookie = ("__Secure-{}" if HTTPS else "{}") + SCRIPT_NAME.replace("/", "-")
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = _cookie.format("session"), _cookie.format("csrf")
elif HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"  # browsers demand the path /
# Django's default is a cookie of its own, whose name and path are fixed.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{SCRIPT_NAME}/"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "endpoints.pages.errors.refused_form"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = front.CONTENT_SECURITY_POLICY

ROOT_URLCONF = "speechstudio.urls"
WSGI_APPLICATION = "speechstudio.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
    "endpoints",
]
MIDDLEWARE = [
    "endpoints.pages.request_lines.RequestLines",
    "endpoints.pages.durations.Durations",
    "endpoints.pages.polls.few_headers",
    "django.middleware.security.SecurityMiddleware",  # before all that answers, whose answers need its headers too
    "endpoints.pages.crafted.CraftedRequests",
    "endpoints.pages.polls.Polls",
    "endpoints.pages.middleware.CompressedText",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "endpoints.pages.health.HealthChecks",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "endpoints.pages.refused_bodies.RefusedBodies",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "endpoints.pages.sessions.SessionLimits",
    "endpoints.pages.second_factor.SecondFactorFirst",
    "endpoints.pages.sign_in_closed.SignInClosed",
    "endpoints.pages.middleware.CleanAddresses",
    "endpoints.pages.middleware.TimeZoneAndLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "endpoints.pages.middleware.PrivatePages",
    "endpoints.pages.directions.VisibleDirections",
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
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
# Whoever has the token, or an address in one of the networks, may see metrics and the details of health checks.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS") + (front.LOOPBACK if DEMO else ())
SESSION_HOURS = env.int("SESSION_HOURS", default=7 * 24)
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_ROLES = env.pairs("OIDC_ROLES")
OIDC_SESSION_HOURS = env.int("OIDC_SESSION_HOURS", default=8)
LOCAL_SIGN_IN = env.bool("LOCAL_SIGN_IN", default=True)
OIDC_SECOND_FACTOR = env.pairs("OIDC_SECOND_FACTOR")
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=False)
EVERYONE_SECOND_FACTOR = env.bool("EVERYONE_SECOND_FACTOR", default=False)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)  # of a token
ADDRESS_REQUESTS_PER_MINUTE = env.int("ADDRESS_REQUESTS_PER_MINUTE", default=600)  # of a client, for each address
# A recording that is uploaded is never a file on the disk. Of a larger request Django throws the files away.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2304 * 1024  # bytes of the request: a minute of speech, and the form
WAITING_REQUESTS = THREADS // 4  # how many a web process holds until a change moves
BREAK_GLASS_ACCOUNT = env.str("BREAK_GLASS_ACCOUNT", default="")
globals().update(sign_in_settings(env, demo=DEMO, https=HTTPS))

# No mail is sent without EMAIL_URL.
MAIL = bool(mail_server := env.email("EMAIL_URL"))
globals().update(mail_server)
if mail_server.get("EMAIL_BACKEND") == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "endpoints.messages.smtp.Mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="speech-studio@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "speechstudio.formats"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")

STATIC_URL = f"{SCRIPT_NAME}/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR / "static"))).absolute()
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site needs our files
BUNDLES_DIR = VAR / "bundles"  # `setup` writes the concatenated files here
STATICFILES_DIRS = [BASE_DIR / "static", BUNDLES_DIR]
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004"]  # the directory of the bundles does not exist before the first `setup`
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "logs": log_storage(
        env.str("LOG_STORAGE", default=""), env.str("LOG_STORAGE_OPTIONS", default=""), VAR / "logs", NETWORK
    ),
    "staticfiles": {"BACKEND": "speechstudio.static_storage.StaticFiles"},  # `setup` collects them
}

# Logs, and who is told of errors.
globals().update(log_settings(env, VAR, demo=DEMO))
OTEL_EXPORTER_OTLP_ENDPOINT = collector("OTEL_EXPORTER_OTLP_ENDPOINT", env.text("OTEL_EXPORTER_OTLP_ENDPOINT"))
TRACES = bool(OTEL_EXPORTER_OTLP_ENDPOINT) and tracing.installed()
if TRACES:
    MIDDLEWARE.insert(MIDDLEWARE.index("endpoints.pages.polls.Polls") + 1, "speechstudio.tracing.RequestSpans")
SERVER_EMAIL, EMAIL_SUBJECT_PREFIX = DEFAULT_FROM_EMAIL, "[Speech Studio] "
