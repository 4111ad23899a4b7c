"""Mutation testing: small mistakes are put into a module, one at a time, and its tests must fail with each.

    .venv/bin/python -m tests.mutation endpoints/changes/reconcile.py [PATTERN]

It needs mutmut (CONTRIBUTING.md names its version). The working copy stays as it is: all happens in a copy of it.
PATTERN selects mutants by name, for example '*_settle__mutmut_*'.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHANGES = "changes test_audit test_tasks faults/test_listings faults/test_lost_answers faults/test_twice_and_late"
CLIENT = (
    "client/test_client_retries client/test_client_tokens client/test_client_faults client/test_client_responses "
    "client/test_client_versions client/test_client_secrets client/test_client_writing"
)
PURGE = "logs/test_purging logs/test_purge_steps logs/test_traces logs/test_long_lists"
# The tests of each module that run in this process: a simulator of the service, and no browser.
TESTS = {
    "endpoints/changes/reconcile.py": f"{CHANGES} faults/test_endpoint_elsewhere",
    "endpoints/changes/sending.py": f"{CHANGES} faults/test_endpoint_elsewhere",
    "endpoints/changes/work.py": "test_tasks changes/test_deploy faults/test_twice_and_late",
    "endpoints/changes/backoff.py": f"{CHANGES} faults/test_endpoint_elsewhere",
    "endpoints/changes/submit.py": "changes pages/test_bulk faults/test_two_people faults/test_endpoint_elsewhere",
    "endpoints/mirror/endpoints.py": "mirror changes faults/test_endpoint_elsewhere",
    "endpoints/mirror/refresh.py": "mirror",
    "endpoints/mirror/catalog.py": "mirror",
    "endpoints/mirror/open_changes.py": "mirror changes faults/test_endpoint_elsewhere",
    "endpoints/mirror/notifications.py": "mirror/test_web_hooks access",
    "endpoints/mirror/resources.py": "mirror/test_web_hooks test_audit test_gateway",
    "endpoints/access/signature.py": "mirror/test_web_hooks access",
    "endpoints/access/roles.py": "test_permissions",
    "endpoints/azure/sending.py": CLIENT,
    "endpoints/logs/keep/retention.py": "logs/test_keeping logs/test_retention",
    "endpoints/logs/purge/job.py": PURGE,
    "endpoints/logs/purge/local.py": PURGE,
    "endpoints/logs/purge/requests.py": PURGE,
}
COPIED = ["speechstudio", "templates", "static", "locale", "manage.py", "bench", "docs"]
PYTEST = ["-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:playwright", "--reuse-db"]
MEANING = {0: "survived", 1: "killed", 3: "killed", 33: "not reached", None: "not tried"}  # by mutmut's exit code


def main(module: str, pattern: str = "") -> None:
    copy = copy_for(module)
    print(f"{module}: in {copy}", flush=True)
    with open(copy / "mutmut.log", "w") as log:
        subprocess.run(mutmut("run", *filter(None, [pattern])), cwd=copy, stdout=log, stderr=log)
    report(copy)


def copy_for(module: str) -> Path:
    """A copy of the product in which mutmut mutates `module`."""
    copy = Path(tempfile.mkdtemp(prefix="mutation-"))
    left_out = shutil.ignore_patterns(".venv", ".git", "var", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    # mutmut leaves decorated functions alone. Transactions matter only when something is interrupted.
    kept = [line for line in (copy / module).read_text().splitlines() if line.strip() != "@transaction.atomic"]
    (copy / module).write_text("\n".join(kept) + "\n")
    tests = [f"tests/{name}" + ("" if (copy / "tests" / name).is_dir() else ".py") for name in TESTS[module].split()]
    settings = {
        "source_paths": ["endpoints"],
        "only_mutate": [module],
        "also_copy": COPIED,
        "pytest_add_cli_args": PYTEST,
        "pytest_add_cli_args_test_selection": tests,
        "use_setproctitle": False,
        # A mutant may take this many times as long as its tests take without it, and this many seconds more.
        "timeout_multiplier": 3.0,
        "timeout_constant": 20.0,
        "track_dependencies": False,
        "use_git_change_detection": False,
    }
    with open(copy / "pyproject.toml", "a") as project:
        project.write("\n[tool.mutmut]\n")
        project.writelines(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    return copy


def mutmut(command: str, *arguments: str) -> list[str]:
    # As a script, and -P: in the copy `tests` and `endpoints` must be those with the mutants. One mutant at a time,
    # because all of them use the same database.
    jobs = ["--max-children", "1"] if command == "run" else []
    return [sys.executable, "-P", str(ROOT / "tests/mutation.py"), command, *jobs, *arguments]


def report(copy: Path) -> None:
    """Print how many mutants there were, and those that no test has noticed."""
    results: dict[str, int | None] = {}
    for meta in (copy / "mutants").rglob("*.meta"):
        results |= json.loads(meta.read_text())["exit_code_by_key"]
    counts = Counter(MEANING.get(code, "killed by time") for code in results.values())
    print(len(results), "mutants:", ", ".join(f"{count} {what}" for what, count in counts.most_common()))
    for name in (name for name, code in results.items() if code in (0, 33)):
        shown = subprocess.run(mutmut("show", name), cwd=copy, capture_output=True, text=True).stdout.splitlines()
        print(f"\n{name}: {MEANING[results[name]]}", *(line for line in shown if line[:2] in ("- ", "+ ")), sep="\n")


def run_mutmut() -> None:
    """mutmut's own command line with other mutants: also negated conditions and calls that are left out."""
    import libcst
    from mutmut.__main__ import cli

    mutators: Any = import_module("mutmut.mutation.mutators")  # as Any: the list below is called a sequence there

    def negated(node):
        whole = node.test.with_changes(lpar=[libcst.LeftParen()], rpar=[libcst.RightParen()])
        yield node.with_changes(test=libcst.UnaryOperation(libcst.Not(), whole))

    def call_left_out(node):
        if isinstance(node.value, libcst.Call) and getattr(node.value.func, "value", "") != "failpoint":
            yield libcst.Pass()

    def argument_left_out(node):
        for n, argument in enumerate(node.args):
            if argument.keyword or (len(node.args) > 1 and isinstance(node.func, libcst.Attribute)):
                yield node.with_changes(args=[*node.args[:n], *node.args[n + 1 :]])

    # Texts are for people, and a None in place of a value nearly always ends in an exception at once.
    dropped = (mutators.operator_string, mutators.operator_assignment, mutators.operator_arg_removal)
    operators = [pair for pair in mutators.mutation_operators if pair[1] not in dropped]
    operators += [
        (libcst.If, negated),
        (libcst.IfExp, negated),
        (libcst.Expr, call_left_out),
        (libcst.Call, argument_left_out),
    ]
    mutators.mutation_operators[:] = operators
    cli()


if __name__ == "__main__":
    if sys.argv[1:2] in (["run"], ["show"]):
        run_mutmut()
    elif sys.argv[1:2] and sys.argv[1] in TESTS:
        main(*sys.argv[1:3])
    else:
        sys.exit("Name one of these modules:\n" + "\n".join(TESTS))
