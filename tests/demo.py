"""`python3 manage.py demo` as a process of its own, the way a person starts it."""

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
# For HTTP clients of this machine's own servers: to read the certificates of all authorities takes 30 ms each time.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def environment(var, **more):
    """An environment as on a fresh machine: nothing of the tests' own settings."""
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
        self.port, self.simulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.var = Path(var)
        self.env = environment(var, PORT=self.port, SIMULATOR_PORT=self.simulator_port, **env)
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = []

    def wait(self):
        """Until it says that it is ready; fails with what it said when it ends instead."""
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Logs:"):
                return self
        raise AssertionError("".join(self.said))

    @property
    def children(self):
        """Process ids by name, as the operating system sees them."""
        found = {}
        for pid in descendants(self.process.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            except FileNotFoundError:
                continue  # it has just ended
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
            self.said += self.process.stdout.readlines()
        return self.process.returncode


def until(true, seconds=60, every=0.05):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(every)
    return found
