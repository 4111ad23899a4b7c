"""The whole test suite. Arguments go to pytest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

# What a test needs from outside of Python: how to tell that it is there, and Debian's package of it.
OUTSIDE = {
    "Chromium": ("/usr/bin/chromium*", ["chromium-headless-shell", "fonts-liberation"]),
    "Redis": ("redis-server", ["redis-server"]),
    "PostgreSQL": ("/usr/lib/postgresql/*/bin/initdb", ["postgresql"]),
}


class Command(BaseCommand):
    help = "Run the test suite; arguments go to pytest."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("arguments", nargs="*")

    def run_from_argv(self, argv: list[str]) -> None:
        missing = {name: packages for name, (sign, packages) in OUTSIDE.items() if not found(sign)}
        if missing:
            self._install(missing)
        # The tests have settings of their own, and those of this command would go before them.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        # More than a hundred processes import the same modules, which are compiled once only if that may be kept.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        # On all cores, unless a person asks for tests by name; one more, because many tests wait for other processes.
        at_once = str((os.cpu_count() or 1) + 1)
        together = [] if argv[2:] else ["-n", at_once, "--no-loadscope-reorder"]
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *together, *argv[2:]])  # noqa: S606

    def _install(self, missing: dict[str, list[str]]) -> None:
        if os.geteuid() == 0 and shutil.which("apt-get"):
            self.stderr.write(f"Installing {', '.join(missing)}")
            packages = [package for group in missing.values() for package in group]
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
                subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)  # noqa: S603, S607
        for name, (sign, _packages) in OUTSIDE.items():
            if not found(sign):
                self.stderr.write(f"{name} is not installed, so the tests that need it are skipped.")


def found(sign: str) -> bool:
    return any(Path("/").glob(sign[1:])) if sign.startswith("/") else shutil.which(sign) is not None
