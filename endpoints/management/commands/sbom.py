"""Prints a software bill of materials in CycloneDX: what a team's installation is made of, with hashes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

PROGRAM = Path(sys.executable).parent / "cyclonedx-py"


class Command(BaseCommand):
    help = "Print a software bill of materials (CycloneDX, JSON) of what a team's installation is made of."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", default="-", help="the file to write; standard output if it is left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """The same for the same version, so that two can be compared: without the time at which it was made."""
        root = settings.BASE_DIR
        command = [str(PROGRAM), "requirements", str(root / "speechstudio" / "locks" / "production.txt")]
        command += ["--pyproject", str(root / "pyproject.toml"), "--output-reproducible", "-o", options["output"]]
        # It warns that a lock does not say which component needs which.
        quiet = {"PYTHONWARNINGS": "ignore", "PATH": ""}
        done = subprocess.run(command, env=quiet, stdout=None, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own command line)
        if done.returncode:
            raise CommandError(f"cyclonedx-py failed: {done.stderr.strip().splitlines()[-1:]}")
