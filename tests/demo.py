"""Starts `python3 manage.py demo` in a process of its own."""

import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

from bench.product import descendants
from speechstudio.demo.processes import free_port

CHECKED = "tests.contract.checked"  # the simulator, with a check of all traffic against the contract
ROOT = Path(__file__).resolve().parent.parent
# For HTTP clients of servers on this machine: loading all certificate authorities would take 30 ms each time.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def environment(var, **more):
    """An environment without the settings of the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "SIMULATOR_MODULE": CHECKED,
        "HOME": str(var),
        "VAR": str(var),
        **{name: str(value) for name, value in more.items()},
    }


class Demo:
    def __init__(self, var, *options, **env):
        self.port, self.simulator_port = env.pop("port", None) or free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.var = Path(var)
        self.env = environment(var, PORT=self.port, SIMULATOR_PORT=self.simulator_port, **env)
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = []

    def wait(self):
        """Wait until it is ready; fails with its output if it ends before."""
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith("Logs:"):
                return self
        raise AssertionError("".join(self.output))

    @property
    def children(self):
        """Ids of its child processes by name."""
        found = {}
        for pid in descendants(self.process.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            except FileNotFoundError:
                continue  # the process has just ended
            command = command.replace(CHECKED, "endpoints.simulator")
            for name in ("endpoints.simulator", "celery", "gunicorn", "valkey-server"):
                if name in command:
                    found.setdefault(name, []).append(pid)
        return found

    def signal(self, name, number):
        for pid in self.children[name]:
            os.kill(pid, number)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        with self.process:
            self.output += self.process.stdout.readlines()
        return self.process.returncode


def until(true, seconds=60, every=0.05):
    """Wait until `true()` is true; returns its value, and fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(every)
    return found
