"""Workers that are killed, or have no memory, broker or room for a log: real workers over a real Redis."""

import json
import signal
import time
from datetime import timedelta
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
from endpoints.logs import downloads
from endpoints.models import Change, Download, Endpoint, LogFile, Resource, Sweep
from endpoints.models.download import DownloadState
from endpoints.models.status import ChangeState
from tests.conftest import KEY
from tests.demo import until
from tests.faults.conftest import ask_create, ask_model, fitting, freed, later
from tests.faults.crew import CALAMITIES, REDIS, Crew, little_memory, missing, no_room_for_the_log, use, well_again
from tests.faults.invariants import check_secrets, footprint, posts
from tests.processes import servers

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 30  # seconds from a restart to progress
NEVER = 300
SLOW = 5  # an answer on which something has to be done before it comes, on a busy machine too
AWAY = 600
WORKERS = {"celery": 2, "killed": 5, "quit": 1, "ended": 1}  # and how much each does at once
numbers = count(1)


@pytest.fixture(scope="module")
def crew(django_db_setup, django_db_blocker, tmp_path_factory):
    if why := missing():
        pytest.skip(why)
    home = tmp_path_factory.mktemp("crew")
    with servers.redis(REDIS, home) as redis:
        crew, before = Crew(home, redis), use(redis.url)
        try:
            for name, at_once in WORKERS.items():
                crew.hire(name, at_once)
            crew.beat()
            for name in WORKERS:
                crew.ready(name)
            yield crew
        finally:
            use(before)
            crew.end()


@pytest.fixture(autouse=True)
def nothing_is_told(crew):
    yield
    transcripts = [
        text
        for file in LogFile.objects.filter(stored_as__endswith=".json")
        for text in _texts(json.loads(storages["logs"].open(file.stored_as).read()))
    ]
    check_secrets(crew.logs() | crew.in_redis(), KEY, *transcripts)


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
    # A worker of the crew may be at it just now.
    until(lambda: worker.mirror() or not Resource.objects.filter(mirrored_at=None).exists(), 60)
    return list(Endpoint.objects.filter(status="Succeeded"))


def asked_at_service(world, method, part):
    return [entry for entry in world.ledger(method) if part in entry["path"]]


def now(row):
    row.refresh_from_db()
    return row.state


@pytest.fixture
def alone(crew):
    """Nobody works but who is told to."""
    with crew.paused("celery"), crew.paused("beat"):
        yield


@pytest.fixture
def in_redis(crew):
    with client.Redis(port=crew.redis.port, decode_responses=True) as connection:
        yield connection


