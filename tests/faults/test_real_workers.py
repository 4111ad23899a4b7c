"""Real workers over a real Redis: killed, without memory, without broker, with a full log."""

import json
import signal
import time
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
import redis as client
from celery import current_app
from django.core.files.storage import storages
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.changes import work
from endpoints.logs.download import requests as downloads
from endpoints.models import Change, Download, Endpoint, LogFile, Resource, Sweep
from endpoints.models.download import DownloadState
from endpoints.models.status import ChangeState
from tests.changes.requests import later, request_create, request_model, unleased
from tests.conftest import KEY, fitting
from tests.demo import until
from tests.faults.invariants import check_secrets, footprint, posts
from tests.faults.worker_processes import (
    REDIS,
    REDIS_FAULTS,
    WorkerProcesses,
    full_log,
    limited_memory,
    repair,
    use_broker,
    why_unavailable,
)
from tests.processes import servers

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 30  # seconds from a restart to progress
NEVER = 300
SLOW = 5  # seconds before a response, in which a test does something even on a busy machine
AWAY = 600
CONCURRENCY = {"celery": 2, "killed": 5, "quit": 1, "ended": 1}  # by the name of the worker
numbers = count(1)


@pytest.fixture(scope="module")
def workers(django_db_setup, django_db_blocker, tmp_path_factory):
    if why := why_unavailable():
        pytest.skip(why)
    home = tmp_path_factory.mktemp("workers")
    with servers.redis(REDIS, home) as redis:
        workers, before = WorkerProcesses(home, redis), use_broker(redis.url)
        try:
            for name, concurrency in CONCURRENCY.items():
                workers.start_worker(name, concurrency)
            workers.beat()
            for name in CONCURRENCY:
                workers.wait_until_ready(name)
            yield workers
        finally:
            use_broker(before)
            workers.end()


@pytest.fixture(autouse=True)
def no_secret_is_logged(workers):
    yield
    transcripts = [
        text
        for file in LogFile.objects.filter(stored_as__endswith=".json")
        for text in _texts(json.loads(storages["logs"].open(file.stored_as).read()))
    ]
    check_secrets(workers.logs() | workers.redis_files(), KEY, *transcripts)


def _texts(what):
    """The longer texts in a transcript."""
    if isinstance(what, dict | list):
        for part in what.values() if isinstance(what, dict) else what:
            yield from _texts(part)
    elif isinstance(what, str) and " " in what and len(what) > 12:
        yield what


@pytest.fixture
def endpoints(request, resource, world, worker):
    """Endpoints that have been serving for a while, some with content logs."""
    options = {"endpoints": 12, "logs": 1, "log_bytes": 5000, "rate_limit": "0/0"}
    world.begin(deploy_seconds=getattr(request, "param", 0), **options)
    # One of the workers may be refreshing it now.
    until(lambda: worker.mirror() or not Resource.objects.filter(mirrored_at=None).exists(), 60)
    return list(Endpoint.objects.filter(status="Succeeded"))


def requests_to(world, method, part):
    return [entry for entry in world.ledger(method) if part in entry["path"]]


def state_of(row):
    row.refresh_from_db()
    return row.state


@pytest.fixture
def sweeps_paused(workers):
    """Only workers to which a test sends messages work."""
    with workers.paused("celery"), workers.paused("beat"):
        yield


@pytest.fixture
def redis_client(workers):
    with client.Redis(port=workers.redis.port, decode_responses=True) as connection:
        yield connection


