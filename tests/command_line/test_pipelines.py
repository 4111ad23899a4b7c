"""The pipelines of docs/pipelines.md: their steps are run one after the other, as a runner would."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.command_line.conftest import RESOURCE
from tests.demo import ROOT

TEXT = (ROOT / "docs" / "pipelines.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
# What each runner sets by itself.
GIVEN = {
    "GITHUB_REPOSITORY": "contoso/voicemail",
    "GITHUB_SHA": "0f3c",
    "BUILD_BUILDNUMBER": "20261129.1",
    "CI_PIPELINE_ID": "4711",
}


def block(section, kind):
    return re.search(rf"```{kind}\n(.*?)```", SECTIONS[section], re.DOTALL)[1]


def github():
    (job,) = yaml.safe_load(block("GitHub Actions", "yaml"))["jobs"].values()
    return [(step["run"], {**job["env"], **step.get("env", {})}) for step in job["steps"] if "run" in step]


def azure():
    pipeline = yaml.safe_load(block("Azure DevOps", "yaml"))
    return [(step["script"], {**pipeline["variables"], **step.get("env", {})}) for step in pipeline["steps"]]


def gitlab():
    (job,) = yaml.safe_load(block("GitLab", "yaml")).values()
    token = {"SPEECHSTUDIO_TOKEN": "of the project"}  # a variable of the project reaches each job
    return [("\n".join(job["script"]), {**job["variables"], **token})]


def elsewhere():
    return [(block("Elsewhere", "sh"), dict.fromkeys(("SPEECHSTUDIO_URL", "SPEECHSTUDIO_TOKEN"), "there"))]


@pytest.fixture
def run(cli, tmp_path):
    """Runs the steps of a pipeline in one directory, each in a shell that ends with the first error."""
    place = tmp_path / "repository"
    place.mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(shutil.which("python3", path=os.path.dirname(sys.executable)))

    def run(steps, endpoint):
        text = f'version: 1\nendpoints:\n  - name: {endpoint}\n    resource: {RESOURCE}\n    model: "20260915"\n'
        (place / "endpoints.yaml").write_text(text)
        for script, env in steps:
            known = {"SPEECHSTUDIO_URL": cli.url, "SPEECHSTUDIO_TOKEN": cli.token}
            given = {**env, **{name: value for name, value in known.items() if name in env}}
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", script.replace("Voicemail", f'"{endpoint}"')],
                cwd=place,
                env={**given, **GIVEN, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    return run


@pytest.mark.parametrize(
    ("steps", "model", "reason"),
    [
        (github, "20260915", "contoso/voicemail 0f3c"),
        (azure, "20260915", "Build 20261129.1"),
        (gitlab, "20260915", "Pipeline 4711"),
        (elsewhere, "20250915", "Night run"),
    ],
)
def test_a_pipeline_deploys_and_waits(cli, deployed, run, tmp_path, steps, model, reason):
    if steps is elsewhere:  # which begins with the file and another model
        shutil.copy(cli.file, tmp_path / "repository" / "speechstudio.py")
        assert cli("change-model", deployed, "20260915", "--wait", "10m").code == 0
    run(steps(), deployed)
    shown = cli("show", deployed, "--json").json
    assert shown["model"]["name"] == model
    assert shown["open_change"] is None
    assert shown["changes"][0]["reason"] == reason


def test_a_pipeline_deploys_an_endpoint_and_moves_the_address_to_it(cli, deployed, run, address_for, tmp_path):
    shutil.copy(cli.file, tmp_path / "repository" / "speechstudio.py")
    address_for("voicemail", deployed)
    given = dict.fromkeys(("SPEECHSTUDIO_URL", "SPEECHSTUDIO_TOKEN"), "there") | {"MODEL": "20260915"}
    steps = [(block("A new endpoint behind an address", "sh"), given)]
    run(steps, deployed)
    shown = cli("address", "voicemail", "--json").json
    assert shown["endpoint"]["name"] == f"{deployed}-4711"
    assert (shown["changes"][0]["reason"], shown["changes"][0]["requested_by"]) == ("Pipeline 4711", "admin")
    run(steps, deployed)  # the same job again requests nothing more
    assert cli("address", "voicemail", "--json").json == shown


def test_a_secret_of_azure_devops_is_named_by_each_step_that_needs_it():
    for script, env in azure():
        assert ("SPEECHSTUDIO_TOKEN" in env) == ("speechstudio.py plan" in script or "speechstudio.py apply" in script)
