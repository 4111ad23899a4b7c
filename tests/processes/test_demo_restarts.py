"""A worker of the demo that ends is started again, but not for ever, and each time it says so."""

import io
import sys
from types import SimpleNamespace

import pytest

from endpoints.management.commands.demo import Command
from speechstudio.demo.processes import Processes, Restarts


class Demo:
    """Processes that end as soon as they have started, and a clock that a test sets."""

    def __init__(self, logs):
        self.clock = SimpleNamespace(now=1000.0)
        self.restarts = Restarts(lambda: self.clock.now)
        self.children = Processes(logs)
        self.output = io.StringIO()
        self.command = Command(stderr=self.output)

    def start(self, name):
        self.children.start(name, [sys.executable, "-c", "raise SystemExit(3)"], {})

    def said(self):
        """What is reported now, once the processes that are running have ended."""
        for child in self.children.running.values():
            child.wait(30)
        before = self.output.tell()
        self.command.report_ended(self.children, self.restarts)
        return self.output.getvalue()[before:].splitlines()


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path)
    yield demo
    demo.children.stop()


ENDED = "The worker has ended (3). "
AGAIN, NOT_AGAIN = "It will restart in 15 s.", "Stop the demo with Ctrl-C and start it again."


def test_a_worker_that_ended_is_started_again_after_15_seconds_three_times_in_ten_minutes(demo):
    demo.start("worker")
    for _time in range(3):
        assert demo.said() == [ENDED + AGAIN]
        demo.clock.now += 14.9
        assert demo.said() == []
        demo.clock.now += 0.1
        assert demo.said() == ["The worker has been started again."]
    assert demo.said() == [ENDED + NOT_AGAIN]
    demo.clock.now += 600
    assert demo.said() == []
    demo.start("worker")
    assert demo.said() == [ENDED + AGAIN]


def test_other_processes_that_ended_are_reported_and_not_started_again(demo):
    demo.start("web")
    assert demo.said() == ["The web has ended (3). " + NOT_AGAIN]
    demo.clock.now += 15
    assert demo.said() == []


def test_a_worker_is_started_again_as_it_was_before(demo, tmp_path):
    code = "import os; print(os.environ['QUEUES'], flush=True)"
    demo.children.start("worker", [sys.executable, "-c", code], {"QUEUES": "all of them"})
    demo.said()
    demo.clock.now += 15
    demo.said()
    demo.said()
    assert (tmp_path / "worker.log").read_text() == "all of them\n" * 2
