"""The documentation names only tests and imports that exist."""

import ast
import re
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
FAULTS = (ROOT / "docs" / "faults.md").read_text()
PICTURE = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs" / "architecture.md").read_text(), re.DOTALL)[1]
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def names_in(path):
    """The names of the tests that a file defines."""
    found = ast.walk(ast.parse(path.read_text())) if path.exists() else ()
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_the_table_of_faults_names_exists():
    named = NAMED.findall(FAULTS)
    assert len(named) > 100
    missing = [f"{file}::{name}" for file, name in named if name not in names_in(ROOT / "tests" / file)]
    assert missing == []


def test_every_row_of_the_table_of_faults_names_a_test():
    rows = [line for line in FAULTS.splitlines() if line.startswith("| ") and line.count(" | ") == 2]
    heads = [row for row in rows if row.startswith(("| What happens", "| ---"))]
    assert [row for row in rows if row not in heads and not NAMED.search(row)] == []
    assert len(rows) - len(heads) > 50


@pytest.mark.parametrize("folder", ["faults", "crashes"])
def test_every_test_of_faults_is_in_the_table(folder):
    named = set(NAMED.findall(FAULTS))
    for path in (ROOT / "tests" / folder).glob("test_*.py"):
        assert {(f"{folder}/{path.name}", name) for name in names_in(path)} <= named


@pytest.fixture(scope="module")
def imports():
    """Which room of endpoints/ imports which, as pairs."""
    graph = grimp.build_graph("endpoints", cache_dir=None)
    pairs = set()
    for module in graph.modules - {"endpoints"}:
        for imported in graph.find_modules_directly_imported_by(module) - {"endpoints"}:
            pairs.add((module.split(".")[1], imported.split(".")[1]))
    return {(one, other) for one, other in pairs if one != other and one in rooms()}


def rooms():
    """The modules and packages that lie directly in endpoints/."""
    found = {
        path.stem for path in (ROOT / "endpoints").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return found - {"__init__", "migrations"}


def layers_in_picture():
    groups = re.findall(r"subgraph [^\n]*\n(.*?)\n *end\n", PICTURE, re.DOTALL)
    return [set(group.split()) for group in groups]


def test_the_picture_of_the_architecture_shows_each_room_once():
    shown = [room for layer in layers_in_picture() for room in layer]
    assert sorted(shown) == sorted(rooms())


def test_the_picture_of_the_architecture_has_the_layers_that_are_enforced():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["type"] == "layers"]
    assert layers_in_picture() == [set(re.split(r" *[|:] *", layer)) for layer in contract["layers"]]


def test_each_arrow_of_the_picture_is_an_import(imports):
    arrows = set(re.findall(r"(\w+) --> (\w+)", PICTURE))
    assert len(arrows) > 20
    assert arrows - imports == set()


def test_each_import_between_rooms_follows_from_the_arrows_of_the_picture(imports):
    below = {}
    for one, other in re.findall(r"(\w+) --> (\w+)", PICTURE):
        below.setdefault(one, set()).add(other)

    def reached(room):
        return below.get(room, set()).union(*(reached(other) for other in below.get(room, ())))

    assert {(one, other) for one, other in imports if other not in reached(one)} == set()


def test_the_architecture_says_of_each_room_what_it_contains():
    table = re.findall(r"^\| (`[^|]*`) \| ", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(table))) == sorted(rooms())
