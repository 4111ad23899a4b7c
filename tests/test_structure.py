"""The structure of the code: imports between rooms, names of files, length of files."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
OURS = [
    path
    for room in ("endpoints", "speechstudio", "bench", "tests")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
]


def imported(path):
    """The modules that a file imports, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_import_contracts_hold():
    done = subprocess.run([BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("verb", ["changes/*.py", "mirror/*.py", "logs/**/*.py", "gateway/*.py"])
def test_the_verbs_read_no_settings(verb):
    rooms = list((ROOT / "endpoints").glob(verb))
    assert rooms
    assert not [path for path in rooms if "django.conf" in set(imported(path))]


def test_httpx_is_used_by_the_client_alone():
    users = {path.parent.name for path in (ROOT / "endpoints").rglob("*.py") if "httpx" in set(imported(path))}
    # Other uses: the recorder of the service check, and the name of a type.
    assert users == {"azure", "speech_check", "gateway"}


def test_the_web_server_does_not_load_the_client():
    code = "import django, sys; django.setup(); import speechstudio.urls; sys.exit('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["services", "selectors", "utils", "helpers", "constants", "mixins", "core"])
def test_no_file_is_named_after_a_layer(name):
    assert not [path for path in OURS if path.stem == name or path.parent.name == name]


def test_the_top_level_of_the_app_has_few_rooms():
    djangos = {"__init__", "apps", "urls", "management", "migrations", "templatetags", "__pycache__"}
    rooms = {path.stem for path in (ROOT / "endpoints").iterdir() if path.is_dir() or path.suffix == ".py"} - djangos
    assert len(rooms - {"models"}) <= 21, sorted(rooms)


def test_no_module_is_too_long():
    product = [path for path in OURS if path.relative_to(ROOT).parts[0] in ("endpoints", "speechstudio")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in product}
    assert {name: count for name, count in lines.items() if count > 300} == {}


def test_no_template_is_too_long():
    for path in (ROOT / "templates").rglob("*.html"):
        assert len(path.read_text().splitlines()) <= 100, path


SILENCED = re.compile(r"# (noqa\b|type: ignore\b|nosec\b)")
WITH_REASON = re.compile(r"# (noqa: [A-Z0-9, ]+ (\(|- )|type: ignore\[[a-z,-]+\]  # |nosec B[0-9, B]+  # )\w")


def without_reason(text):
    """The comments of a module that silence a check, a named one or all, and do not say why."""
    comments = (
        token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT
    )
    return [comment for comment in comments if SILENCED.search(comment) and not WITH_REASON.search(comment)]


@pytest.mark.parametrize(
    "comment",
    [
        *("noqa", "noqa: S608", "noqa (so)", "type: ignore", "type: ignore[misc]", "type: ignore  # so"),
        *("nosec", "nosec B703", "nosec  # so"),
    ],
)
def test_a_check_that_is_silenced_without_a_name_or_a_reason_is_found(comment):
    assert without_reason(f"x = 1  # {comment}\n")


def test_each_silenced_check_says_why():
    assert len(OURS) > 100
    silenced = {str(path.relative_to(ROOT)): without_reason(path.read_text()) for path in OURS}
    assert {name: comments for name, comments in silenced.items() if comments} == {}


def test_each_check_has_an_id_of_its_own():
    sources = [*(ROOT / "endpoints").rglob("*.py"), *(ROOT / "speechstudio").rglob("*.py")]
    found = [number for file in sources for number in re.findall(r"endpoints\.([EW]\d{3})\b", file.read_text("utf-8"))]
    assert found
    assert {number for number in found if found.count(number) > 1} == set()
