"""A process of the demo that ends is started again, but not for ever, and each time it says so."""

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


TITLES = {"broker": "broker", "simulator": "simulator", "web": "web server", "worker": "worker"}


@pytest.mark.parametrize("name", TITLES)
def test_what_ended_is_started_again_after_15_seconds_three_times_in_ten_minutes(demo, name):
    ended = f"The {TITLES[name]} has ended (3). "
    demo.start(name)
    for _time in range(3):
        assert demo.said() == [ended + "It will restart in 15 s."]
        demo.clock.now += 14.9
        assert demo.said() == []
        demo.clock.now += 0.1
        assert demo.said() == [f"The {TITLES[name]} has been started again."]
    assert demo.said() == [ended + "Stop the demo with Ctrl-C and start it again."]
    demo.clock.now += 600
    assert demo.said() == []
    demo.start(name)
    assert demo.said() == [ended + "It will restart in 15 s."]


def test_several_that_ended_are_started_again_each_at_its_time(demo):
    demo.start("web")
    demo.said()
    demo.clock.now += 10
    demo.start("simulator")
    demo.said()
    demo.clock.now += 5
    assert demo.said() == ["The web server has been started again."]
    demo.children.running.pop("web").wait(30)
    demo.clock.now += 10
    assert demo.said() == ["The simulator has been started again."]


@pytest.mark.parametrize("waited", [False, True], ids=["", "whose first line was waited for"])
def test_it_is_started_again_as_it_was_before(demo, tmp_path, waited):
    code = "import os, sys; print('ready', flush=True); print(os.environ['QUEUES'], file=sys.stderr)"
    demo.children.start("worker", [sys.executable, "-c", code], {"QUEUES": "all of them"}, wait_for_line=waited)
    demo.said()
    demo.clock.now += 15
    demo.said()
    demo.said()
    assert (tmp_path / "worker.log").read_text().count("all of them\n") == 2
    assert ("ready" in (tmp_path / "worker.log").read_text()) is not waited
