"""Edits that break an import contract, each of which fails the lint."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CODE = shutil.ignore_patterns("__pycache__", "*.mo", "*.po")
ORDER, PAGES, CLIENT = (
    "The order of the rooms",
    "A page never calls the service, by no path",
    "The client knows nothing of us",
)
MODELS, SIMULATOR = "Models know no other room", "The simulator knows the contract and nothing else of us"

# The file, the line that is added to it, and the contract that it breaks.
EDITS = {
    "a page that lists endpoints through the gateway": (
        "endpoints/pages/activity/listing.py",
        "from endpoints.gateway import clients",
        PAGES,
    ),
    "a page that imports the fetching of logs": (
        "endpoints/pages/activity/listing.py",
        "from endpoints.logs.fetch import run",
        PAGES,
    ),
    "a page that imports a task": ("endpoints/pages/activity/listing.py", "from endpoints import tasks", PAGES),
    "an operation that reaches the client through the gateway": (
        "endpoints/api/routes/models.py",
        "from endpoints.gateway import clients",
        "The API never calls the service, by no path",
    ),
    "a page that imports an operation of the API": (
        "endpoints/pages/activity/listing.py",
        "from endpoints.api import rows",
        ORDER,
    ),
    "a page that reaches the client through a verb that people's requests share": (
        "endpoints/changes/submit.py",
        "from endpoints.mirror import endpoints",
        PAGES,
    ),
    "a client that imports its neighbor": ("endpoints/azure/client.py", "from endpoints import hints", CLIENT),
    "models that import their neighbor": ("endpoints/models/change.py", "from endpoints import audit", MODELS),
    "a simulator that imports the client": (
        "endpoints/simulator/app.py",
        "from endpoints.azure import errors",
        SIMULATOR,
    ),
    "a simulator that imports a verb": ("endpoints/simulator/app.py", "from endpoints.access import roles", SIMULATOR),
    "a module without a place": ("endpoints/anywhere.py", "", ORDER),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the code that a test can edit."""
    copy = tmp_path_factory.mktemp("tree")
    for room in ("endpoints", "speechstudio"):
        shutil.copytree(ROOT / room, copy / room, ignore=CODE)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint(tree, *command):
    return subprocess.run([BIN / command[0], *command[1:]], cwd=tree, capture_output=True, text=True)


@pytest.mark.parametrize("edit", EDITS)
def test_the_import_contracts_refuse(tree, edit):
    name, line, rule = EDITS[edit]
    file = tree / name
    before = file.read_text() if file.exists() else None
    file.write_text(f"{line}\n{before or ''}".replace("from __future__ import annotations\n", ""))
    try:
        done = lint(tree, "lint-imports", "--no-cache")
    finally:
        file.unlink() if before is None else file.write_text(before)
    assert done.returncode == 1, done.stdout
    assert f"{rule} BROKEN" in done.stdout


@pytest.mark.parametrize(
    "room", ["changes/submit", "mirror/endpoints", "gateway/clients", "audit/__init__", "access/roles"]
)
def test_a_verb_that_reads_the_settings_is_refused(tree, room):
    file = tree / "endpoints" / f"{room}.py"
    before = file.read_text()
    file.write_text(f"{before}\n\nfrom django.conf import settings\n\nprint(settings.DEBUG)\n")
    try:
        done = lint(tree, "ruff", "check", "--select", "TID251", "--no-cache", str(file))
    finally:
        file.write_text(before)
    assert done.returncode == 1
    assert "TID251" in done.stdout
