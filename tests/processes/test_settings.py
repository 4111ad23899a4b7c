"""A wrong setting is one line that names the variable, whichever process reads it; nothing wrong is ignored."""

import re
import subprocess
import sys

import httpx
import pytest
from cryptography.fernet import Fernet

from speechstudio.demo.processes import accepts, web
from tests import prepared
from tests.demo import PLAIN, ROOT, environment, free_port, until
from tests.processes import servers

KEY = Fernet.generate_key().decode()
POSTGRES = "postgres://nobody:secret@127.0.0.1:1/none"
SECRETS = {"SECRET_KEY": "only these tests sign with it", "ENCRYPTION_KEYS": KEY}
START = ["-c", "import speechstudio.start"]  # what web, worker and beat do first
WRONG = [
    # Numbers, booleans, and words from a list
    ({"SWEEP_SECONDS": "soon"}, "SWEEP_SECONDS is not a whole number."),
    ({"LOOK_SECONDS": "1.5"}, "LOOK_SECONDS is not a whole number."),
    ({"LOOK_SECONDS": "60s"}, "LOOK_SECONDS is not a whole number."),
    ({"DOWNLOAD_DAYS": "0"}, "DOWNLOAD_DAYS must be at least 1"),
    ({"SWEEP_SECONDS": "-2"}, "SWEEP_SECONDS must be at least 1"),
    ({"SESSION_HOURS": "0"}, "SESSION_HOURS must be at least 1"),
    ({"SESSION_IDLE_HOURS": "-1"}, "SESSION_IDLE_HOURS must be at least 1"),
    ({"OIDC_SESSION_HOURS": "99999"}, "OIDC_SESSION_HOURS must be at least 1, and at most 8760."),
    ({"HTTPS": "true", "HSTS_SECONDS": "-1"}, "HSTS_SECONDS must be at least 0."),
    ({"HTTPS": "true", "HSTS_PRELOAD": "true"}, "HSTS_PRELOAD is not enough for browsers' lists."),
    ({"HTTPS": "true", "HSTS_PRELOAD": "true", "HSTS_SECONDS": "63072000"}, "HSTS_PRELOAD is not enough"),
    ({"OIDC_ISSUER": "foo", "OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER does not start with https://."),
    ({"OIDC_ISSUER": "https://login.example.com"}, "OIDC_ISSUER is set, but not OIDC_CLIENT_ID."),
    ({"OIDC_CLIENT_ID": "x"}, "OIDC_CLIENT_ID is set, but not OIDC_ISSUER."),
    ({"LOCAL_SIGN_IN": "false"}, "LOCAL_SIGN_IN is false, so nobody could sign in."),
    ({"DOWNLOAD_DAYS": "99999999999"}, "DOWNLOAD_DAYS must be at least 1, and at most 36500."),
    ({"HTTPS": "ja"}, "HTTPS is neither true nor false."),
    ({"PURPOSE_REQUIRED": "tru"}, "PURPOSE_REQUIRED is neither true nor false."),
    ({"DEBUG": "2"}, "DEBUG is neither true nor false."),
    ({"ENDPOINT_HOURLY_COST": "1,29"}, "ENDPOINT_HOURLY_COST is not an amount"),
    ({"ENDPOINT_HOURLY_COST": "-1"}, "ENDPOINT_HOURLY_COST is not an amount"),
    ({"COST_CURRENCY": "Euro"}, "COST_CURRENCY is not a currency."),
    ({"TIME_ZONE": "CEST/Berlin"}, "TIME_ZONE is not the name of a time zone"),
    ({"TIME_ZONE": "Europe"}, "TIME_ZONE is not the name of a time zone"),
    ({"TIME_ZONE": "../etc/passwd"}, "TIME_ZONE is not the name of a time zone"),
    ({"LOG_STORAGE": "gcs"}, "LOG_STORAGE is"),
    ({"LOG_STORAGE": "s3", "LOG_STORAGE_OPTIONS": "bucket"}, "LOG_STORAGE_OPTIONS is not a JSON object"),
    ({"SPEECH_KEY": "k", "SPEECH_REGION": "eastus", "SPEECH_API_VERSION": "v3.1"}, "SPEECH_API_VERSION is not a"),
    ({"EMAIL_FROM": "Speech Studio"}, "EMAIL_FROM is not an e-mail address."),
    ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is none of text, json."),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is none of INFO, DEBUG, WARNING, ERROR."),
    ({"ADMINS": "ops@example.com, ops"}, "ADMINS holds something else than e-mail addresses."),
    # Addresses
    ({"SPEECH_KEY": "k", "SPEECH_REGION": "East US"}, "SPEECH_REGION is not the name of a region."),
    ({"SPEECH_KEY": "k", "SPEECH_ENDPOINT": "contoso.example.com"}, "SPEECH_ENDPOINT does not start with https://"),
    ({"PUBLIC_URL": "speech.example.com"}, "PUBLIC_URL does not start with https://"),
    ({"SITE_URL": "speech.example.com"}, "SITE_URL is not the address of a site."),
    ({"SITE_URL": "https://example.com/speech"}, "SITE_URL is not the address of a site."),
    ({"SITE_URL": "https://user:secret@speech.example.com"}, "SITE_URL is not the address of a site."),
    ({"SITE_URL": "https://speech.example.com:port"}, "SITE_URL is not the address of a site."),
    ({"SITE_URL": "ftp://speech.example.com"}, "SITE_URL is not the address of a site."),
    ({"SITE_URL": "http://speech.example.com", "HTTPS": "true"}, "SITE_URL begins with http://, but HTTPS is true."),
    ({"ALLOWED_HOSTS": "https://speech.example.com"}, "ALLOWED_HOSTS holds something else than host names."),
    ({"ALLOWED_HOSTS": "localhost,speech.example.com:8443"}, "ALLOWED_HOSTS holds something else than host names."),
    ({"CSRF_TRUSTED_ORIGINS": "speech.example.com"}, "CSRF_TRUSTED_ORIGINS holds something else than origins."),
    ({"CSRF_TRUSTED_ORIGINS": "https://speech.example.com/"}, "CSRF_TRUSTED_ORIGINS holds something else than"),
    ({"DATABASE_URL": "mysql://u:p@db/studio"}, "DATABASE_URL does not begin with postgres://"),
    ({"DATABASE_URL": "db.sqlite3"}, "DATABASE_URL does not begin with postgres://"),
    ({"DATABASE_URL": "postgres://u:p@db:port/studio"}, "DATABASE_URL is not a URL with a host"),
    ({"DATABASE_URL": "postgres://u:p@db"}, "DATABASE_URL names no database"),
    ({"DATABASE_URL": "postgres://u:p@/studio"}, "DATABASE_URL names no host"),
    ({"BROKER_URL": "localhost:6379"}, "BROKER_URL does not begin with redis://"),
    ({"BROKER_URL": "http://localhost:6379"}, "BROKER_URL does not begin with redis://"),
    ({"BROKER_URL": "redis://localhost:port/0"}, "BROKER_URL is not a URL with a host"),
    ({"BROKER_URL": "redis://one:6379/0;redis://two:6379/0"}, "BROKER_URL names several servers; give one."),
    (
        {"BROKER_URL": "rediss://localhost:6380/0?ssl_cert_reqs=yes"},
        "BROKER_URL: ssl_cert_reqs is not required, optional",
    ),
    ({"EMAIL_URL": "imap://mail.example.com"}, "EMAIL_URL does not begin with smtp://"),
    ({"EMAIL_URL": "smtp://"}, "EMAIL_URL names no host"),
    ({"SENTRY_DSN": "https://sentry.example.com/1"}, "SENTRY_DSN is not a DSN such as https://KEY@HOST/PROJECT"),
    ({"SENTRY_DSN": "https://key@sentry.example.com"}, "SENTRY_DSN is not a DSN such as https://KEY@HOST/PROJECT"),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is not an address"),
    ({"SCRIPT_NAME": "studio"}, "SCRIPT_NAME is not a path such as /studio."),
    ({"SCRIPT_NAME": "https://example.com/studio"}, "SCRIPT_NAME is not a path such as /studio."),
    ({"OUTBOUND_PROXY": "proxy:3128"}, "OUTBOUND_PROXY does not begin with http://"),
    ({"OUTBOUND_PROXY": "socks5://proxy:1080"}, "OUTBOUND_PROXY does not begin with http://"),
    ({"OUTBOUND_PROXY": "http://proxy:3128/proxy.pac"}, "OUTBOUND_PROXY has a path"),
    ({"CA_FILE": "/etc/none.pem"}, "CA_FILE names a file that can't be read (No such file"),
    ({"CA_FILE": "/dev/null"}, "CA_FILE names a file without"),
    ({"CA_FILE": sys.executable}, "CA_FILE names a file without certificates in PEM"),
    ({"PRIVATE_NETWORKS": "vnet"}, "PRIVATE_NETWORKS holds something else than networks"),
    ({"PRIVATE_NETWORKS": "10.1.0.0/16,0.0.0.0/0"}, "PRIVATE_NETWORKS holds a network that is not a private one: 0."),
    ({"PRIVATE_NETWORKS": "::/0"}, "PRIVATE_NETWORKS holds a network that is not a private one: ::/0."),
    ({"PRIVATE_NETWORKS": "20.50.0.0/16"}, "PRIVATE_NETWORKS holds a network that is not a private one"),
    ({"RETENTION_DAYS": "visits=3"}, "RETENTION_DAYS names visits. It can name events, changes, "),
    ({"RETENTION_DAYS": "events=7"}, "RETENTION_DAYS: events needs a number of days from 30 to 36500, or 0 for ever."),
    ({"RETENTION_DAYS": "drafts=0"}, "RETENTION_DAYS: drafts needs a number of days from 1 to 36500."),
    # Secrets and files
    ({"DATABASE_URL": POSTGRES, "ENCRYPTION_KEYS": KEY}, "SECRET_KEY is not set"),
    ({"ENCRYPTION_KEYS": "too short"}, "ENCRYPTION_KEYS holds a text that is not a key."),
    ({"SPEECH_KEY": "k"}, "SPEECH_KEY is set, but not where its Speech resource is."),
    ({"SPEECH_KEY_FILE": "/run/secrets/none"}, "SPEECH_KEY_FILE names a file that can't be read (No such file"),
    ({"SECRET_KEY_FILE": "/dev"}, "SECRET_KEY_FILE names a file that can't be read (Is a directory)"),
    ({"SECRET_KEY_FILE": "/dev/null"}, "SECRET_KEY_FILE names a file that is empty"),
    ({"SECRET_KEY_FILE": sys.executable}, "SECRET_KEY_FILE names a file that is not text in UTF-8"),
    ({"VAR": "/dev/null/var"}, "VAR=/dev/null/var cannot be written (Not a directory)."),
    ({"VAR": "/dev/null/var", "DATABASE_URL": POSTGRES, **SECRETS}, "VAR=/dev/null/var cannot be written"),
    # Names
    ({"SPEECH_KEYS": "k"}, "SPEECH_KEYS is not a setting of this product. Is SPEECH_KEY meant?"),
    ({"SPEECH_LANGUAGE": "de"}, "SPEECH_LANGUAGE is not a setting of this product."),
]
PERHAPS_WRONG = {
    "PURPOSE_REQIRED": "Is PURPOSE_REQUIRED meant?",
    "TIMEZONE": "Is TIME_ZONE meant?",
    "DATABASE_URI_FILE": "Is DATABASE_URL meant?",
    # Those of other programs
    "BASE_URL": "Is DATABASE_URL meant?",
    "DATABASE_USER": "Is DATABASE_URL meant?",
    "EMAIL_USER": "Is EMAIL_URL meant?",
    "MAIL_FROM": "Is EMAIL_FROM meant?",
    "APP_SECRET_KEY": "Is SECRET_KEY meant?",
    "SECRET_KEY_BASE": "Is SECRET_KEY_FALLBACKS meant?",
    "SCRIPT_FILENAME": "Is SCRIPT_NAME meant?",
    "DATABASE_URL_READONLY": "",
}


