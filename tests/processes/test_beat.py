"""What beat and the sweeps send over a real Redis while no worker receives it, and after the clock was set back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from celery.schedules import crontab, schedule
from django.conf import settings
from django.db.models.functions import Now

from endpoints import hints, tasks
from endpoints.models import LogArchive, Resource
from endpoints.models.endpoint import Endpoint
from speechstudio.beat import MOST_WAITING, Scheduler
from tests.faults.worker_processes import use_broker
from tests.processes import servers


@pytest.fixture
def redis(tmp_path):
    """An empty Redis, which this process sends its messages to."""
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    with servers.redis("redis-server --save ''", tmp_path) as server:
        before = use_broker(server.url)
        try:
            yield server
        finally:
            use_broker(before)


@pytest.fixture
def scheduler(tmp_path):
    return Scheduler(current_app, schedule_filename=str(tmp_path / "beat"), lazy=True)


def length(redis, queue):
    return int(redis.ask("llen", queue))


def send(scheduler, name, times):
    entry = scheduler.Entry(name=name, app=current_app, **settings.CELERY_BEAT_SCHEDULE[name])
    for _time in range(times):
        scheduler.apply_async(entry, producer=scheduler.producer, advance=False)


def test_sweeps_that_no_worker_receives_do_not_pile_up(redis, scheduler):
    send(scheduler, "sweep", times=5)
    assert length(redis, "sweeps") == MOST_WAITING
    redis.ask("flushall")
    send(scheduler, "sweep", times=1)
    assert length(redis, "sweeps") == 1


def test_retention_is_sent_to_its_queue_however_many_messages_wait_there(redis, scheduler):
    send(scheduler, "tidy", times=MOST_WAITING)
    send(scheduler, "tidy", times=1)
    send(scheduler, "sweep-storage", times=1)
    assert length(redis, "logs") == MOST_WAITING + 2


def test_no_message_ends_or_begins_at_a_time_by_the_clock_of_its_sender(redis, scheduler, transactional_db):
    """The clock of beat or of a web server may be behind or ahead of a worker's, which would discard or hold it."""
    for name in settings.CELERY_BEAT_SCHEDULE:
        send(scheduler, name, times=1)
    for task in ("step", "mirror", "fetch", "collect", "purge"):
        hints.send(task, "an id")
    found = [
        json.loads(redis.ask("lindex", queue, str(number)))
        for queue in ("celery", "sweeps", "logs")
        for number in range(length(redis, queue))
    ]
    assert len(found) == len(settings.CELERY_BEAT_SCHEDULE) + 5
    for message in found:
        assert message["headers"]["expires"] is message["headers"]["eta"] is None
        assert "expiration" not in message["properties"]


@pytest.fixture
def rows(django_db_setup, transactional_db):
    """Rows that are due: eight resources, and the content logs of eight endpoints."""
    rows = Resource.objects.bulk_create(Resource(name=f"Contoso {n}", region="eastus") for n in range(8))
    endpoints = Endpoint.objects.bulk_create(Endpoint(resource=row, display_name="E", locale="en-US") for row in rows)
    LogArchive.objects.bulk_create(LogArchive(endpoint=endpoint) for endpoint in endpoints)


def test_what_is_due_is_not_announced_without_bound_while_no_worker_receives_it(redis, rows, monkeypatch):
    monkeypatch.setattr(hints, "MOST_WAITING", 10)
    for _time in range(3):
        tasks.sweep()
        assert length(redis, "logs") <= 10
        assert length(redis, "celery") <= 10
    assert length(redis, "logs") == length(redis, "celery") == 10
    redis.ask("flushall")
    tasks.sweep()
    assert length(redis, "logs") == length(redis, "celery") == 8


def test_what_is_due_longest_is_announced_first(redis, rows, monkeypatch):
    monkeypatch.setattr(hints, "MOST_WAITING", 2)
    resources = Resource.objects.order_by("pk")
    oldest = resources[7], resources[3]
    for hours, row in zip((3, 2), oldest, strict=True):
        Resource.objects.filter(pk=row.pk).update(due_at=Now() - timedelta(hours=hours))
    tasks.sweep()
    newest_first = redis.ask("lrange", "celery", "0", "-1").splitlines()
    messages = [line for line in newest_first if "mirror" in line]
    assert len(messages) == 2
    assert str(oldest[0].pk) in messages[1]
    assert str(oldest[1].pk) in messages[0]


def test_a_broker_that_is_away_has_no_messages_and_a_sweep_goes_on(redis, rows, caplog):
    redis.stop()
    assert hints.waiting("logs") == 0
    tasks.sweep()
    assert "The broker is away" in caplog.text


def test_beat_says_once_that_the_broker_is_away_and_once_that_it_is_back(redis, scheduler, caplog):
    caplog.set_level("WARNING")
    producer = scheduler.producer  # connected
    redis.stop()
    for name in ("sweep", "tidy"):
        entry = scheduler.Entry(name=name, app=current_app, **settings.CELERY_BEAT_SCHEDULE[name])
        scheduler.apply_entry(entry, producer=producer)
    (away,) = caplog.records
    assert "nothing is sent until it is back: Error 111 connecting" in away.getMessage()
    assert away.exc_info is None
    redis.start()
    send(scheduler, "sweep", times=2)
    assert [record.getMessage() for record in caplog.records[1:]] == ["The broker is back, and messages are sent again"]
    assert length(redis, "sweeps") == 2


def test_a_clock_that_is_set_back_costs_one_interval(scheduler):
    now = datetime.now(UTC)
    entry = scheduler.Entry(name="sweep", task="sweep", schedule=schedule(2), app=current_app)
    entry.last_run_at = now + timedelta(hours=1)
    assert scheduler.is_due(entry) == (True, 2)


def test_after_a_clock_was_set_back_what_runs_at_a_time_of_day_waits_for_it(scheduler):
    now = datetime.now(UTC)
    before = now - timedelta(minutes=30)
    entry = scheduler.Entry(
        name="sweep-storage",
        task="sweep_storage",
        schedule=crontab(hour=str(before.hour), minute=str(before.minute)),
        app=current_app,
    )
    entry.last_run_at = now + timedelta(hours=1)
    due, _following = scheduler.is_due(entry)
    assert not due
