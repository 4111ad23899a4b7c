"""The file that /cli serves: one for all Pythons, of the standard library alone, and the one that the papers name."""

import argparse
import ast
import hashlib
import os
import re
import subprocess
import sys

import pytest

from endpoints.api import command_line
from endpoints.api.cli.arguments import parser_of
from tests.demo import ROOT

PAPERS = [ROOT / "docs" / name for name in ("command-line.md", "pipelines.md")]
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


def test_it_is_one_program_of_the_standard_library():
    tree = ast.parse(command_line.program(), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_every_module_is_in_it():
    modules = {path.stem for path in command_line.PARTS.glob("*.py")} - {"__init__"}
    assert modules == set(command_line.ORDER)


def test_two_modules_cannot_define_the_same_name():
    command_line._refuse_twice(["def a(): b = 1", "b = 1"])
    with pytest.raises(ValueError, match="defines b"):
        command_line._refuse_twice(["b: int = 1", "class b: pass"])


def test_the_papers_name_its_sha_256():
    """UPDATE_CLI=1 writes it."""
    now = hashlib.sha256(command_line.program()).hexdigest()
    if os.environ.get("UPDATE_CLI"):
        for paper in PAPERS:
            paper.write_text(SHA256.sub(now, paper.read_text()))
    assert [set(SHA256.findall(paper.read_text())) for paper in PAPERS] == [{now}, {now}]


def test_who_has_it_already_gets_it_once(client):
    first = client.get("/cli")
    assert first.status_code == 200
    assert hashlib.sha256(first.content).hexdigest() == first.headers["ETag"].strip('"')
    assert client.get("/cli", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.post("/cli").status_code == 405


def test_the_page_about_it_names_each_command_and_option():
    paper = PAPERS[0].read_text()
    commands, options = set(), set()
    parsers = [parser_of("speechstudio")]
    while parsers:
        for action in parsers.pop()._actions:
            if isinstance(action, argparse._SubParsersAction):
                commands |= set(action.choices)
                parsers += action.choices.values()
            elif action.help != argparse.SUPPRESS:
                options |= {name for name in action.option_strings if name.startswith("--")}
    assert {name for name in commands if f"`{name}" not in paper and f" {name}" not in paper} == set()
    assert {name for name in options - {"--help"} if name not in paper} == set()


def script_for(shell):
    command = [sys.executable, "-I", "-", "completion", shell]
    return subprocess.run(command, input=command_line.program(), capture_output=True, check=True).stdout.decode()


def complete(words):
    """What bash offers for the last of these words."""
    ask = f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; _speechstudio"
    done = subprocess.run(
        ["bash", "--norc", "-c", f'{script_for("bash")}\n{ask}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["speechstudio", "ch"], ["change-model"]),
        (["speechstudio", "change-model", "Voicemail", "--w"], ["--wait"]),
        (["speechstudio", "--json", "logs", ""], ["-h", "--help", "download"]),
        (["speechstudio", "logs", "download", "Voicemail", "--pur"], ["--purpose"]),
        (["speechstudio", "list", "--expiring", "3"], ["30", "365"]),
        (["speechstudio", "completion", "b"], ["bash"]),
    ],
)
def test_bash_completes_commands_options_and_choices(words, offered):
    assert complete(words) == offered


def test_the_completion_of_zsh_is_a_script_of_zsh():
    assert script_for("zsh").startswith("#compdef speechstudio speechstudio.py\nautoload -U +X bashcompinit")
