"""Creates `.venv` from the lock files beside this file, and restarts the command inside it.

Uses the standard library only, because it runs before anything is installed. Errors are one line and exit code 1.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = Path(__file__).resolve().parent / "locks"
MARKER = VENV / ".made-by-manage"
DEVELOPMENT = {"test", "lint", "bench", "screenshots"}
OLDEST = (3, 11)


def enter(argv: list[str]) -> None:
    """Return when this process runs in `.venv`, with the requirements of the command in `argv` installed."""
    prepare("test" if argv[1:2] and argv[1] in DEVELOPMENT else "run")
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, *argv])  # noqa: S606 (our own command line)


def prepare(lock: str = "run") -> None:
    """Create `.venv` and install one of the lock files, unless that was done before."""
    if sys.version_info < OLDEST:
        stop("Python 3.11 or newer is needed; this is {}.{}.".format(*sys.version_info[:2]))
    # Two first starts at once would disturb each other; the kernel releases the lock when a process ends.
    with open(ROOT / "manage.py") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # bin/python is a link, which is broken after the system's Python has been replaced.
        if not (MARKER.exists() and (VENV / "bin" / "python").exists()):
            make()
        install(LOCKS / f"{lock}.txt")


def make() -> None:
    """Create `.venv`, or exit with what is missing."""
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
        stop(f"{VENV} exists and is not a virtual environment; move it away.")
    shutil.rmtree(VENV, ignore_errors=True)
    say("Making .venv")
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)  # noqa: S603 (our own command line)
    if done.returncode:
        # Debian without python3-venv leaves an incomplete environment.
        shutil.rmtree(VENV, ignore_errors=True)
        output = (done.stdout + done.stderr).strip()
        if "ensurepip" in output:
            stop("The Python module venv is missing. On Debian and Ubuntu: apt-get install python3-venv")
        stop("The virtual environment could not be made: " + (output.splitlines() or ["no reason given"])[-1])
    MARKER.touch()


def install(lock: Path) -> None:
    """Install `lock` unless exactly this file was installed before."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f".installed-{lock.stem}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    say(f"Installing speechstudio/locks/{lock.name}")
    python = str(VENV / "bin" / "python")
    uv = shutil.which("uv")
    command = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    command += ["--require-hashes", "--no-deps", "-r", str(lock)]
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if subprocess.run(command, env=quiet, check=False).returncode:  # noqa: S603 (our own command line)
        stop("The requirements could not be installed; the lines above say why. Run the command again to go on.")
    stamp.write_text(digest)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def stop(line: str) -> NoReturn:
    say(line)
    raise SystemExit(1)
