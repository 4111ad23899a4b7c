"""docker-compose.yml and docker-compose.simulator.yml: their services, run as processes without containers."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from celery import current_app
from django.conf import settings

from endpoints import hints
from tests.demo import PLAIN, ROOT, environment, free_port, until
from tests.messages.exposed import promtool
from tests.processes import servers
from tests.processes.installation import (
    ADDED,
    DOCKERFILE,
    FILE,
    OURS,
    SERVICES,
    SIMULATOR,
    TEXT,
    WITH_SIMULATOR,
    filled,
    variables,
)

WORKERS = ("worker", "logs-worker")
NEEDED = {"POSTGRES_PASSWORD": "p", "POSTGRES_APP_PASSWORD": "a", "SECRET_KEY": "s", "ENCRYPTION_KEYS": "e"}
OF_SETUP = ("SETUP_DATABASE_URL", "POSTGRES_PASSWORD")  # what the other services must not know


def names_of(installation, what):
    """Endpoints of the simulated service."""
    address = f"{installation.simulator_url}/speechtotext/v3.2/{what}"
    answer = httpx.get(address, headers={"Ocp-Apim-Subscription-Key": "simulated"}, verify=PLAIN, trust_env=False)
    return [value["displayName"] for value in answer.json()["values"]]


def test_setup_ends_well_and_names_the_resource_that_the_environment_names(set_up):
    assert set_up.setup.returncode == 0, set_up.setup.stderr
    assert f", {set_up.simulator_url}" in set_up.setup.stdout
    assert set_up.setup.stderr == ""


def test_setup_again_changes_nothing(set_up, postgresql):
    asked = "select count(*), min(url) from endpoints_resource"
    before = postgresql.ask("speechstudio", asked)
    assert before == [(1, set_up.simulator_url)]
    assert set_up.run("setup").returncode == 0
    assert postgresql.ask("speechstudio", asked) == before


def test_web_worker_and_beat_become_ready_together(installation, postgresql):
    assert httpx.get(f"{installation.url}/health/ready", verify=PLAIN, trust_env=False).content == b""
    allowed = {"Authorization": f"Bearer {installation.dotenv['METRICS_TOKEN']}"}
    answer = httpx.get(f"{installation.url}/health/ready", headers=allowed, verify=PLAIN, trust_env=False)
    queues = {"celery": True, "sweeps": True, "logs": True}
    parts = {"database": True, "styles": True, "broker": True, "worker": True, "queues": queues, "secrets": True}
    assert answer.json() == {**parts, "storage": answer.json()["storage"]}
    assert answer.json()["storage"] is not False
    swept = "select at from endpoints_sweep"
    before = postgresql.ask("speechstudio", swept)
    until(lambda: postgresql.ask("speechstudio", swept) != before, seconds=60)


def test_metrics_of_the_web_server_have_what_other_processes_have_counted(installation):
    """Requests to the service are sent by workers alone; Prometheus asks by http, and by the name of the service."""
    allowed = {"Authorization": f"Bearer {installation.dotenv['METRICS_TOKEN']}", "Host": "web:8000"}

    def text():
        return httpx.get(f"{installation.url}/metrics", headers=allowed, verify=PLAIN, trust_env=False).text

    until(lambda: re.search(r'speechstudio_api_calls_total\{operation="Endpoints_List".*status="200"\} [1-9]', text()))
    until(lambda: re.search(r'speechstudio_requests_total\{status="200",view="metrics"\} [1-9]', text()))
    for line in ('worker_up{queue="celery"} 1.0', 'worker_up{queue="logs"} 1.0', "broker_up 1.0"):
        assert f"speechstudio_{line}" in text()
    promtool("check", "metrics", text=text())


def test_the_health_check_of_the_file_passes_whatever_the_allowed_hosts_are(installation):
    kind, *command = OURS["web"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert "127.0.0.1" not in installation.dotenv["ALLOWED_HOSTS"]
    checked = installation.run("web", [installation.here(word) for word in command])
    assert checked.returncode == 0, checked.stderr


def test_the_health_check_of_the_file_asks_no_proxy(installation):
    # Docker's client hands its proxies on to containers.
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), f"http://127.0.0.1:{free_port()}")
    command = [installation.here(word) for word in OURS["web"]["healthcheck"]["test"][1:]]
    assert installation.run("web", command, **proxies).returncode == 0


def test_the_health_check_of_the_file_fails_when_nothing_listens(set_up):
    command = [set_up.here(word) for word in OURS["web"]["healthcheck"]["test"][1:]]
    command[-1] = command[-1].replace(str(set_up.port), str(free_port()))
    assert set_up.run("web", command).returncode == 1


def test_models_of_the_service_are_shown(alice, installation):
    names = names_of(installation, "models")
    assert names
    until(lambda: names[0] in alice.get("/models/").text, seconds=60)


def test_what_a_person_deploys_reaches_the_service(alice, installation):
    until(lambda: 'value="project:' in alice.get("/endpoints/new/").text, seconds=60)
    alice.deploy("Support calls")
    until(lambda: "Support calls" in names_of(installation, "endpoints"), seconds=60)


def test_the_simulator_starts_as_the_file_says(set_up, tmp_path):
    program, *options = shlex.split(set_up.here(SIMULATOR["command"], checked=False))
    options[options.index("--port") + 1] = str(free_port())
    options[options.index("--state") + 1] = str(tmp_path / "simulator.json")
    env = set_up.environment("simulator")
    command = [*servers.LEASH, shutil.which(program, path=env["PATH"]), *options]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) as process:
        try:
            assert json.loads(process.stdout.readline())["key"] == set_up.dotenv["SPEECH_KEY"]
        finally:
            servers.end(process)


@pytest.mark.parametrize("service", ["worker", "logs-worker", "beat"])
def test_the_health_check_of_worker_and_beat_passes_while_they_work_and_asks_no_proxy(installation, service):
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), f"http://127.0.0.1:{free_port()}")
    kind, *command = OURS[service]["healthcheck"]["test"]
    assert kind == "CMD"
    alive = Path(installation.environment(service)["ALIVE_FILE"])
    until(alive.exists)
    os.utime(alive, (0, 0))
    until(lambda: installation.run(service, command, **proxies).returncode == 0)


def test_the_health_check_of_worker_and_beat_fails_when_they_do_not_work(set_up):
    alive = Path(set_up.home, "tmp", "alive-of-nobody")
    command = OURS["beat"]["healthcheck"]["test"][1:]
    assert set_up.run("beat", command, ALIVE_FILE=alive).returncode != 0
    alive.touch()
    assert set_up.run("beat", command, ALIVE_FILE=alive).returncode == 0
    os.utime(alive, (0, 0))
    assert set_up.run("beat", command, ALIVE_FILE=alive).returncode != 0


@pytest.mark.parametrize("service", ["web", "worker", "logs-worker", "beat", "simulator"])
def test_a_service_stops_in_its_grace_period_and_leaves_no_process(installation, service):
    everybody = servers.family(installation.running[service])
    said = len(installation.log(service).read_text())
    patience = int(OURS[service].get("stop_grace_period", "10s").removesuffix("s"))
    assert installation.stop(service, patience) in (0, -signal.SIGTERM)
    assert "Traceback" not in installation.log(service).read_text()[said:]
    assert [pid for pid in everybody if servers.alive(pid)] == []


def compose(directory, *files, **variables):
    """Have Compose validate docker-compose.yml, or these files together, with an empty .env."""
    for file in (FILE, WITH_SIMULATOR):
        shutil.copy(file, directory)
    merged = [word for file in files for word in ("-f", file.name)]
    (directory / ".env").touch()
    env = environment(directory, **variables)
    for program in (["docker", "compose"], ["docker-compose"]):
        found = shutil.which(program[0])
        if found and subprocess.run([*program, "version"], env=env, capture_output=True).returncode == 0:
            command = [*program, *merged, "config", "-q"]
            return subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True)
    return pytest.skip("Docker Compose is not installed")


@pytest.mark.parametrize("files", [(), (FILE, WITH_SIMULATOR)], ids=["alone", "with the simulator"])
def test_compose_accepts_the_file_with_the_variables_that_it_needs(tmp_path, files):
    done = compose(tmp_path, *files, **NEEDED)
    assert done.returncode == 0, done.stderr


def test_compose_refuses_the_file_without_them(tmp_path):
    done = compose(tmp_path)
    assert done.returncode != 0
    assert "set it in .env" in done.stderr


def asked_in(text):
    """The names of variables, also those in defaults of others, with the kind of each."""
    for _start, _end, name, kind, rest in variables(text):
        yield name, kind
        yield from asked_in(rest or "")


def test_the_file_asks_for_exactly_the_secrets_and_has_no_default_for_any():
    needed = {name.removesuffix("_FILE") for name, kind in asked_in(TEXT) if kind == "?"}
    assert needed == set(NEEDED)
    for name, value in SERVICES["web"]["environment"].items():
        if any(word in name for word in ("KEY", "PASSWORD", "SECRET")):
            assert filled(value, NEEDED) in ("", *NEEDED.values())
    assert "speechstudio_app:${POSTGRES_APP_PASSWORD" in SERVICES["web"]["environment"]["DATABASE_URL"]


def test_each_service_that_reads_settings_gets_all_of_them():
    for name, service in OURS.items():
        if service is SIMULATOR:
            assert not {"env_file", "environment"} & set(service)
            continue
        assert service["env_file"] == ".env", name
        # What the file itself says must not hide what .env says.
        hidden = {variable for variable, text in service["environment"].items() if f"${{{variable}:" not in text}
        files = {f"{secret}_FILE" for secret in OF_SETUP}
        assert hidden == ({"POSTGRES_PASSWORD", *files} if name == "setup" else {*OF_SETUP, *files})


def test_only_setup_gets_the_password_of_the_owner_of_the_tables(set_up):
    secret = set_up.dotenv["POSTGRES_PASSWORD"]
    assert [name for name in OURS if secret in set_up.environment(name).values()] == []
    knowing = [name for name in OURS if any(secret in value for value in set_up.environment(name).values())]
    assert knowing == ["setup"]


def test_a_server_of_ones_own_without_a_role_for_setup_is_used_by_setup_too():
    text = SERVICES["setup"]["environment"]["SETUP_DATABASE_URL"]
    own = {"DATABASE_URL": "postgres://a:b@c/d"}
    assert filled(text, {**NEEDED, **own}) == own["DATABASE_URL"]
    assert filled(text, {**NEEDED, **own, "SETUP_DATABASE_URL": "its own"}) == "its own"
    assert filled(text, NEEDED) == "postgres://speechstudio:p@postgres:5432/speechstudio"


@pytest.mark.parametrize("variable", ["DATABASE_URL", "BROKER_URL"])
def test_a_server_of_ones_own_comes_before_that_of_the_file(variable):
    text = SERVICES["web"]["environment"][variable]
    assert filled(text, {**NEEDED, variable: "its own"}) == "its own"
    assert filled(text, NEEDED) in (
        "postgres://speechstudio_app:a@postgres:5432/speechstudio",
        "redis://redis:6379/0",
    )


def test_the_installation_runs_with_settings_that_only_dotenv_has(installation, postgresql):
    command = [
        "python",
        "manage.py",
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings as s; print(s.DOWNLOAD_DAYS)",
    ]
    assert "DOWNLOAD_DAYS" not in TEXT
    assert installation.run("web", command).stdout == f"{installation.dotenv['DOWNLOAD_DAYS']}\n"


@pytest.mark.parametrize("service", OURS)
def test_our_services_have_few_privileges(service):
    described = OURS[service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in described["security_opt"]
    assert described.get("user", "10001") not in ("root", "0")
    assert "privileged" not in described


def test_a_worker_of_content_logs_needs_no_other_worker():
    described, other = SERVICES["logs-worker"], SERVICES["worker"]
    assert described["depends_on"] == other["depends_on"]
    assert [name for name, service in SERVICES.items() if "network_mode" in service] == []


def test_each_task_has_a_worker_and_what_takes_long_has_one_of_its_own():
    queues = {name: set(re.search(r"-Q (\S+)", SERVICES[name]["command"])[1].split(",")) for name in WORKERS}
    by_beat = {entry["task"]: entry.get("options", {}).get("queue") for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    names = [name for name in current_app.tasks if name.startswith("endpoints.tasks.")]
    found = {name: by_beat.get(name) or hints.queue_of(name.removeprefix("endpoints.tasks.")) for name in names}
    short, long = ({name for name, queue in found.items() if queue in queues[worker]} for worker in WORKERS)
    quick: tuple[str, ...] = ("step", "mirror", "check_connection", "remove", "seal", "sweep", "alert", "deliver")
    quick += ("move_address", "stand_in", "try_recording", "probe", "forget")
    assert short == {f"endpoints.tasks.{name}" for name in quick}
    assert long == set(names) - short


def test_the_simulator_is_reached_by_the_workers_on_their_loopback_address():
    assert set(ADDED) == {"simulator", "logs-worker"}
    for service in ADDED.values():
        assert service["network_mode"] == "service:worker"
        assert service["depends_on"] == {"worker": {"condition": "service_started", "restart": True}}


def test_only_the_proxy_is_reachable_from_outside():
    assert not any("ports" in service for service in ADDED.values())
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_image_has_no_metadata_of_source_control():
    assert ".git" in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_image_runs_the_web_server_as_an_unprivileged_user():
    instructions = [line.split(" ", 1) for line in DOCKERFILE.splitlines()]
    users = [rest for name, rest in instructions if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert f"-o {users[-1]} /var/lib/speechstudio" in DOCKERFILE
    command = json.loads(next(rest for name, rest in instructions if name == "CMD"))
    assert command[:3] == shlex.split(OURS["web"]["command"])[:3] == ["gunicorn", "--config", "python:speechstudio.web"]
