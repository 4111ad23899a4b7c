"""A worker of the demo that ends is started again, but not for ever."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from celery import current_app
from celery.schedules import schedule

from speechstudio.beat import Scheduler
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


def test_a_clock_that_is_set_back_costs_one_interval(tmp_path):
    scheduler = Scheduler(current_app, schedule_filename=str(tmp_path / "beat"), lazy=True)
    now = datetime.now(UTC)
    entry = scheduler.Entry(name="sweep", task="sweep", schedule=schedule(2), app=current_app)
    entry.last_run_at = now + timedelta(hours=1)
    due, following = scheduler.is_due(entry)
    assert (due, following) == (True, 2)
