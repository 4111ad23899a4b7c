"""deploy/kubernetes and deploy/systemd, read without a cluster and without systemd as the first process."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys

import kubernetes_validate
import pytest
import yaml

import speechstudio
from speechstudio.environment import NAMES
from tests.demo import ROOT, environment
from tests.processes import certificates, servers
from tests.processes.installation import BIN, SERVICES

KUBERNETES, SYSTEMD = ROOT / "deploy" / "kubernetes", ROOT / "deploy" / "systemd"
VERSIONS = ("1.29", "1.33")
DOCUMENTS = [
    document for file in sorted(KUBERNETES.glob("*.yaml")) for document in yaml.safe_load_all(file.read_text())
]
PODS = {one["metadata"]["name"]: one["spec"]["template"] for one in DOCUMENTS if "template" in one.get("spec", {})}
OURS = {name: pod for name, pod in PODS.items() if name != "redis"}
(BACKUP,) = (one["spec"]["jobTemplate"]["spec"]["template"] for one in DOCUMENTS if one["kind"] == "CronJob")
CONFIGURATION = next(one["data"] for one in DOCUMENTS if one["kind"] == "ConfigMap")
UNITS = {path.stem.removeprefix("speechstudio-"): path for path in SYSTEMD.glob("*.service")}


def container_of(pod):
    (container,) = pod["spec"]["containers"]
    return container


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_each_manifest_is_valid(document, version):
    kubernetes_validate.validate(document, version, strict=True)


def test_there_is_what_an_installation_needs():
    assert set(OURS) == {"setup", "web", "worker", "logs-worker", "beat"}
    kinds = [one["kind"] for one in DOCUMENTS]
    assert kinds.count("NetworkPolicy") == 4
    assert kinds.count("Job") == 1


@pytest.mark.parametrize("name", OURS)
def test_pods_run_what_the_containers_of_compose_run(name):
    assert container_of(OURS[name])["args"] == shlex.split(SERVICES[name]["command"])
    assert (BIN / container_of(OURS[name])["args"][0]).exists()
    assert container_of(OURS[name])["image"].endswith(f"/speechstudio:{speechstudio.__version__}")


@pytest.mark.parametrize("name", OURS)
def test_each_setting_of_a_pod_exists_and_each_file_is_mounted(name):
    container = container_of(OURS[name])
    told = CONFIGURATION | {one["name"]: one["value"] for one in container.get("env", [])}
    assert {variable.removesuffix("_FILE") for variable in told} <= NAMES
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    files = {variable: path for variable, path in told.items() if variable.endswith("_FILE")}
    assert files
    for variable, path in files.items():
        folder, _slash, file = path.rpartition("/")
        assert folder in mounted
        assert file == variable.removesuffix("_FILE")


def test_only_setup_gets_the_password_of_the_owner_of_the_tables():
    with_it = {name for name, pod in OURS.items() for one in pod["spec"]["volumes"] if "setup" in str(one)}
    assert with_it == {"setup"}


def test_the_product_starts_with_the_configuration(tmp_path):
    values = {"DATABASE_URL": "postgres://a:b@db/c", "SECRET_KEY": "only these tests", "METRICS_TOKEN": "token"}
    values["ENCRYPTION_KEYS"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    for name, value in values.items():
        (tmp_path / name).write_text(value)
    told = {name: text.replace("/run/secrets/speechstudio", str(tmp_path)) for name, text in CONFIGURATION.items()}
    command = [
        sys.executable,
        "-c",
        "from speechstudio.start import settings as s; print(s.SITE_URL, s.ALLOWED_HOSTS[-1])",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path, **told), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("https://speech.example.com speech.example.com\n", "")


@pytest.mark.parametrize("name", [*PODS, "backup"])
def test_pods_have_few_privileges(name):
    """As the pod security standard `restricted` asks, which the namespace enforces."""
    pod = PODS.get(name, BACKUP)
    spec, container = pod["spec"], container_of(pod)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"requests", "limits"} <= container["resources"].keys()


def test_each_long_running_pod_has_a_probe_and_the_time_to_stop_that_it_takes():
    for name, pod in PODS.items():
        if name == "setup":
            continue
        assert "livenessProbe" in container_of(pod), name
        if name in ("worker", "logs-worker", "beat"):
            command = container_of(pod)["livenessProbe"]["exec"]["command"]
            assert command == SERVICES[name]["healthcheck"]["test"][1:]
        if name != "redis":
            assert pod["spec"]["terminationGracePeriodSeconds"] == 25
    assert container_of(PODS["web"])["readinessProbe"]["httpGet"]["path"] == "/health/live"


def test_the_backup_of_each_night_is_made_by_the_product_with_the_secrets_of_web(tmp_path):
    container, web = container_of(BACKUP), container_of(PODS["web"])
    shell, _option, script = container["args"]
    claims = [one["metadata"]["name"] for one in DOCUMENTS if one["kind"] == "PersistentVolumeClaim"]
    volumes = {one["name"]: one for one in BACKUP["spec"]["volumes"]}
    assert volumes["backups"]["persistentVolumeClaim"]["claimName"] == claims[0]
    assert [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "backups"] == ["/backups"]
    assert (container["image"], container["envFrom"]) == (web["image"], web["envFrom"])
    assert volumes["secrets"] in PODS["web"]["spec"]["volumes"]
    # The script, with a backup that is an empty file.
    (tmp_path / "python").write_text('#!/bin/sh\ntest "$1 $2" = "manage.py backup" && : > "$3"\n')
    (tmp_path / "python").chmod(0o700)
    old = tmp_path / "speech-2026-01-01-021500.backup"
    old.touch()
    os.utime(old, (0, 0))
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run([shell, "-c", script.replace("/backups", str(tmp_path))], env=env, check=True)
    (made,) = tmp_path.glob("speech-*.backup")
    assert made != old


def selected(selector, pods):
    return {name for name, pod in pods.items() if selector.items() <= pod["metadata"]["labels"].items()}


def test_services_policies_and_budgets_select_pods_that_exist():
    found = {}
    for one in DOCUMENTS:
        spec = one.get("spec", {})
        if one["kind"] == "Service":
            found[f"service {one['metadata']['name']}"] = selected(spec["selector"], PODS)
        elif one["kind"] == "NetworkPolicy":
            labels = spec["podSelector"].get("matchLabels", {})
            found[f"policy {one['metadata']['name']}"] = selected(labels, PODS)
    assert found == {
        "service redis": {"redis"},
        "service web": {"web"},
        "policy nobody": set(PODS),
        "policy web": {"web"},
        "policy redis": {"redis"},
        "policy outside": set(OURS),
    }


def test_the_ingress_takes_what_the_product_takes_and_logs_nothing_of_addresses():
    found = {one["metadata"]["name"]: one for one in DOCUMENTS if one["kind"] == "Ingress"}
    proxy = (ROOT / "deploy" / "proxy" / "pages.conf").read_text()
    limit = re.search(r"client_max_body_size (\w+);", proxy)[1]
    of_nginx = "nginx.ingress.kubernetes.io"
    assert found["web"]["metadata"]["annotations"] == {f"{of_nginx}/proxy-body-size": limit}
    assert found["addresses"]["metadata"]["annotations"] == {f"{of_nginx}/enable-access-log": "false"}
    paths = {}
    for name, one in found.items():
        (rule,) = one["spec"]["rules"]
        assert one["spec"]["tls"] == [{"hosts": [rule["host"]], "secretName": "speechstudio-tls"}]
        paths[name] = [path["path"] for path in rule["http"]["paths"]]
        services = {path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
        assert services == {"web"}
    assert paths == {"web": ["/"], "addresses": ["/speech/", "/stt/speech/universal/"]}
    # The same ones of which the proxy writes no lines about errors.
    (quiet,) = re.findall(r"location ~ \(\^\|/\)(\S+) \{\n.*\n  error_log /dev/null", proxy)
    assert all(re.match(quiet, f"{path}hotline".lstrip("/")) for path in paths["addresses"])


def unit(path):
    """A unit of systemd: each name with all of its values."""

    class Values(dict):
        def __setitem__(self, key, value):
            if isinstance(value, list) and key in self:
                value = [*self[key], *value]
            super().__setitem__(key, value)

    class Unit(configparser.RawConfigParser):
        def optionxform(self, name):
            return name

    found = {}
    parser = Unit(dict_type=Values, strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.read_string(path.read_text())
    for section in parser.sections():
        for name, value in parser.items(section):
            found[section, name] = value.splitlines()
    return found


def test_there_is_a_unit_for_each_service():
    assert set(UNITS) == {"setup", "web", "worker", "logs-worker", "beat"}
    wanted = unit(SYSTEMD / "speechstudio.target")["Unit", "Wants"][0].split()
    assert wanted == [f"speechstudio-{name}.service" for name in ("web", "worker", "logs-worker", "beat")]


@pytest.mark.parametrize("name", UNITS)
def test_units_run_what_the_containers_of_compose_run(name):
    found = unit(UNITS[name])
    (command,) = found["Service", "ExecStart"]
    program, *options = shlex.split(command.replace("%%", "%"))
    assert program.startswith("/opt/speechstudio/.venv/bin/")
    there = shlex.split(SERVICES[name]["command"])
    places = {"0.0.0.0:8000": "127.0.0.1:8000", "/tmp/beat": "/var/lib/speechstudio/beat"}  # noqa: S108 (the container's)
    assert [program.rpartition("/")[2], *options] == [places.get(word, word) for word in there]


@pytest.mark.parametrize("name", UNITS)
def test_units_have_few_privileges_and_only_setup_reads_the_owners_password(name):
    found = unit(UNITS[name])
    for what in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "RestrictSUIDSGID"):
        assert found["Service", what] == ["yes"]
    assert found["Service", "ProtectSystem"] == ["strict"]
    assert found["Service", "CapabilityBoundingSet"] in ([], [""])
    assert found["Service", "User"] == ["speechstudio"]
    files = found["Service", "EnvironmentFile"]
    assert files == ["/etc/speechstudio/settings", "-/etc/speechstudio/setup"][: 2 if name == "setup" else 1]


@pytest.mark.parametrize("name", ["worker", "logs-worker"])
def test_units_of_workers_end_in_time(name):
    found = unit(UNITS[name])
    assert "REMAP_SIGTERM=SIGQUIT" in found["Service", "Environment"]
    assert found["Service", "TimeoutStopSec"] == ["25"]
    assert found["Service", "KillMode"] == ["mixed"]  # the processes of the pool are not told: the worker ends them


def test_systemd_accepts_the_units(tmp_path):
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not installed")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for command in ("python", "gunicorn", "celery"):
        (tmp_path / ".venv" / "bin" / command).symlink_to(BIN / command)
    files = [*UNITS.values(), SYSTEMD / "speechstudio.target"]
    for file in files:
        (tmp_path / file.name).write_text(file.read_text().replace("/opt/speechstudio", str(tmp_path)))
    names = [str(tmp_path / file.name) for file in files]
    done = subprocess.run([program, "verify", "--man=no", *names], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "speechstudio" in line]
    assert (done.returncode, said) == (0, [])


def test_nginx_accepts_the_configuration_for_units(tmp_path):
    if not servers.NGINX:
        pytest.skip("nginx is not installed")
    made = certificates.made_in(tmp_path)
    text = (SYSTEMD / "nginx.conf").read_text()
    places = {"/etc/speechstudio/tls.crt": made.certificate, "/etc/speechstudio/tls.key": made.key}
    places["/var/log/nginx/"] = f"{tmp_path}/"
    # `nginx -t` binds the addresses: sockets of this test.
    places |= {"listen 80;": f"listen unix:{tmp_path}/80;", "listen 443 ": f"listen unix:{tmp_path}/443 "}
    for there, here in places.items():
        text = text.replace(there, here)
    (tmp_path / "nginx.conf").write_text(f"{servers.NGINX_HEAD}\n".format(home=tmp_path) + text + "}\n")
    command = [servers.NGINX, "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_log_of_nginx_for_units_leaves_out_what_that_of_the_proxy_leaves_out():
    """tests/processes/test_proxy.py shows what the two lines do."""
    maps = re.compile(r'^  ("~\^.*;)$', re.MULTILINE)
    there = maps.findall((ROOT / "deploy" / "proxy" / "http.conf").read_text())
    assert len(there) == 2
    assert maps.findall((SYSTEMD / "nginx.conf").read_text()) == there


def test_nginx_for_units_passes_on_what_the_proxy_passes_on():
    of_proxy = "".join((ROOT / "deploy" / "proxy" / name).read_text() for name in ("http.conf", "pages.conf"))
    of_units = (SYSTEMD / "nginx.conf").read_text().replace("$speechstudio_socket", "$socket")
    same = {"$client_scheme": "https", "$client_addresses": "$remote_addr", "$id": "$request_id"}
    of_proxy = re.sub("|".join(map(re.escape, same)), lambda found: same[found[0]], of_proxy)
    lines = re.findall(r"^(?:proxy_set_header|map \$http_upgrade|client_max_body_size) [^;]+;", of_proxy, re.MULTILINE)
    assert len(lines) >= 8
    assert [line for line in lines if line not in of_units] == []