def started(var, *command, **env):
    """A process with these settings, which ends by itself if they are wrong."""
    env = environment(var, **env)
    return subprocess.run(
        [sys.executable, *(command or START)], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )


def set_up(var, **env):
    """`setup` of an installation that has been set up before, which takes a tenth of the time."""
    return started(prepared.fill(var), "manage.py", "setup", **env)


@pytest.mark.parametrize(("settings", "line"), WRONG, ids=[" ".join(settings) for settings, _line in WRONG])
def test_a_wrong_setting_ends_the_start_with_one_line_that_names_it(tmp_path, settings, line):
    done = started(tmp_path, **settings)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "demo"],
        ["-m", "celery", "-A", "speechstudio", "worker"],
        ["-m", "celery", "-A", "speechstudio", "beat"],
        ["-m", "gunicorn", "--config", "python:speechstudio.web", "--bind", "127.0.0.1:0"],
    ],
    ids=["check", "demo", "worker", "beat", "web"],
)
def test_each_process_says_it_in_the_same_line(tmp_path, command):
    done = started(tmp_path, *command, HTTPS="ja")
    assert (done.returncode, done.stderr) == (1, "HTTPS is neither true nor false.\n")


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "celery", "-A", "speechstudio", "worker"],
        ["-m", "celery", "-A", "speechstudio", "beat"],
        ["-m", "gunicorn", "--config", "python:speechstudio.web", "--bind", "127.0.0.1:0"],
    ],
    ids=["worker", "beat", "web"],
)
def test_nothing_starts_without_its_secrets(tmp_path, command):
    done = started(tmp_path, *command, DATABASE_URL=POSTGRES)
    assert done.returncode == 1
    assert [line.split(" is ")[0] for line in done.stderr.splitlines()] == ["SECRET_KEY", "ENCRYPTION_KEYS"]
    assert "secret@" not in done.stderr


