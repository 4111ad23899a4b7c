"""A worker of the demo that ends is started again, but not for ever."""

from types import SimpleNamespace

from speechstudio.demo.processes import Restarts


def test_a_process_that_ended_is_started_again_after_15_seconds_three_times_in_ten_minutes():
    clock = SimpleNamespace(now=1000.0)
    restarts = Restarts(lambda: clock.now)
    for _time in range(3):
        assert restarts.may_restart("worker")
        assert restarts.due() == []
        clock.now += 15
        assert restarts.due() == ["worker"]
        assert restarts.due() == []
    assert not restarts.may_restart("worker")
    clock.now += 600
    assert restarts.due() == []
    assert restarts.may_restart("worker")