@pytest.mark.parametrize("endpoints", [1], indirect=True, ids=["deployments take a second"])
def test_workers_killed_in_every_phase_leave_work_that_goes_on(alice, endpoints, model, world, worker, crew, alone):
    for name in ("killed", "quit", "ended"):
        crew.at_work(name)
    for name in ("killed", "quit", "ended"):
        crew.ready(name)
    changing, cold, warm = [one for one in endpoints if fitting(one).exists() and not one.logging_enabled][:3]
    logging = next(one for one in endpoints if one.logging_enabled)
    deploying = [ask_model(alice, endpoint, fitting(endpoint)[0]) for endpoint in (cold, warm)]
    for change in deploying:
        assert worker.step(change).state == ChangeState.DEPLOYING
    created = [ask_create(alice, model, display_name=name) for name in ("Never made", "Made")]
    changed = ask_model(alice, changing, fitting(changing)[0])
    download = downloads.ask(actor=alice.user, endpoint=logging)
    world.fail(
        {"method": "POST", "path": "/endpoints$", "stage": "before", "effect": {"delay": NEVER, "close": True}},
        {"method": "POST", "path": "/endpoints$", "stage": "after", "effect": {"delay": NEVER}},
        {"method": "PATCH", "path": changing.remote_id, "stage": "after", "effect": {"delay": NEVER}},
        {"method": "GET", "path": cold.remote_id, "effect": {"delay": NEVER}},
        {"method": "GET", "path": warm.remote_id, "effect": {"delay": 2}},
        {"method": "GET", "path": "customspeech-audiologs", "times": 2, "effect": {"delay": NEVER}},
    )
    for change in (*created, changed):
        crew.ring("killed", tasks.step, change.pk)
    crew.ring("killed", tasks.fetch, download.pk)
    for queue, change in zip(("quit", "ended"), deploying, strict=True):
        due(change)
        crew.ring(queue, tasks.step, change.pk)
    until(lambda: len(posts(world)) == 2 and asked_at_service(world, "PATCH", changing.remote_id), 60)
    until(lambda: all(Change.objects.exclude(lease=None).filter(pk=change.pk) for change in deploying), 60)
    # Its first step rings for the second one, at a worker that is paused.
    fetched = lambda: asked_at_service(world, "GET", "customspeech-audiologs")  # noqa: E731
    until(lambda: fetched() or crew.ring("killed", tasks.fetch, download.pk), 60, every=0.3)

    crew.signal("killed", signal.SIGKILL)
    crew.running["ended"].send_signal(signal.SIGTERM)
    crew.running["quit"].send_signal(signal.SIGQUIT)
    until(lambda: b"Soft Shutdown" in crew.log("quit"), 60)
    crew.running["quit"].send_signal(signal.SIGQUIT)  # does not wait for what is under way
    began, leased = time.monotonic(), timezone.now()
    rows = [*created, changed, *deploying, download]
    assert all(now(row) for row in rows)
    assert all((row.leased_until - leased).total_seconds() <= work.LEASE_SECONDS for row in rows if row.leased_until)
    lent = list(LogFile.objects.exclude(lease=None))
    assert all((file.leased_until - leased).total_seconds() <= work.LEASE_SECONDS for file in lent)
    time_passes(15, *created, changed, download, *lent)
    world.fail()
    crew.hire("again", 2, "celery")
    crew.signal("beat", signal.SIGCONT)
    assert crew.running["ended"].wait(60) == 0
    crew.ready("again")
    until(lambda: {now(row) for row in (changed, *deploying)} == {ChangeState.DONE}, 60)
    until(lambda: {now(row) for row in created} >= {ChangeState.UNKNOWN, ChangeState.DONE}, 60)
    until(lambda: now(download) == DownloadState.READY, 60)
    assert time.monotonic() - began <= WITHIN - 15
    crew.signal("quit", signal.SIGKILL)  # it would still wait for a while
    lost = next(change for change in created if change.state == ChangeState.UNKNOWN)
    assert len(posts(world)) == 2
    later(lost, minutes=11)
    until(lambda: now(lost) == ChangeState.DONE or due(lost) or crew.ring("celery", tasks.step, lost.pk), 60, every=0.2)
    assert [change.attempt for change in (changed, *deploying)] == [1, 1, 1]
    assert len(posts(world)) == 3
    crew.signal("again", signal.SIGKILL)


def time_passes(seconds, *rows):
    """For the leases of those who were killed."""
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(leased_until=F("leased_until") - timedelta(seconds=seconds))


def due(change):
    Change.objects.filter(pk=change.pk, leased_until=None).update(next_look_at=Now())
    return False


def test_a_worker_that_runs_out_of_memory_while_sending_is_replaced_and_nothing_is_sent_twice(
    alice, mirrored, model, world, worker, crew, alone
):
    crew.at_work("ended")
    crew.ready("ended")
    large = {"body": "A" * 7_500_000, "delay": SLOW}
    world.fail({"method": "POST", "path": "/endpoints$", "stage": "after", "effect": large})
    change = ask_create(alice, model)
    crew.ring("ended", tasks.step, change.pk)
    until(lambda: posts(world), 60)
    with little_memory(crew.child("ended")):
        crew.running["ended"].wait(60)  # Celery ends a worker of which a child had no memory left
    assert (now(change), change.attempt) == (ChangeState.SENDING, 1)
    until(lambda: worker.step(freed(change)).state == ChangeState.DEPLOYING, 60)
    assert (change.attempt, len(posts(world))) == (1, 1)