def test_without_the_encryption_key_it_starts_and_says_so(tmp_path):
    done = started(tmp_path, DATABASE_URL=POSTGRES, SECRET_KEY=SECRETS["SECRET_KEY"])
    assert done.returncode == 0
    assert done.stderr.startswith("ENCRYPTION_KEYS is not set")


def test_what_is_only_doubtful_is_said_and_does_not_stop_the_start(tmp_path):
    done = started(tmp_path, SPEECH_REGION="eastus")
    assert done.returncode == 0
    assert done.stderr.startswith("SPEECH_REGION or SPEECH_ENDPOINT is set, but not SPEECH_KEY")


def test_each_name_that_is_similar_to_ours_is_said_in_one_line_and_does_not_stop_the_start(tmp_path):
    done = started(tmp_path, **dict.fromkeys(PERHAPS_WRONG, "x"))
    assert done.returncode == 0
    said = sorted(done.stderr.splitlines())
    expected = sorted(f"{name} is not a setting of this product. {hint}" for name, hint in PERHAPS_WRONG.items())
    assert [line[: len(begin)] for line, begin in zip(said, expected, strict=True)] == expected


def test_a_command_that_connects_to_the_broker_says_it_once(tmp_path):
    broker = f"redis://127.0.0.1:{free_port()}/0"
    done = set_up(tmp_path, TIMEZONE="Europe/Berlin", BROKER_URL=broker)
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("TIMEZONE is not a setting") == 1


