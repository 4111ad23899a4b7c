"""`python3 manage.py test`: which tests it skips, what it prints, and that it leaves no process."""

import os
import re
import signal
import subprocess
import sys

import pytest

from bench.product import began, command_line
from tests.demo import ROOT, until
from tests.processes import servers


class Run:
    """The command in its own process group, as a terminal starts it, with one worker of pytest-xdist."""

    def __init__(self, home, test):
        self.ready, self.output = home / "ready", home / "output"
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        options = ["--basetemp", home / "base", "-p", "no:cacheprovider", "-n", "1", "--max-worker-restart", "0"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "test", *options, f"tests/processes/endless.py::{test}"],
                cwd=ROOT,
                env={**env, "READY": str(self.ready)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def until_ready(self):
        """Returns the processes that it consists of: the kernel gives an id again, but not one with the same begin."""
        until(lambda: self.process.poll() is not None or self.ready.exists())
        assert self.process.poll() is None, self.output.read_text()
        return {pid: began(pid) for pid in servers.family(self.process)}


@pytest.fixture
def start(tmp_path):
    runs = []

    def start(test):
        runs.append(Run(tmp_path, test))
        return runs[-1]

    yield start
    for run in runs:
        servers.kill(servers.family(run.process))
        run.process.wait()


def kill_a_worker(run, commands):
    """The process in which pytest-xdist runs the tests, not pytest itself."""
    worker = next(pid for pid, command in commands.items() if "sys.stdin.readline" in command)
    os.kill(worker, signal.SIGKILL)


def press_ctrl_c(run, commands):
    os.killpg(run.process.pid, signal.SIGINT)


def terminate(run, commands):
    run.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("test", "interrupt", "code"),
    [
        ("test_servers_without_end", press_ctrl_c, 128 + signal.SIGINT),
        ("test_servers_without_end", terminate, 128 + signal.SIGTERM),
        ("test_a_demo_and_a_browser_without_end", kill_a_worker, pytest.ExitCode.TESTS_FAILED),
    ],
)
def test_a_run_that_is_interrupted_leaves_no_process_behind(start, test, interrupt, code):
    run = start(test)
    family = run.until_ready()
    commands = {pid: command_line(pid) for pid in family}
    interrupt(run, commands)
    assert run.process.wait(60) == code, run.output.read_text()
    assert {pid: commands[pid] for pid, born in family.items() if servers.alive(pid) and began(pid) == born} == {}


def asked(*arguments, path):
    """The output of the command with this PATH."""
    env = {**os.environ, "PATH": str(path)}
    command = [sys.executable, "manage.py", "test", "-n", "0", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs anything")
def test_it_says_what_it_installs_before_it_does_and_at_its_end_what_was_skipped_and_why(tmp_path):
    (tmp_path / "apt-get").write_text('#!/bin/sh\necho "apt-get $*" >&2\n')
    (tmp_path / "apt-get").chmod(0o755)
    said = asked("tests/faults/test_real_workers.py", path=tmp_path)
    line = next(line for line in said if line.startswith("Installing by apt-get, for "))
    assert line.endswith("redis-server") or " redis-server " in line
    update, install = said[said.index(line) + 1 :][:2]
    assert update == "apt-get -qq update"
    assert install == "apt-get -qq install -y --no-install-recommends " + line.partition(": ")[2]
    assert "Redis is not installed, so the tests that need it are skipped." in said
    assert re.fullmatch(r"SKIPPED \[\d+\] tests/faults/test_real_workers.py:\d+: Redis is not installed", said[-2])
    assert re.fullmatch(r"\d+ skipped in .*", said[-1])


def test_what_takes_too_long_for_every_run_is_included_by_an_option():
    file = "tests/crashes/test_state_machine.py"
    for option, count in (
        (["--collect-only"], "1/2 tests collected (1 deselected)"),
        (["--collect-only", "--long"], "2 tests collected"),
    ):
        assert asked(*option, file, path=os.environ["PATH"])[-1].startswith(count)
