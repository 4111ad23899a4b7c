"""The command line at /cli: one file of Python, made of the modules of endpoints/api/cli.

It is open to everybody, because it says nothing of this installation, and because a pipeline fetches it before it has
touched a token. It needs Python 3.9 and nothing else.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

PARTS = Path(__file__).resolve().parent / "cli"
OURS = "endpoints.api.cli"
# Each after those that it imports.
ORDER = (
    *("outcome", "texts", "settings", "connection", "finding", "waiting"),
    *("recognition", "reading", "requesting", "fetching", "addressing"),
    *("yaml_subset", "desired", "plan", "comparing", "applying", "completion", "arguments", "program"),
)
HEAD = '''#!/usr/bin/env python3
"""The command line of Speech Studio. It needs Python 3.9 or newer and nothing else: python3 speechstudio.py --help"""

from __future__ import annotations

'''
END = """

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


@login_not_required
@require_safe
def cli(request: HttpRequest) -> HttpResponse:
    etag = f'"{sha256()}"'
    if etag in [one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))]:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(program(), content_type="text/x-python; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="speechstudio.py"'
    response.headers["ETag"] = etag
    return response


def sha256() -> str:
    return hashlib.sha256(program()).hexdigest()


@cache
def program() -> bytes:
    """The whole file: the imports of all modules, then their bodies in ORDER."""
    imports: dict[str, set[str]] = {}
    bodies = []
    for name in ORDER:
        text = (PARTS / f"{name}.py").read_text("utf-8")
        bodies.append(_body(text, imports))
    plain = sorted(module for module, names in imports.items() if not names)
    named = sorted((module, names) for module, names in imports.items() if names)
    _refuse_twice(bodies)
    lines = [f"import {module}" for module in plain]
    lines += [f"from {module} import {', '.join(sorted(names))}" for module, names in named]
    return (HEAD + "\n".join(lines) + "\n\n\n" + "\n\n\n".join(bodies) + "\n" + END).encode()


def _body(text: str, imports: dict[str, set[str]]) -> str:
    """A module without its imports, which are added to `imports`, and with its docstring as a comment."""
    tree, lines = ast.parse(text), text.splitlines()
    comment = ["# " + line if line else "#" for line in (ast.get_docstring(tree) or "").splitlines()]
    for node in reversed(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom) or node is tree.body[0]:
            del lines[node.lineno - 1 : node.end_lineno]
    for node in tree.body:
        if isinstance(node, ast.Import):
            imports.update({alias.name: set() for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith((OURS, "__future__")):
            imports.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
    return "\n".join(comment) + "\n\n" + "\n".join(lines).strip("\n")


def _refuse_twice(bodies: list[str]) -> None:
    """In one file, a name of one module would take the place of another's."""
    names = [name for body in bodies for name in _defined(ast.parse(body))]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"More than one module of {OURS} defines {', '.join(twice)}.")


def _defined(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {
                name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
    return found