def test_right_settings_are_read_in_silence(tmp_path):
    right = {
        "DATABASE_URL": "postgres://studio:p%23a@ss/w?rd@db:5432/studio?sslmode=require",
        "BROKER_URL": "redis://:p#ss@redis:6379/0",
        "EMAIL_URL": "smtp+tls://studio@example.com:p#ss@mail.example.com:587",
        "EMAIL_FROM": "Speech Studio <speech@example.com>",
        "HTTPS": "Yes",
        "ALLOWED_HOSTS": ".example.com, speech.example.org, 10.0.0.7, [::1]",
        "CSRF_TRUSTED_ORIGINS": "https://speech.example.com, https://*.example.org:8443",
        "TIME_ZONE": "Europe/Berlin",
        "ENDPOINT_HOURLY_COST": "1.29",
        "COST_CURRENCY": "EUR",
        "SPEECH_KEY": "k",
        "SPEECH_REGION": "westeurope",
        "SPEECH_API_VERSION": "2025-10-15",
        "SCRIPT_NAME": "/studio",
        # What Kubernetes adds for services called "speech" and "database-url"
        "SPEECH_SERVICE_HOST": "10.0.0.7",
        "SPEECH_PORT_8000_TCP_ADDR": "10.0.0.7",
        "DATABASE_URL_SERVICE_PORT": "5432",
    }
    done = started(tmp_path, **SECRETS, **right)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("prefix", "first"), [("/speech", "/speech"), ("/speech/a/", "/speech"), ("/stt", "/stt")])
