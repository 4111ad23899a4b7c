"""The whole test suite. Arguments go to pytest."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

# What a test needs from outside of Python: how to tell that it is there, and Debian's packages of it.
OUTSIDE = {
    "Chromium": ("/usr/bin/chromium*", ["chromium-headless-shell", "fonts-liberation"]),
    "Redis": ("redis-server", ["redis-server"]),
    "PostgreSQL": ("/usr/lib/postgresql/*/bin/initdb", ["postgresql"]),
    "PgBouncer": ("/usr/sbin/pgbouncer", ["pgbouncer"]),
    "nginx": ("/usr/sbin/nginx", ["nginx"]),
    "Prometheus": ("promtool", ["prometheus"]),
}
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
SIGNALS = {*STOPS, signal.SIGCHLD}
GRACE_SECONDS = 20  # for pytest to end what its fixtures have started, after an interruption
# Of prctl(2) and sigaction(2).
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, SI_KERNEL = 1, 36, 128


class Command(BaseCommand):
    help = "Run the test suite; arguments go to pytest. --long adds the tests that take too long for every run."
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
        named = [argument for argument in argv[2:] if argument != "--long"]
        together = [] if named else ["-n", at_once, "--no-loadscope-reorder"]
        command = [sys.executable, "-m", "pytest", *together, *argv[2:]]
        if sys.platform != "linux":
            os.execv(sys.executable, command)  # noqa: S606 (our own command line)
        raise SystemExit(supervised(command))

    def _install(self, missing: dict[str, list[str]]) -> None:
        if os.geteuid() == 0 and shutil.which("apt-get"):
            packages = [package for group in missing.values() for package in group]
            self.stderr.write(f"Installing by apt-get, for {', '.join(missing)}: {' '.join(packages)}")
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
                subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)  # noqa: S603, S607 (apt-get of the machine)
        for name, (sign, _packages) in OUTSIDE.items():
            if not found(sign):
                self.stderr.write(f"{name} is not installed, so the tests that need it are skipped.")


def found(sign: str) -> bool:
    return any(Path("/").glob(sign[1:])) if sign.startswith("/") else shutil.which(sign) is not None


def supervised(command: list[str]) -> int:
    """Run `command` and return its exit code; nothing that it has started is left afterwards, however it ended.

    An interruption reaches it as Ctrl-C, so that fixtures can end what they have started; what is left then is
    killed. Processes outlive their parents in process groups and sessions of their own, so they are found by
    prctl(2)'s PR_SET_CHILD_SUBREAPER: whoever loses its parent becomes a child of this process. Linux only.
    """
    libc = ctypes.CDLL(None)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = subprocess.Popen(command, preexec_fn=prepare)  # noqa: S603, PLW1509 (there are no threads)
    try:
        return await_end(child)
    finally:
        kill_descendants()


def await_end(child: "subprocess.Popen[bytes]") -> int:
    """The exit code of `child`, or 128 + the signal's number. A second interruption does not wait for fixtures."""
    interrupted, until = 0, 0.0
    while True:
        left = max(until - time.monotonic(), 0)
        got = signal.sigtimedwait(SIGNALS, left) if interrupted else signal.sigwaitinfo(SIGNALS)
        reap(child)
        if child.returncode is not None:
            return 128 + interrupted if interrupted else child.returncode
        if got is not None and got.si_signo in STOPS and not interrupted:
            interrupted, until = got.si_signo, time.monotonic() + GRACE_SECONDS
            # A terminal has sent Ctrl-C to its whole process group already.
            if got.si_code != SI_KERNEL:
                child.send_signal(signal.SIGINT)
        elif interrupted and (got is None or got.si_signo in STOPS):
            child.kill()
            return 128 + interrupted


def reap(child: "subprocess.Popen[bytes]") -> None:
    """Collect the exit codes of all processes that have ended, those of others' children too."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child.pid:
                child.returncode = os.waitstatus_to_exitcode(ended[1])


def kill_descendants() -> None:
    """Kill the children of this process until there are none: whoever dies leaves its own children to us."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in children(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses may hold anything; after it come the state and the parent.
            if path.read_text().rpartition(") ")[2].split()[1] == str(parent):
                found.append(int(path.parent.name))
    return found