def killed_by_the_kernel(crew, in_redis):
    child, received = crew.child("ended"), lambda: crew.log("ended").count(b" received")
    before = received()
    servers.kill([child])
    until(lambda: crew.child("ended") not in (0, child), 60)
    # What it had taken is brought once more, and finds the change lent.
    until(lambda: received() > before and '"ended"' not in "".join(in_redis.hvals("unacked")), 60)


def out_of_memory(crew, in_redis):
    with little_memory(crew.child("ended")):
        crew.running["ended"].wait(60)


def test_what_costs_its_worker_the_memory_each_time_is_sent_three_times_and_then_put_to_people(
    alice, mirrored, model, world, worker, crew, in_redis, alone
):
    crew.at_work("ended")
    crew.ready("ended")
    held = {"method": "POST", "path": "/endpoints$", "stage": "before", "effect": {"delay": NEVER}}
    large = {**held, "effect": {"status": 503, "body": "A" * 7_500_000, "delay": SLOW}}
    change = ask_create(alice, model)
    for sent, (fault, end) in enumerate([(held, killed_by_the_kernel)] * 2 + [(large, out_of_memory)], 1):
        assert now(change) == ChangeState.QUEUED
        world.fail(fault)
        crew.ring("ended", tasks.step, change.pk)
        until(lambda: len(posts(world)) == sent, 60)  # noqa: B023
        end(crew, in_redis)
        assert (now(change), change.attempt) == (ChangeState.SENDING, sent)
        until(lambda: worker.step(freed(change)).state == ChangeState.UNKNOWN, 60)
        until(lambda: worker.step(later(change, minutes=11)).state != ChangeState.UNKNOWN, 60)
    assert (now(change), change.doubts, change.next_look_at) == (ChangeState.UNDECIDED, 3, None)
    assert not Change.objects.due().exists()
    tasks.step(str(change.pk))  # a message that was sent before
    assert (now(change), len(posts(world))) == (ChangeState.UNDECIDED, 3)
    assert "Try again" in alice.get(change.endpoint.get_absolute_url()).content.decode()


def press(person, endpoint, model):
    """Change model, as a person does it; the change."""
    key = f"00000000-0000-4000-8000-{next(numbers):012}"
    form = {"key": key, "model": str(model.pk), "reason": "Numbers"}
    answer = person.post(reverse("endpoints:change-model", args=[endpoint.pk]), form)
    assert answer.status_code == 302
    return Change.objects.get(pk=key)


def gone_on(crew, *changes):
    """Celery ends a worker to which Redis says that it may not write; whoever has started it starts it again."""
    for name in ("celery", "beat"):
        crew.at_work(name)
    return {now(change) for change in changes} == {ChangeState.DONE}


def test_whatever_becomes_of_redis_what_is_queued_goes_on(alice, endpoints, world, crew, in_redis):
    busy = iter(one for one in endpoints if fitting(one).exists())
    for calamity in CALAMITIES:
        before, after = next(busy), next(busy)
        with crew.paused("celery"):  # nobody takes the message before it is lost
            changes = [press(alice, before, fitting(before)[0])]
            calamity(crew, in_redis)
            began = time.monotonic()
            changes.append(press(alice, after, fitting(after)[0]))
            assert alice.get(reverse("endpoints:list")).status_code == 200
            assert time.monotonic() - began < 5
        well_again(crew, in_redis)
        until(lambda rows=changes: gone_on(crew, *rows), WITHIN)
    assert [entry["status"] for entry in world.ledger("PATCH")] == [200] * 10


