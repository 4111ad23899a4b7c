"""Creates `.venv` from the lock files beside this file, and restarts the command inside it.

As a program it installs what a team's machine needs: `python3 speechstudio/bootstrap.py`.

Uses the standard library only, because it runs before anything is installed. Errors are one line and exit code 1, also
on systems that the requirements have no packages for, and for Pythons as old as 3.6.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = Path(__file__).resolve().parent / "locks"
MARKER = VENV / ".made-by-manage"
DEVELOPMENT = {"test", "lint", "bench", "screenshots", "sbom"}
CONTAINS = {"production": ("run", "test"), "run": ("test",), "test": ()}  # the locks that have all of another, and more
OLDEST, NEWEST = (3, 11), (3, 14)
PROCESSORS = {"Linux": ("x86_64", "aarch64", "arm64"), "Darwin": ("arm64",)}


def enter(argv: "list[str]") -> None:
    """Return when this process runs in `.venv`, with the requirements of the command in `argv` installed."""
    prepare(lock_of(argv[1] if argv[1:2] else ""))
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, *argv])  # noqa: S606 (our own command line)


def lock_of(command: str) -> str:
    """The lock that a command needs: a machine that `setup` was run on first gets nothing that only the demo needs."""
    if command in DEVELOPMENT:
        return "test"
    team = (VENV / ".installed-production").exists() and command != "demo"
    return "production" if team or command == "setup" else "run"


def unsupported() -> str:
    """Why the product can't run here, in one line; "" where it can."""
    system, processor = platform.system(), platform.machine()
    if system == "Windows" or system.startswith(("CYGWIN", "MSYS", "MINGW")):
        return "Speech Studio runs on Linux and macOS. On Windows, run this command in WSL (wsl --install)."
    if sys.version_info < OLDEST:
        return "Python 3.11 or newer is needed; this is {}.{}.".format(*sys.version_info[:2])
    if system not in PROCESSORS:
        return f"Speech Studio runs on Linux and macOS; this is {system}."
    if system == "Darwin" and processor not in PROCESSORS[system]:
        return "On a Mac, Speech Studio needs Apple silicon, and a Python for it (arm64); this is x86_64."
    if processor not in PROCESSORS[system] or sys.maxsize < 2**32:
        return f"On Linux, Speech Studio needs a 64-bit Python for x86-64 or arm64; this is one for {processor}."
    if system == "Linux" and not has_glibc():
        return (
            "Speech Studio needs a Linux with glibc, such as Debian, Ubuntu or Fedora; this one has musl, like Alpine."
        )
    return ""


def has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, OSError, ValueError):
        return False


def prepare(lock: str = "run") -> None:
    """Create `.venv` and install one of the lock files, unless that was done before."""
    reason = unsupported()
    if reason:
        stop(reason)
    import fcntl  # here, because Windows has none

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
    """Install `lock` unless exactly this file, or one that contains it, was installed before."""
    if any(installed(lock.with_name(f"{name}.txt")) for name in (lock.stem, *CONTAINS[lock.stem])):
        return
    say(f"Installing speechstudio/locks/{lock.name}")
    python = str(VENV / "bin" / "python")
    uv = shutil.which("uv")
    command = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    command += ["--require-hashes", "--no-deps", "-r", str(lock)]
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if subprocess.run(command, env=quiet, check=False).returncode:  # noqa: S603 (our own command line)
        newer = sys.version_info[:2] > NEWEST
        tested = "Python {}.{} is newer than those that are tested. ".format(*sys.version_info[:2]) if newer else ""
        stop(
            f"The requirements could not be installed; the lines above say why. {tested}Run the command again to go on."
        )
    stamp(lock).write_text(digest(lock))


def installed(lock: Path) -> bool:
    return lock.exists() and stamp(lock).exists() and stamp(lock).read_text() == digest(lock)


def stamp(lock: Path) -> Path:
    """The file that says which version of a lock was installed."""
    return VENV / f".installed-{lock.stem}"


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def stop(line: str) -> NoReturn:
    say(line)
    raise SystemExit(1)


if __name__ == "__main__":
    prepare("production")
