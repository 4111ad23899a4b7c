"""docs/attacks.md has each group of attacks, and names only tests that exist."""

import ast
import re

import pytest

from tests.demo import ROOT

SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", (ROOT / "docs" / "attacks.md").read_text(), re.M | re.S))
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
GROUPS = (
    *(
        "Access",
        "Addresses",
        "Other sites",
        "Scripts",
        "Injection",
        "Addresses and files",
        "Sign-in",
        "Web hooks",
        "Overload",
    ),
    *("Data", "Supply", "Encoding"),
)


def names_in(path):
    found = ast.walk(ast.parse(path.read_text())) if path.exists() else ()
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_the_table_has_each_group():
    assert tuple(SECTIONS) == GROUPS


@pytest.mark.parametrize("group", GROUPS)
def test_each_attack_of_a_group_is_shown_by_tests_that_exist(group):
    rows = [line for line in SECTIONS[group].splitlines() if line.startswith("| ") and "| --- |" not in line][1:]
    assert len(rows) >= 3
    assert [row for row in rows if not NAMED.search(row)] == []
    named = NAMED.findall(SECTIONS[group])
    assert [(file, name) for file, name in named if name not in names_in(ROOT / "tests" / file)] == []


def test_each_test_of_attacks_is_in_the_table():
    named = set(NAMED.findall("".join(SECTIONS.values())))
    for path in (ROOT / "tests" / "attacks").glob("test_*.py"):
        ours = {(f"attacks/{path.name}", name) for name in names_in(path)}
        if path.name != "test_table.py":
            assert ours - named <= {(path_, name) for path_, name in ours if name.endswith("_is_found")}