@pytest.mark.parametrize("endpoints", [1], indirect=True, ids=["deployments take a second"])
def test_workers_killed_in_every_phase_leave_work_that_goes_on(
    alice, endpoints, model, world, worker, workers, sweeps_paused
):
    for name in ("killed", "quit", "ended"):
        workers.restart_if_ended(name)
    for name in ("killed", "quit", "ended"):
        workers.wait_until_ready(name)
    changing, cold, warm = [one for one in endpoints if fitting(one).exists() and not one.logging_enabled][:3]
    logging = next(one for one in endpoints if one.logging_enabled)
    deploying = [request_model(alice, endpoint, fitting(endpoint)[0]) for endpoint in (cold, warm)]
    for change in deploying:
        assert worker.step(change).state == ChangeState.DEPLOYING
    created = [request_create(alice, model, display_name=name) for name in ("Never made", "Made")]
    changed = request_model(alice, changing, fitting(changing)[0])
    download = downloads.request_download(actor=alice.user, endpoint=logging)
    world.fail(
        {"method": "POST", "path": "/endpoints$", "stage": "before", "effect": {"delay": NEVER, "close": True}},
        {"method": "POST", "path": "/endpoints$", "stage": "after", "effect": {"delay": NEVER}},
        {"method": "PATCH", "path": changing.remote_id, "stage": "after", "effect": {"delay": NEVER}},
        {"method": "GET", "path": cold.remote_id, "effect": {"delay": NEVER}},
        {"method": "GET", "path": warm.remote_id, "effect": {"delay": 2}},
        {"method": "GET", "path": "customspeech-audiologs", "times": 2, "effect": {"delay": NEVER}},
    )
    for change in (*created, changed):
        workers.send_message("killed", tasks.step, change.pk)
    workers.send_message("killed", tasks.fetch, download.pk)
    for queue, change in zip(("quit", "ended"), deploying, strict=True):
        due(change)
        workers.send_message(queue, tasks.step, change.pk)
    until(lambda: len(posts(world)) == 2 and requests_to(world, "PATCH", changing.remote_id), 60)
    until(lambda: all(Change.objects.exclude(lease=None).filter(pk=change.pk) for change in deploying), 60)
    # Its first step sends a message for the second one to a worker that is paused.
    fetched = partial(requests_to, world, "GET", "customspeech-audiologs")
    until(lambda: fetched() or workers.send_message("killed", tasks.fetch, download.pk), 60, every=0.3)

    workers.signal("killed", signal.SIGKILL)
    workers.running["ended"].send_signal(signal.SIGTERM)
    workers.running["quit"].send_signal(signal.SIGQUIT)
    until(lambda: b"Soft Shutdown" in workers.log("quit"), 60)
    workers.running["quit"].send_signal(signal.SIGQUIT)  # does not wait for tasks in progress
    began, leased = time.monotonic(), timezone.now()
    rows = [*created, changed, *deploying, download]
    assert all(state_of(row) for row in rows)
    assert all((row.leased_until - leased).total_seconds() <= work.LEASE_SECONDS for row in rows if row.leased_until)
    leased_files = list(LogFile.objects.exclude(lease=None))
    assert all((file.leased_until - leased).total_seconds() <= work.LEASE_SECONDS for file in leased_files)
    time_passes(15, *created, changed, download, *leased_files)
    world.fail()
    workers.start_worker("again", 2, "celery")
    workers.signal("beat", signal.SIGCONT)
    assert workers.running["ended"].wait(60) == 0
    workers.wait_until_ready("again")
    until(lambda: {state_of(row) for row in (changed, *deploying)} == {ChangeState.DONE}, 60)
    until(lambda: {state_of(row) for row in created} >= {ChangeState.UNKNOWN, ChangeState.DONE}, 60)
    until(lambda: state_of(download) == DownloadState.READY, 60)
    assert time.monotonic() - began <= WITHIN - 15
    workers.signal("quit", signal.SIGKILL)  # otherwise it would wait for its tasks
    lost = next(change for change in created if change.state == ChangeState.UNKNOWN)
    assert len(posts(world)) == 2
    later(lost, minutes=11)

    def done_or_asked_again():
        if state_of(lost) == ChangeState.DONE:
            return True
        due(lost)
        workers.send_message("celery", tasks.step, lost.pk)
        return False

    until(done_or_asked_again, 60, every=0.2)
    assert [change.attempt for change in (changed, *deploying)] == [1, 1, 1]
    assert len(posts(world)) == 3
    workers.signal("again", signal.SIGKILL)


def time_passes(seconds, *rows):
    """Move the end of leases forward, as if this much time had passed."""
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(leased_until=F("leased_until") - timedelta(seconds=seconds))


def due(change):
    Change.objects.filter(pk=change.pk, leased_until=None).update(due_at=Now())


