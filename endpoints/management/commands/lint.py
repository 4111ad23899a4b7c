"""Format, lint, security, spelling, types, templates, migrations, architecture, unused requirements."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

BIN = Path(sys.executable).parent
CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "security": ["bandit", "-q", "-r", "speechstudio", "endpoints", "bench", "manage.py", "-c", "pyproject.toml"],
    "spelling": ["codespell"],
    "types": ["mypy"],
    "templates": ["djlint", "--lint", "templates", "--quiet"],
    "architecture": ["lint-imports"],
    "requirements": ["deptry", "."],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
}


class Command(BaseCommand):
    help = "Check format, lint, security, spelling, types, templates, architecture, requirements, and migrations."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for name, (program, *rest) in CHECKS.items():
            done = subprocess.run([str(BIN / program), *rest], capture_output=True, text=True, check=False)  # noqa: S603 (our own command line)
            self.stdout.write(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}")
            if done.returncode:
                failed.append(name)
                self.stdout.write(done.stdout + done.stderr)
        if failed:
            raise CommandError(f"These checks failed: {', '.join(failed)}", returncode=1)