def test_a_redis_that_is_away_for_ten_minutes_keeps_nobody_waiting_and_loses_nothing(alice, endpoints, world, crew):
    """Redis is away until a worker has waited ten minutes for it.

    What grows with the minutes is the worker's wait between two tries: Celery waits for longer each time. All its
    tries are made, each on a Redis that is not there, and only these waits pass faster. The other clock that counts is
    the database's: the last sweep is set back by ten minutes. The beat and people have no memory of how long it was
    away. Ten real minutes are waited for by `bench durability --full`.
    """
    one = next(one for one in endpoints if fitting(one).exists())
    with crew.paused("celery"):
        crew.hire("hurried", 2, "celery", hurried=400)
        crew.ready("hurried")
        crew.redis.stop()
        try:
            began = time.monotonic()
            changed = press(alice, one, fitting(one)[0])
            assert alice.get(reverse("endpoints:list")).status_code == 200
            assert time.monotonic() - began < 5
            until(lambda: crew.at_work("hurried") or sum(crew.waits("hurried")) >= AWAY, 60)
            assert now(changed) == ChangeState.QUEUED
            Sweep.objects.update(at=F("at") - timedelta(seconds=AWAY))
            assert "No worker is at work" in alice.get(reverse("endpoints:list")).content.decode()
        finally:
            crew.redis.start()
        until(lambda: now(changed) == ChangeState.DONE, WITHIN)
        assert max(crew.waits("hurried")) <= WITHIN
        assert "No worker is at work" not in alice.get(reverse("endpoints:list")).content.decode()
        assert [entry["status"] for entry in world.ledger("PATCH")] == [200]
        assert crew.running["beat"].poll() is None
        crew.signal("hurried", signal.SIGKILL)


def test_workers_go_on_while_their_log_cannot_be_written(alice, endpoints, crew):
    before, after = [one for one in endpoints if fitting(one).exists()][:2]
    with no_room_for_the_log(crew, "celery"):
        change = press(alice, before, fitting(before)[0])
        until(lambda: now(change) == ChangeState.DONE, WITHIN)
    length = len(crew.log("celery"))
    change = press(alice, after, fitting(after)[0])
    until(lambda: now(change) == ChangeState.DONE, WITHIN)
    assert f"{tasks.step.name}[".encode() in crew.log("celery")[length:]
    assert crew.running["celery"].poll() is None


def test_messages_of_newer_code_are_left_aside_and_the_worker_goes_on(alice, endpoints, crew):
    newer = current_app.signature("endpoints.tasks.rehearse", ["x"], queue="celery")
    newer.apply_async()
    current_app.send_task(tasks.step.name, ["no id", "one too many"], {"way": "new"}, queue="celery")
    tasks.step.apply_async(("no id",), queue="celery")
    one = next(one for one in endpoints if fitting(one).exists())
    change = press(alice, one, fitting(one)[0])
    until(lambda: now(change) == ChangeState.DONE, WITHIN)
    assert crew.running["celery"].poll() is None


def grown(before, after):
    """Whether any process has more files or threads, or there are temporary files that were not there."""
    counts = [zip(before[n], after[n], strict=True) for n in (0, 1)]
    return any(now > then for pairs in counts for then, now in pairs) or not set(after[2]) <= set(before[2])


def test_a_worker_has_afterwards_what_it_had_before(alice, endpoints, crew):
    busy = [one for one in endpoints if fitting(one).exists()]
    logging = next(one for one in endpoints if one.logging_enabled)

    def work():
        changes = [press(alice, one, fitting(one)[0]) for one in busy]
        download = downloads.ask(actor=alice.user, endpoint=logging)
        until(lambda: {now(change) for change in changes} == {ChangeState.DONE}, 60)
        until(lambda: now(download) == DownloadState.READY, 60)
        for one in busy:
            one.refresh_from_db()

    # A child opens what it keeps when it first needs it. What leaks is more after each round.
    after = []
    for rounds in range(1, 9):
        work()
        after.append(footprint(crew.pids("celery"), crew.temporary))
        if rounds > 2 and not grown(after[-3], after[-1]):
            break
    else:
        raise AssertionError(after)
    assert Download.objects.count() == rounds
