"""The pipelines of docs/pipelines.md: their steps are run one after the other, as a runner would."""

import os
import re
import shutil
import subprocess
import sys
from uuid import uuid4

import pytest
import yaml

from tests.command_line.conftest import RESOURCE
from tests.command_line.test_connection import listed
from tests.demo import ROOT
from tests.receiver import as_json, receiving

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


@pytest.mark.parametrize(("verdict", "fails"), [("custom", False), ("base", True)])
def test_a_pipeline_fails_when_the_base_model_answers(file, tmp_path, verdict, fails):
    shutil.copy(file, tmp_path / "speechstudio.py")
    endpoint = listed(id=str(uuid4()))
    probe = {"verdict": verdict, "verdict_text": "", "checked_at": "2026-11-29T16:00:00Z", "error": ""}
    looks = [True, False]

    def answer(got):
        if got.target.endswith("/who-answers/check"):
            return as_json({**probe, "checking": True}, 202)
        if got.target.endswith("/who-answers"):
            return as_json({**probe, "checking": looks.pop(0)})
        return as_json({"items": [endpoint], "next_cursor": None})

    with receiving(answer) as server:
        env = {"SPEECHSTUDIO_URL": server.url, "SPEECHSTUDIO_TOKEN": "speech_of-nobody", "PATH": os.environ["PATH"]}
        done = subprocess.run(
            ["bash", "-e", "-c", block("Does the custom model answer?", "sh")],
            cwd=tmp_path,
            env={**env, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        asked = [one.target for one in server.got]
    assert (done.returncode == 1, looks) == (fails, []), done
    assert asked[0] == "/api/v1/endpoints?q=Voicemail&limit=200"
    others = [] if fails else ["/api/v1/endpoints?who=base&limit=200", "/api/v1/endpoints?quality=worse&limit=200"]
    assert asked[4:] == others


def test_a_secret_of_azure_devops_is_named_by_each_step_that_needs_it():
    for script, env in azure():
        assert ("SPEECHSTUDIO_TOKEN" in env) == ("speechstudio.py plan" in script or "speechstudio.py apply" in script)