def test_a_worker_that_runs_out_of_memory_while_sending_is_replaced_and_nothing_is_sent_twice(
    alice, mirrored, model, world, worker, workers, sweeps_paused
):
    workers.restart_if_ended("ended")
    workers.wait_until_ready("ended")
    large = {"body": "A" * 7_500_000, "delay": SLOW}
    world.fail({"method": "POST", "path": "/endpoints$", "stage": "after", "effect": large})
    change = request_create(alice, model)
    workers.send_message("ended", tasks.step, change.pk)
    until(lambda: posts(world), 60)
    with limited_memory(workers.child("ended")):
        workers.running["ended"].wait(60)  # Celery ends a worker when a process of its pool has run out of memory
    assert (state_of(change), change.attempt) == (ChangeState.SENDING, 1)
    until(lambda: worker.step(unleased(change)).state == ChangeState.DEPLOYING, 60)
    assert (change.attempt, len(posts(world))) == (1, 1)


def killed_by_the_kernel(workers, redis_client):
    child = workers.child("ended")
    servers.kill([child])
    until(lambda: workers.child("ended") not in (0, child), 60)
    # Its message is delivered again, and the change is still leased.
    until(lambda: '"ended"' not in "".join(redis_client.hvals("unacked")) and not redis_client.llen("ended"), 60)


def out_of_memory(workers, redis_client):
    with limited_memory(workers.child("ended")):
        workers.running["ended"].wait(60)


def test_a_change_whose_worker_runs_out_of_memory_three_times_needs_a_decision(
    alice, mirrored, model, world, worker, workers, redis_client, sweeps_paused
):
    workers.restart_if_ended("ended")
    workers.wait_until_ready("ended")
    held = {"method": "POST", "path": "/endpoints$", "stage": "before", "effect": {"delay": NEVER}}
    large = {**held, "effect": {"status": 503, "body": "A" * 7_500_000, "delay": SLOW}}
    change = request_create(alice, model)
    for sent, (fault, end) in enumerate([(held, killed_by_the_kernel)] * 2 + [(large, out_of_memory)], 1):
        assert state_of(change) == ChangeState.QUEUED
        world.fail(fault)
        workers.send_message("ended", tasks.step, change.pk)
        until(lambda: len(posts(world)) == sent, 60)  # noqa: B023 (called before the next turn)
        end(workers, redis_client)
        assert (state_of(change), change.attempt) == (ChangeState.SENDING, sent)
        until(lambda: worker.step(unleased(change)).state == ChangeState.UNKNOWN, 60)
        until(lambda: worker.step(later(change, minutes=11)).state != ChangeState.UNKNOWN, 60)
    assert (state_of(change), change.lost_answers, change.due_at) == (ChangeState.UNDECIDED, 3, None)
    assert not Change.objects.due().exists()
    tasks.step(str(change.pk))  # a message that was sent before
    assert (state_of(change), len(posts(world))) == (ChangeState.UNDECIDED, 3)
    assert "Try again" in alice.get(change.endpoint.get_absolute_url()).content.decode()


def submit_change_model(person, endpoint, model):
    """Submit the Change model form as a person does; returns the change."""
    key = f"00000000-0000-4000-8000-{next(numbers):012}"
    form = {"key": key, "model": str(model.pk), "reason": "Numbers"}
    answer = person.post(reverse("endpoints:change-model", args=[endpoint.pk]), form)
    assert answer.status_code == 302
    return Change.objects.get(pk=key)


def all_done(workers, *changes):
    """Whether the changes are done. Restarts workers, which Celery ends when Redis refuses writes."""
    for name in ("celery", "beat"):
        workers.restart_if_ended(name)
    return {state_of(change) for change in changes} == {ChangeState.DONE}


def test_queued_changes_go_on_after_any_fault_of_redis(alice, endpoints, world, workers, redis_client):
    busy = iter(one for one in endpoints if fitting(one).exists())
    for break_redis in REDIS_FAULTS:
        before, after = next(busy), next(busy)
        with workers.paused("celery"):  # no worker receives the message before it is lost
            changes = [submit_change_model(alice, before, fitting(before)[0])]
            break_redis(workers, redis_client)
            began = time.monotonic()
            changes.append(submit_change_model(alice, after, fitting(after)[0]))
            assert alice.get(reverse("endpoints:list")).status_code == 200
            assert time.monotonic() - began < 5
        repair(workers, redis_client)
        until(lambda rows=changes: all_done(workers, *rows), WITHIN)
    assert [entry["status"] for entry in world.ledger("PATCH")] == [200] * 10


