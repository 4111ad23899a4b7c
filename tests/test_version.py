"""The version: in one place, on the pages, in metrics, in the changelog, and in the bill of materials."""

import json
import re
import subprocess
import sys
import tomllib

from packaging.version import Version

import speechstudio
from tests.demo import ROOT, environment

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_the_project_has_the_version_of_the_package():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == speechstudio.__version__


def test_the_newest_heading_of_the_changelog_is_this_version_and_older_ones_follow():
    heads = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    found = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (unreleased|\d{4}-\d\d-\d\d)", head) for head in heads]
    assert None not in found
    versions = [Version(head[1]) for head in found]
    assert versions[0] == Version(speechstudio.__version__)
    assert versions == sorted(set(versions), reverse=True)
    assert "unreleased" not in [head[2] for head in found[1:]]


def test_the_menu_and_the_help_show_it_to_those_who_have_signed_in(bob, client):
    assert f"Version {speechstudio.__version__}" in bob.get("/endpoints/").content.decode()
    assert f"Version {speechstudio.__version__}" in bob.get("/help/").content.decode()
    assert speechstudio.__version__ not in client.get("/sign-in/").content.decode()


def test_metrics_name_it(client, db):
    metrics = client.get("/metrics").content.decode()
    assert f'speechstudio_info{{version="{speechstudio.__version__}"}} 1.0' in metrics


def bill(directory, *arguments):
    code = (
        "from django.core.management import execute_from_command_line as e; import sys; e(['manage.py', *sys.argv[1:]])"
    )
    env = environment(directory, DJANGO_SETTINGS_MODULE="speechstudio.settings")
    command = [sys.executable, "-c", code, "sbom", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def test_the_bill_of_materials_has_each_component_of_an_installation_with_its_hashes(tmp_path):
    done = bill(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["bomFormat"] == "CycloneDX"
    product = found["metadata"]["component"]
    assert (product["name"], product["version"]) == ("speechstudio", speechstudio.__version__)
    lock = (ROOT / "speechstudio" / "locks" / "production.txt").read_text()
    pinned = set(re.findall(r"^([\w.-]+)(?:\[.+?\])?==(\S+)", lock, re.MULTILINE))
    assert {(one["name"], one["version"]) for one in found["components"]} == pinned
    hashes = {entry["content"] for one in found["components"] for entry in one["externalReferences"][0]["hashes"]}
    assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", lock))
    assert bill(tmp_path).stdout == done.stdout


def test_the_bill_of_materials_can_be_written_to_a_file(tmp_path):
    done = bill(tmp_path, "--output", str(tmp_path / "bom.json"))
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((tmp_path / "bom.json").read_text())["components"]
