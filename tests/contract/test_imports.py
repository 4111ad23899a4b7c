"""The contract imports nothing of the product, the simulator the contract only, and production neither of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

IMPORT_ALL = """
import pkgutil, sys
from importlib import import_module
package = import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
print(*sys.modules)
"""

IMPORT_PRODUCTION = """
import sys
import django
from importlib import import_module
for name in ("speechstudio.celery", "speechstudio.web", "speechstudio.wsgi"):
    import_module(name)
django.setup()
for name in ("speechstudio.urls", "endpoints.tasks", "endpoints.management.commands.setup"):
    import_module(name)
for name in ("endpoints.management.commands.newkey", "endpoints.management.commands.speech_check"):
    import_module(name)
print(*sys.modules)
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    """The names in sys.modules once `code` has run in a fresh interpreter."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def below(package: str, modules: set[str]) -> set[str]:
    return {name for name in modules if name == package or name.startswith(f"{package}.")}


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("endpoints.contract", set()),
        ("endpoints.simulator", {"endpoints.contract"}),
        ("endpoints.azure", set()),
    ],
)
def test_a_package_imports_nothing_else_of_the_product(package: str, allowed: set[str]) -> None:
    modules = modules_after(IMPORT_ALL, package)
    assert below(package, modules) > {package}
    known = set().union(*(below(name, modules) for name in {package, *allowed}))
    assert below("endpoints", modules) - known == {"endpoints"}
    assert not modules & {"django", "celery", "speechstudio"}


def test_the_contract_needs_the_standard_library_only() -> None:
    packages = {name.partition(".")[0] for name in modules_after(IMPORT_ALL, "endpoints.contract")}
    assert not packages & {"starlette", "httpx", "msgspec"}


def test_the_simulator_does_not_use_the_libraries_of_the_client() -> None:
    packages = {name.partition(".")[0] for name in modules_after(IMPORT_ALL, "endpoints.simulator")}
    assert not packages & {"httpx", "azure", "stamina"}


def test_production_loads_neither_the_simulator_nor_the_demo() -> None:
    modules = modules_after(IMPORT_PRODUCTION)
    assert "endpoints.tasks" in modules
    assert "endpoints.speech_check.differences" in modules
    for package in (
        "endpoints.simulator",
        "speechstudio.demo.processes",
        "speechstudio.demo.database",
        "speechstudio.demo",
    ):
        assert not below(package, modules)