def test_a_path_prefix_that_begins_like_addresses_is_warned_of(tmp_path, prefix, first):
    done = started(tmp_path, SCRIPT_NAME=prefix)
    assert done.returncode == 0
    assert done.stderr.startswith(f"SCRIPT_NAME begins with {first}, as addresses do. Choose another one, such as ")
    assert done.stderr.count("\n") == 1


def test_only_health_checks_below_the_path_prefix_are_answered_without_https(tmp_path):
    code = "from speechstudio.start import settings; print(settings.SECURE_REDIRECT_EXEMPT[0])"
    done = started(tmp_path, "-c", code, HTTPS="true", SCRIPT_NAME="/speech.v1")
    exempt = re.compile(done.stdout.strip())
    assert exempt.search("speech.v1/health/live")
    assert not exempt.search("speech-v1/health/live")
    assert not exempt.search("speech.v1/endpoints/")


@pytest.mark.parametrize(
    ("chosen", "scheme", "header"),
    [
        ({}, "https", "max-age=3600"),
        ({"HSTS_SECONDS": "86400"}, "https", "max-age=86400"),
        ({"HSTS_SECONDS": "63072000"}, "https", "max-age=63072000"),
        ({"HSTS_SECONDS": "63072000", "HSTS_SUBDOMAINS": "true"}, "https", "max-age=63072000; includeSubDomains"),
        (
            {"HSTS_SECONDS": "63072000", "HSTS_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"},
            "https",
            "max-age=63072000; includeSubDomains; preload",
        ),
        ({"HSTS_SECONDS": "0"}, "https", "None"),
        ({"HSTS_SECONDS": "86400"}, "http", "None"),
        ({"HTTPS": "false", "HSTS_SECONDS": "86400", "HSTS_PRELOAD": "true"}, "https", "None"),
        ({"HTTPS": "false", "HSTS_SECONDS": "86400"}, "http", "None"),
        ({"HTTPS": "false", "DEMO": "true", "HSTS_SECONDS": "86400"}, "https", "None"),
    ],
)
def test_browsers_are_bound_to_https_by_steps_and_never_preload_unasked(tmp_path, chosen, scheme, header):
    code = (
        "import django; django.setup()\n"
        "from django.http import HttpResponse\n"
        "from django.test import RequestFactory\n"
        "from django.middleware.security import SecurityMiddleware\n"
        f"request = RequestFactory().get('/', headers={{'X-Forwarded-Proto': '{scheme}', 'Host': 'localhost'}})\n"
        "print(SecurityMiddleware(lambda _: HttpResponse())(request).headers.get('Strict-Transport-Security'))"
    )
    names = {"HTTPS": "true", "DJANGO_SETTINGS_MODULE": "speechstudio.settings", **chosen}
    done = started(tmp_path, "-c", code, **SECRETS, **names)
    assert (done.stdout.strip(), done.stderr) == (header, "")


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("nobody:x@127.0.0.1:{free}", "refused"),
        ("nobody:x@name.invalid", "name.invalid"),
        ("{owner}:x@{here}", "password"),
    ],
    ids=["wrong port", "wrong host", "wrong password"],
)
def test_a_database_that_cannot_be_used_is_one_line(postgresql, tmp_path, there, reason):
    there = there.format(free=free_port(), owner=servers.OWNER, here=f"127.0.0.1:{postgresql.port}")
    done = started(tmp_path, "manage.py", "setup", DATABASE_URL=f"postgres://{there}/postgres", **SECRETS)
    assert done.returncode == 1
    assert re.fullmatch(rf"DATABASE_URL: the database cannot be used: .*{reason}.*\n", done.stderr)