def test_a_redis_that_is_unavailable_for_ten_minutes_keeps_nobody_waiting_and_loses_nothing(
    alice, endpoints, world, workers
):
    """Redis is unavailable until a worker has waited ten minutes for it.

    Celery waits longer before each attempt to connect. All attempts are made, and only these waits pass faster. The
    time of the last sweep is moved back by ten minutes. Nothing else depends on how long Redis was unavailable.
    `bench durability --full` waits for ten real minutes.
    """
    one = next(one for one in endpoints if fitting(one).exists())
    with workers.paused("celery"):
        workers.start_worker("fast", 2, "celery", retry_speed=400)
        workers.wait_until_ready("fast")
        workers.redis.stop()
        try:
            began = time.monotonic()
            changed = submit_change_model(alice, one, fitting(one)[0])
            assert alice.get(reverse("endpoints:list")).status_code == 200
            assert time.monotonic() - began < 5
            until(lambda: workers.restart_if_ended("fast") or sum(workers.retry_waits("fast")) >= AWAY, 60)
            assert state_of(changed) == ChangeState.QUEUED
            Sweep.objects.update(at=F("at") - timedelta(seconds=AWAY))
            assert "No worker is running" in alice.get(reverse("endpoints:list")).content.decode()
        finally:
            workers.redis.start()
        until(lambda: state_of(changed) == ChangeState.DONE, WITHIN)
        assert max(workers.retry_waits("fast")) <= WITHIN
        assert "No worker is running" not in alice.get(reverse("endpoints:list")).content.decode()
        assert [entry["status"] for entry in world.ledger("PATCH")] == [200]
        assert workers.running["beat"].poll() is None
        workers.signal("fast", signal.SIGKILL)


def test_a_worker_says_that_it_is_running(endpoints, workers):
    Sweep.record()
    Sweep.objects.update(beat_at=None, logs_beat_at=None)
    until(lambda: Sweep.objects.exclude(beat_at=None).exists(), WITHIN)
    until(Sweep.with_logs_worker().exists, WITHIN)


def test_workers_go_on_while_their_log_cannot_be_written(alice, endpoints, workers):
    before, after = [one for one in endpoints if fitting(one).exists()][:2]
    with full_log(workers, "celery"):
        change = submit_change_model(alice, before, fitting(before)[0])
        until(lambda: state_of(change) == ChangeState.DONE, WITHIN)
    length = len(workers.log("celery"))
    change = submit_change_model(alice, after, fitting(after)[0])
    until(lambda: state_of(change) == ChangeState.DONE, WITHIN)
    assert b"Task step: success" in workers.log("celery")[length:]
    assert workers.running["celery"].poll() is None


def test_messages_of_newer_code_are_left_aside_and_the_worker_goes_on(alice, endpoints, workers):
    newer = current_app.signature("endpoints.tasks.rehearse", ["x"], queue="celery")
    newer.apply_async()
    current_app.send_task(tasks.step.name, ["no id", "one too many"], {"way": "new"}, queue="celery")
    tasks.step.apply_async(("no id",), queue="celery")
    one = next(one for one in endpoints if fitting(one).exists())
    change = submit_change_model(alice, one, fitting(one)[0])
    until(lambda: state_of(change) == ChangeState.DONE, WITHIN)
    assert workers.running["celery"].poll() is None


def grown(before, after):
    """Whether any process has more files or threads, or there are temporary files that were not there."""
    counts = [zip(before[n], after[n], strict=True) for n in (0, 1)]
    return any(now > then for pairs in counts for then, now in pairs) or not set(after[2]) <= set(before[2])


def test_a_worker_leaks_no_files_threads_or_temporary_files(alice, endpoints, workers):
    busy = [one for one in endpoints if fitting(one).exists()]
    logging = next(one for one in endpoints if one.logging_enabled)

    def work():
        changes = [submit_change_model(alice, one, fitting(one)[0]) for one in busy]
        download = downloads.request_download(actor=alice.user, endpoint=logging)
        until(lambda: {state_of(change) for change in changes} == {ChangeState.DONE}, 60)
        until(lambda: state_of(download) == DownloadState.READY, 60)
        for one in busy:
            one.refresh_from_db()

    # A process opens some files when it first needs them. A leak grows with each round.
    after = []
    for rounds in range(1, 9):
        work()
        after.append(footprint(workers.pids("celery"), workers.temporary))
        if rounds > 2 and not grown(after[-3], after[-1]):
            break
    else:
        raise AssertionError(after)
    assert Download.objects.count() == rounds
