"""docker-compose.yml, Dockerfile and .dockerignore, read without an engine."""

import re
import subprocess
import sys

import pytest
import yaml
from django.conf import settings

from speechstudio.environment import NAMES
from tests.demo import ROOT, environment
from tests.processes.installation import (
    ADDED,
    DOCKERFILE,
    IMAGE,
    OURS,
    SERVICES,
    SIMULATOR,
    TEXT,
    filled,
)
from tests.processes.test_compose import NEEDED

SECRETS = yaml.safe_load(TEXT)["secrets"]
LONGEST = 25  # seconds in which each service has to stop
# Words in the names of settings whose values may contain a password or key.
SECRET = re.compile("KEY|SECRET|TOKEN|OPTIONS|OUTBOUND_PROXY|(DATABASE|BROKER|CACHE|EMAIL)_URL")


def test_one_service_builds_the_image_and_all_others_use_it():
    assert [name for name, service in {**SERVICES, **ADDED}.items() if "build" in service] == ["setup"]
    assert SIMULATOR["image"] == IMAGE
    assert set(OURS) == {"setup", "web", "worker", "logs-worker", "beat", "simulator"}


def test_each_long_running_service_has_a_health_check():
    assert [name for name, one in SERVICES.items() if "healthcheck" not in one] == ["setup"]


def test_the_lines_of_each_container_are_kept_within_bounds():
    for name, service in SERVICES.items():
        assert service["logging"] == {"driver": "local", "options": {"max-size": "20m", "max-file": "5"}}, name


def test_each_service_has_the_time_to_stop_that_it_takes():
    for name in ("web", "worker", "logs-worker"):
        grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
        assert settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 5 <= grace <= LONGEST
    code = "from speechstudio import web; print(web.graceful_timeout)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) + 5 <= int(SERVICES["web"]["stop_grace_period"].removesuffix("s"))


def secrets_of(name):
    return set(SERVICES[name].get("secrets", []))


@pytest.mark.parametrize("service", [name for name in OURS if name not in ("simulator", "setup")])
def test_each_setting_with_a_secret_can_be_a_file_of_the_machine(service):
    told = SERVICES[service]["environment"]
    for name in sorted(NAMES):
        if not SECRET.search(name) or name == "SETUP_DATABASE_URL":
            continue
        assert filled(told[f"{name}_FILE"], {f"{name}_FILE": "./secrets/x"}) == f"/run/secrets/{name}"
        assert filled(told[f"{name}_FILE"], NEEDED) == ""
        assert name in secrets_of(service)
        assert filled(SECRETS[name]["file"], {f"{name}_FILE": "./secrets/x"}) == "./secrets/x"
        assert filled(SECRETS[name]["file"], NEEDED) == "/dev/null"


def test_only_setup_and_postgres_can_read_the_secrets_of_the_owner_of_the_tables():
    readers = {name for name in SERVICES if secrets_of(name) & {"SETUP_DATABASE_URL", "POSTGRES_PASSWORD"}}
    assert readers == {"setup", "postgres"}
    assert secrets_of("setup") == secrets_of("web") | {"SETUP_DATABASE_URL"}
    assert set(SECRETS) == secrets_of("setup") | secrets_of("postgres")


def test_a_file_with_the_address_of_the_database_is_for_setup_too_unless_it_has_its_own():
    told = SERVICES["setup"]["environment"]["SETUP_DATABASE_URL_FILE"]
    both = {"DATABASE_URL_FILE": "./app", "SETUP_DATABASE_URL_FILE": "./owner"}
    assert filled(told, both) == "/run/secrets/SETUP_DATABASE_URL"
    assert filled(SECRETS["SETUP_DATABASE_URL"]["file"], both) == "./owner"
    assert filled(SECRETS["SETUP_DATABASE_URL"]["file"], {"DATABASE_URL_FILE": "./app"}) == "./app"
    assert filled(told, NEEDED) == ""


def test_with_files_alone_nothing_is_asked_for_and_the_product_starts(tmp_path):
    names = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "POSTGRES_PASSWORD")
    given = {f"{name}_FILE": str(tmp_path / name) for name in names}
    (tmp_path / "SECRET_KEY").write_text("only these tests sign with it")
    (tmp_path / "ENCRYPTION_KEYS").write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    (tmp_path / "DATABASE_URL").write_text("postgres://speechstudio:x@postgres/speechstudio")
    env = {name: filled(text, given) for name, text in SERVICES["web"]["environment"].items()}
    env = {name: text.replace("/run/secrets", str(tmp_path)) for name, text in env.items()}
    code = "from speechstudio.start import settings as s; print(s.SECRET_KEY, s.DATABASES['default']['HOST'])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path, **env), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("only these tests sign with it postgres\n", "")


@pytest.mark.parametrize(
    ("given", "https"), [({}, "off"), ({"TLS": "on"}, "on"), ({"TLS": "before", "HTTPS": "true"}, "true")]
)
def test_https_follows_the_tls_of_the_proxy(given, https):
    assert filled(SERVICES["web"]["environment"]["HTTPS"], given) == https


def test_the_proxy_alone_has_ports_and_as_few_privileges_as_the_others():
    proxy = SERVICES["proxy"]
    assert (proxy["read_only"], proxy["cap_drop"], proxy["user"]) == (True, ["ALL"], "101:101")
    assert [filled(port, {}) for port in proxy["ports"]] == ["8000:8080", "8443:8443"]
    assert "env_file" not in proxy  # it knows no secret
    assert "secrets" not in proxy


def test_the_file_says_how_to_build_again():
    assert "docker compose up -d --build" in TEXT
    assert "docker compose up -d --build" in (ROOT / "README.md").read_text()


def test_the_image_is_readable_by_its_user_whatever_the_umask_of_who_builds_it():
    copies = [line for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    assert copies
    assert [line for line in copies if not line.startswith("COPY --chmod=")] == []


def test_secrets_and_certificates_are_neither_in_the_image_nor_in_the_repository():
    for file in (".dockerignore", ".gitignore"):
        ignored = {line.rstrip("/") for line in (ROOT / file).read_text().splitlines()}
        assert {".env", "secrets", "certificates"} <= ignored, file


def test_styles_that_the_image_has_collected_are_not_collected_again(tmp_path):
    """As in a container, whose VAR is another than when the image was built, and where STATIC_ROOT can't be written."""
    collected = tmp_path / "collected"
    assert "python manage.py collect_styles" in DOCKERFILE
    for var in ("build", "container"):
        env = environment(tmp_path / var, STATIC_ROOT=collected, DJANGO_SETTINGS_MODULE="speechstudio.settings")
        code = "from django.core.management import execute_from_command_line as e; e(['manage.py', 'collect_styles'])"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        if var == "build":
            times = {path: path.stat().st_mtime_ns for path in collected.rglob("*")}
    assert len(times) > 100
    assert {path: path.stat().st_mtime_ns for path in collected.rglob("*")} == times