def test_the_log_of_the_web_server_says_why_it_is_not_ready(tmp_path):
    port, address = free_port(), f"postgres://nobody:secret@127.0.0.1:{free_port()}/none"
    env = environment(tmp_path, DATABASE_URL=address, **SECRETS)
    log = tmp_path / "web.log"
    with log.open("wb") as file:
        server = subprocess.Popen([*servers.LEASH, *web(port)], cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        until(lambda: accepts(("127.0.0.1", port)))
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False, verify=PLAIN, timeout=30)
    finally:
        servers.end(server)
    assert answer.status_code == 503
    line = next(line for line in log.read_text().splitlines() if "Not ready" in line)
    assert "WARNING endpoints.pages.health: Not ready: DATABASE_URL: the database cannot be used: connection" in line
    assert "Traceback" not in log.read_text()
    assert "secret" not in log.read_text()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    with servers.redis("redis-server --requirepass r:i/g#h@t --save ''", tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.mark.parametrize(
    ("there", "reason"),
    [("127.0.0.1:{free}", "refused"), ("name.invalid", "not known|resolution"), (":x@{here}", "password|AUTH|invalid")],
    ids=["wrong port", "wrong host", "wrong password"],
)
def test_a_broker_that_cannot_be_used_is_one_line_and_does_not_stop_the_setup(redis, tmp_path, there, reason):
    there = there.format(free=free_port(), here=f"127.0.0.1:{redis.port}")
    done = set_up(tmp_path, BROKER_URL=f"redis://{there}/0")
    assert done.returncode == 0
    assert re.fullmatch(rf"BROKER_URL: the broker cannot be used, .*({reason}).*\n", done.stderr)


def test_a_password_of_the_broker_may_have_special_characters(redis, tmp_path):
    done = set_up(tmp_path, BROKER_URL=f"redis://:r:i/g#h@t@127.0.0.1:{redis.port}/0")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_worker_names_the_setting_of_a_broker_that_does_not_answer(tmp_path):
    env = environment(tmp_path, BROKER_URL=f"redis://127.0.0.1:{free_port()}/0", CELERY_SKIP_CHECKS="true")
    command = [sys.executable, "-m", "celery", "-A", "speechstudio", "worker", "--concurrency", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as worker:
        try:
            line = next(line for line in worker.stderr if "Cannot connect" in line)
        finally:
            servers.end(worker)
    assert "ERROR celery.worker.consumer.consumer: BROKER_URL: consumer: Cannot connect to redis://" in line


def test_static_files_that_cannot_be_written_are_one_line(tmp_path):
    done = set_up(tmp_path, STATIC_ROOT="/dev/null/static")
    assert done.returncode == 1
    assert re.fullmatch(
        r"STATIC_ROOT=/dev/null/static .* can't be written to \(.+\). Check its permissions\.\n",
        done.stderr,
    )
