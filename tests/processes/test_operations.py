"""docs/operations.md, followed word for word as far as no container engine is needed."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from django.core.management import get_commands

from endpoints.models.connection import CLOUDS
from speechstudio.environment import NAMES, Environment
from tests.demo import ROOT, environment
from tests.processes.installation import SERVICES, TEXT, filled
from tests.processes.test_manifests import DOCUMENTS, KUBERNETES, PODS
from tests.test_env_example import all_variables

DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"^## ([^\n]+)|^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
OF_COMPOSE = {name for _start, _end, name, _kind, _rest in all_variables(TEXT)}
SECRETS = {
    "SECRET_KEY": "only these tests sign with it",
    "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "POSTGRES_PASSWORD": "p",
    "POSTGRES_APP_PASSWORD": "a",
}


def blocks(language):
    """The blocks in a language, each with the heading that it stands under."""
    heading = ""
    for title, kind, text in BLOCKS:
        heading = title or heading
        if kind == language:
            yield heading, text


def commands():
    """Each command of the document as words, whether in a block or in a sentence."""
    texts = [text for _heading, text in blocks("sh")] + re.findall(r"`([^`\n]+ [^`]+)`", DOCUMENT.replace("```", ""))
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            try:
                yield shlex.split(line)
            except ValueError:  # a value, not a command
                continue


def dotenv(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def test_each_command_of_the_product_exists():
    asked = [words[words.index("manage.py") + 1] for words in commands() if "manage.py" in words]
    assert len(asked) >= 5
    assert {*asked} <= {*get_commands()} | {"createsuperuser", "check"}


def test_each_service_that_a_command_names_exists():
    found = set()
    for words in commands():
        if words[:2] != ["docker", "compose"]:
            continue
        verb = next(word for word in words[2:] if not word.startswith("-"))
        names = [word for word in words[words.index(verb) + 1 :] if not word.startswith("-")]
        if verb in ("exec", "run"):
            names = names[:1]
        found |= {word for word in names if "=" not in word}
        if "--scale" in words:
            found |= {words[words.index("--scale") + 1].partition("=")[0]}
    assert {"web", "worker", "logs-worker", "beat", "proxy", "setup", "redis"} == found


def test_each_setting_that_it_names_exists():
    named = set(re.findall(r"`([A-Z][A-Z_]+[A-Z])`", DOCUMENT))
    named |= {name for _heading, text in blocks("env") for name in dotenv(text)}
    assert len(named) > 30
    assert {name for name in named if name.removesuffix("_FILE") not in NAMES} - OF_COMPOSE == set()


@pytest.mark.parametrize(("heading", "text"), list(blocks("env")))
def test_the_product_starts_with_each_block_of_settings(tmp_path, heading, text):
    given = {**SECRETS, **dotenv(text)}
    for name in [name for name in given if name.endswith("_FILE")]:
        plain = name.removesuffix("_FILE")
        (tmp_path / plain).write_text(SECRETS.get(plain, "secret"))
    told = given
    if heading != "Without containers":  # whose units pass the file on as it is
        told = given | {name: filled(value, given) for name, value in SERVICES["web"]["environment"].items()}
    told = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in told.items()}
    if told["ENCRYPTION_KEYS"] == "...":
        told["ENCRYPTION_KEYS"] = SECRETS["ENCRYPTION_KEYS"]
    assert Environment(told).unknown() == {}
    command = [sys.executable, "-c", "import speechstudio.start"]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path, **told), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_secrets_that_the_first_command_makes_are_accepted(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    start = next(text for heading, text in blocks("sh") if heading == "Start")
    made = re.search(r"printf .*?> \.env\n", start, re.DOTALL)[0]
    assert made.replace("\\\n  ", "\\\n      ").strip() in (ROOT / "README.md").read_text()
    subprocess.run(["sh", "-c", f"umask 077; {made}"], cwd=tmp_path, check=True)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    given = dotenv((tmp_path / ".env").read_text())
    assert given.keys() == SECRETS.keys()
    told = {name: filled(value, given) for name, value in SERVICES["web"]["environment"].items()}
    command = [sys.executable, "-c", "from speechstudio.start import settings as s; print(len(s.ENCRYPTION_KEYS))"]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path, **told), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_each_file_that_it_names_exists():
    named = set(re.findall(r"(?<![\w/])(?:deploy|docs|speechstudio)/[\w./-]*[\w*]", DOCUMENT))
    assert len(named) > 7
    assert [name for name in named if not list(ROOT.glob(name))] == []
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", DOCUMENT)
    assert [name for name in linked if not (ROOT / "docs" / name).resolve().exists()] == []


def test_the_hosts_that_a_proxy_has_to_allow_are_in_the_readme():
    networks = (ROOT / "README.md").read_text().partition("### Networks\n")[2].partition("\n## ")[0]
    endings = tuple(re.findall(r"`(\.[\w.]+)`", networks))
    for cloud in CLOUDS:
        hosts = (cloud.management, cloud.recognition, cloud.custom_domain, *cloud.blobs)
        if cloud.name == "public":
            assert [host for host in hosts if f"`*.{host}`" not in networks] == []
        assert [host for host in hosts if cloud.name != "public" and not host.endswith(endings)] == []


def test_each_heading_that_it_links_to_exists():
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", DOCUMENT, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", DOCUMENT)) <= headings


def test_each_manifest_is_applied_and_each_secret_is_made_with_its_keys():
    applied = {word for words in commands() for word in words if word.startswith("deploy/kubernetes/")}
    assert applied == {f"deploy/kubernetes/{file.name}" for file in KUBERNETES.glob("*.yaml")}
    made = {}
    for words in commands():
        if {"create", "secret", "generic"} <= {*words}:
            keys = re.findall(r"--from-literal=(\w+)=", " ".join(words))
            made[words[words.index("generic") + 1]] = set(keys)
    used = {
        volume["secret"]["secretName"]
        for pod in PODS.values()
        for volume in pod["spec"].get("volumes", [])
        if "secret" in volume
    }
    assert set(made) == used
    configuration = next(one["data"] for one in DOCUMENTS if one["kind"] == "ConfigMap")
    files = {path.rpartition("/")[2] for name, path in configuration.items() if name.endswith("_FILE")}
    assert made["speechstudio"] == files
    assert made["speechstudio-setup"] == {"SETUP_DATABASE_URL"}


def test_each_unit_that_it_names_exists():
    named = set(re.findall(r"\bspeechstudio[\w-]*\.(?:service|target)\b", DOCUMENT))
    assert named
    assert [name for name in named if not (ROOT / "deploy" / "systemd" / name).exists()] == []


@pytest.mark.django_db
def test_each_metric_and_address_that_it_names_exists(client):
    metrics = client.get("/metrics").content.decode()
    named = set(re.findall(r"`(speechstudio_\w+)`", DOCUMENT))
    assert len(named) > 5
    assert [name for name in named if f"# TYPE {name} " not in metrics] == []
    for address in re.findall(r"^\| `(/\S+)` \|", DOCUMENT, re.MULTILINE):
        assert client.get(address).status_code in (200, 503)
    (config,) = blocks("yaml")
    assert yaml.safe_load(config[1])["scrape_configs"][0]["authorization"]["credentials"]


def test_words_of_pages_that_it_quotes_are_on_pages():
    quoted = re.findall(r'^\| "([^"]+)"', DOCUMENT, re.MULTILINE)
    places = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "endpoints").rglob("*.py")]
    places += (ROOT / "deploy" / "proxy").glob("*.conf")
    texts = " ".join(" ".join(place.read_text().split()) for place in places)
    assert len(quoted) >= 3
    assert [words for words in quoted if words not in texts] == []
