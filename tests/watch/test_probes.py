"""Which model answers for an endpoint: what people ask, and what workers find."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import tasks
from endpoints.changes import submit as changes
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.models import Alert, Change, Endpoint, Event, Probe, ProbeRun, Recording, Resource, SpeechModel, Trial
from endpoints.models.alert import AlertRule
from endpoints.models.due import work as work_rows
from endpoints.models.model import ModelKind
from endpoints.models.probe import Verdict
from endpoints.models.verbs import Verb
from endpoints.watch import submit
from tests.addresses.rows import a_resource, an_endpoint
from tests.alerts.looking import facts, look
from tests.conftest import fitting
from tests.faults.concurrently import concurrently, until_the_other_waits
from tests.watch.speech import check, go_on, probe_of, spoken, tried, work_on

RECOGNIZED = "/speech/recognition/conversation/cognitiveservices/v1"


def requests(world):
    return [one for one in world.ledger("POST") if one["path"].startswith(RECOGNIZED)]


def events(verb):
    return Event.objects.filter(verb=verb).count()


def fails(world, **fault):
    world.fail({"method": "POST", "path": RECOGNIZED, "times": None, "effect": fault})


def test_a_trial_shows_what_both_models_hear(serving, alice, world):
    trial = tried(alice, serving, source="hello.wav")
    assert (trial.error, trial.ended_at is not None) == ("", True)
    assert [one["by"] for one in trial.heard] == ["endpoint", "base"]
    assert trial.heard[0]["text"] != trial.heard[1]["text"]
    assert {one["status"] for one in trial.heard} == {"Success"}
    (event,) = Event.objects.filter(verb=Verb.PROBE_TRIED)
    assert event.text == f"alice tried a recording with {serving}"
    assert "hello" not in str(event.facts) + event.detail
    assert trial.heard[0]["text"] not in str(Trial.objects.filter(pk=trial.pk).values())


@pytest.mark.parametrize("version", ["2024-11-15", "2025-10-15"])
def test_a_version_without_short_audio_is_asked_by_the_protocol_of_the_sdk(serving, alice, world, worker, version):
    by_short_audio = tried(alice, serving).heard
    Resource.objects.update(api_version=version)
    worker.mirror()
    serving.refresh_from_db()
    before = len(requests(world))
    heard = tried(alice, serving).heard
    assert len(requests(world)) == before
    assert len({one["text"] for one in heard}) == 2
    assert {one["confidence"] is None for one in (*heard, *by_short_audio)} == {False}


def test_a_trial_that_is_asked_for_twice_is_one(serving, alice, lena):
    key = uuid.uuid4()
    how = {"key": key, "actor": alice.user, "endpoint": serving, "wav": spoken()}
    assert submit.try_recording(**how) == submit.try_recording(**how)
    assert (Recording.objects.count(), events(Verb.PROBE_TRIED)) == (1, 1)
    with pytest.raises(KeyTaken):
        submit.try_recording(**how | {"actor": lena.user})


def test_a_recording_that_cannot_be_recognized_is_not_stored(serving, alice):
    with pytest.raises(NotPossible):
        submit.try_recording(key=uuid.uuid4(), actor=alice.user, endpoint=serving, wav=spoken(16))
    assert not Recording.objects.exists()
    assert not Event.objects.filter(verb=Verb.PROBE_TRIED).exists()


def test_an_endpoint_that_is_not_deployed_is_not_tried(serving, alice):
    Endpoint.objects.filter(pk=serving.pk).update(gone_at=timezone.now())
    serving.refresh_from_db()
    with pytest.raises(NotPossible, match="isn't deployed"):
        submit.try_recording(key=uuid.uuid4(), actor=alice.user, endpoint=serving, wav=spoken())


def test_a_probe_keeps_what_was_heard_and_its_trial_does_not(serving, alice):
    trial = tried(alice, serving)
    heard = {one["by"]: one["text"] for one in trial.heard}
    probe = submit.save_probe(trial=trial, actor=alice.user, every_hours=12)
    trial.refresh_from_db()
    assert trial.answers is None
    assert probe.known_texts == heard
    assert (probe.verdict, probe.model, probe.every_hours) == (Verdict.CUSTOM, serving.model, 12)
    assert (probe.recording.keep_until, probe.set_by) == (None, "alice")
    assert submit.save_probe(trial=trial, actor=alice.user) == probe
    assert (events(Verb.PROBE_SET), ProbeRun.objects.count()) == (1, 1)


def test_another_recording_takes_the_place_of_the_first(serving, alice):
    first = probe_of(alice, serving)
    second = probe_of(alice, serving, spoken(3))
    assert Probe.objects.get() == second
    assert Recording.objects.get() == second.recording != first.recording


def test_a_recording_in_which_both_hear_the_same_cannot_be_saved(serving, alice, world):
    world.post("learn", {"endpoint": serving.remote_id})
    trial = tried(alice, serving)
    with pytest.raises(NotPossible, match="can't tell"):
        submit.save_probe(trial=trial, actor=alice.user)


def test_a_trial_that_has_not_ended_failed_or_is_old_cannot_be_saved(serving, alice, world):
    trial = tried(alice, serving, rounds=0)
    with pytest.raises(NotPossible, match="hasn't been recognized"):
        submit.save_probe(trial=trial, actor=alice.user)
    fails(world, status=401)
    work_on(trial)
    with pytest.raises(NotPossible, match="couldn't be recognized"):
        submit.save_probe(trial=trial, actor=alice.user)
    world.fail()
    old = tried(alice, serving)
    Trial.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=2))
    with pytest.raises(NotPossible, match="too old"):
        submit.save_probe(trial=old, actor=alice.user)


def test_a_check_that_is_pressed_twice_is_one(serving, alice, world):
    probe = probe_of(alice, serving)
    before = len(requests(world))
    assert submit.check_now(probe=probe, actor=alice.user)
    assert not submit.check_now(probe=probe, actor=alice.user)
    go_on(probe)
    assert len(requests(world)) == before + 2
    assert (probe.asked_at, probe.verdict, probe.in_a_row) == (None, Verdict.CUSTOM, 2)
    assert events(Verb.PROBE_ASKED) == 1
    assert go_on(probe).runs.count() == 2  # nothing is due
    assert submit.check_now(probe=probe, actor=alice.user)


def test_a_probe_that_is_removed_leaves_no_recording(serving, alice):
    probe = probe_of(alice, serving)
    assert submit.remove_probe(probe=probe, actor=alice.user)
    assert not submit.remove_probe(probe=probe, actor=alice.user)
    assert (Probe.objects.count(), Recording.objects.count(), events(Verb.PROBE_REMOVED)) == (0, 0, 1)


def test_the_base_model_that_answers_is_told_once_at_the_second_time(serving, alice, world):
    probe = probe_of(alice, serving)
    world.post("serves_base", {"endpoint": serving.remote_id})
    assert check(probe, alice).verdict == Verdict.BASE
    look()
    assert facts(AlertRule.BASE_ANSWERS) == []
    for _time in range(3):
        check(probe, alice)
        look()
    assert facts(AlertRule.BASE_ANSWERS) == [f"The base model answers for {serving}, not its custom model."]
    assert (probe.in_a_row, events(Verb.BASE_ANSWERS)) == (4, 1)
    world.post("serves_base", {"endpoint": serving.remote_id, "on": False})
    check(probe, alice)
    look()
    (alert,) = Alert.objects.filter(rule=AlertRule.BASE_ANSWERS)
    assert (alert.recovered, probe.verdict, events(Verb.CUSTOM_ANSWERS)) == (True, Verdict.CUSTOM, 1)


def test_the_alert_lasts_while_a_recording_cannot_tell(serving, alice, world):
    probe = probe_of(alice, serving)
    world.post("serves_base", {"endpoint": serving.remote_id})
    for _time in range(2):
        check(probe, alice)
    look()
    world.post("learn", {"endpoint": serving.remote_id})
    assert check(probe, alice).verdict == Verdict.CANNOT_TELL
    look()
    assert Alert.objects.get(rule=AlertRule.BASE_ANSWERS).ended_at is None


def test_a_model_that_has_expired_is_told_at_once(serving, alice, world, worker):
    probe = probe_of(alice, serving)
    span = serving.expires_at - timezone.now() + timedelta(days=1)
    world.advance(span.total_seconds())
    past = timezone.now() - timedelta(days=1)
    Endpoint.objects.filter(pk=serving.pk).update(expires_at=past)
    assert check(probe, alice).verdict == Verdict.BASE
    look()
    assert (probe.in_a_row, len(facts(AlertRule.BASE_ANSWERS))) == (1, 1)
    check(probe, alice)
    look()
    assert (probe.in_a_row, len(facts(AlertRule.BASE_ANSWERS))) == (2, 1)


@pytest.mark.parametrize(("minutes", "asked"), [(9, False), (11, True)])
def test_a_run_follows_ten_minutes_after_the_expiration_of_the_model(serving, alice, world, minutes, asked):
    probe = probe_of(alice, serving)
    Endpoint.objects.update(logging_enabled=False)
    now = timezone.now()
    at = now - timedelta(minutes=minutes)
    world.post("expiration", {"endpoint": serving.remote_id, "at": at.isoformat()})
    SpeechModel.objects.filter(pk=serving.model_id).update(expires_at=at)
    Probe.objects.update(ran_at=now - timedelta(hours=1), due_at=now + timedelta(hours=5))
    tasks.sweep()
    tasks.probe(str(probe.pk))
    probe.refresh_from_db()
    assert probe.verdict == (Verdict.BASE if asked else Verdict.CUSTOM)
    for _sweep in range(2):  # once is enough
        tasks.sweep()
        tasks.probe(str(probe.pk))
    assert probe.runs.count() == 1 + asked
    go_on(probe)  # whoever comes too early finds when it is due
    wait = timedelta(hours=6) if asked else timedelta(minutes=10 - minutes)
    assert wait - timedelta(minutes=1) < probe.due_at - now < wait + timedelta(minutes=1)


def test_an_expiration_that_a_run_has_seen_is_no_reason_for_another(serving, alice):
    probe = probe_of(alice, serving)
    SpeechModel.objects.filter(pk=serving.model_id).update(expires_at=timezone.now() - timedelta(days=1))
    tasks.sweep()
    go_on(probe)
    assert probe.runs.count() == 1
    assert probe.due_at - timezone.now() > timedelta(hours=5)


def test_an_endpoint_that_runs_a_base_model_is_not_asked_and_what_was_known_of_it_is_over(serving, alice, world):
    probe = probe_of(alice, serving)
    world.post("serves_base", {"endpoint": serving.remote_id})
    for _time in range(2):
        check(probe, alice)
    look()
    custom, base = serving.model, fitting(serving).filter(kind=ModelKind.BASE).first()
    Endpoint.objects.update(model=base)
    before = len(requests(world))
    check(probe, alice)
    look()
    assert len(requests(world)) == before
    assert (probe.verdict, probe.asked_at, Alert.objects.get().recovered) == (Verdict.UNKNOWN, None, True)
    assert probe.due_at - timezone.now() > timedelta(hours=5)
    Endpoint.objects.update(model=custom)
    world.post("serves_base", {"endpoint": serving.remote_id, "on": False})
    assert check(probe, alice).verdict == Verdict.CUSTOM


def test_an_id_that_the_service_no_longer_knows_is_answered_by_the_base_model(resource, alice, world, worker):
    world.begin(endpoints=1, rate_limit="0/0", dialects=True, switches={"unknown_cid": "base"})
    worker.mirror()
    serving = Endpoint.objects.get()
    probe = probe_of(alice, serving)
    world.call("DELETE", f"/endpoints/{serving.remote_id}")
    assert check(probe, alice).verdict == Verdict.BASE


def test_a_base_model_that_learned_the_words_leaves_it_open(serving, alice, world):
    probe = probe_of(alice, serving)
    world.post("learn", {"endpoint": serving.remote_id})
    for _time in range(2):
        assert check(probe, alice).verdict == Verdict.CANNOT_TELL
    look()
    assert facts(AlertRule.BASE_ANSWERS) == []
    assert events(Verb.BASE_ANSWERS) == events(Verb.CUSTOM_ANSWERS) == 0


def test_a_run_follows_ten_minutes_after_a_change_and_renews_what_is_known(serving, alice, world, worker):
    probe = probe_of(alice, serving)
    known = probe.known_texts
    other = fitting(serving).exclude(kind=ModelKind.BASE).first()
    change = changes.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=serving, model=other)
    for _round in range(20):
        if worker.step(change).closed_at:
            break
        world.advance(600)
    assert change.state == "done"
    tasks.sweep()
    probe.refresh_from_db()
    assert timedelta(minutes=9) < probe.due_at - change.closed_at < timedelta(minutes=11)
    Probe.objects.filter(pk=probe.pk).update(ran_at=timezone.now() - timedelta(hours=6))
    go_on(probe)
    assert (probe.verdict, probe.model) == (Verdict.CUSTOM, other)
    assert probe.known_texts["endpoint"] != known["endpoint"]
    assert probe.known_texts["base"] == known["base"]
    assert probe.runs.first().model_name == other.display_name


def test_a_probe_is_asked_by_its_schedule(serving, alice, world):
    Endpoint.objects.filter(pk=serving.pk).update(logging_enabled=False)
    serving.refresh_from_db()
    probe = probe_of(alice, serving)
    assert timedelta(hours=5) < probe.due_at - timezone.now() < timedelta(hours=7)
    earlier = timezone.now() - timedelta(hours=7)
    Probe.objects.filter(pk=probe.pk).update(ran_at=earlier)
    go_on(probe)
    assert probe.in_a_row == 2
    assert timedelta(hours=5) < probe.due_at - timezone.now() < timedelta(hours=7)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 429, "headers": {"Retry-After": "30"}}, "too many requests"),
        ({"status": 401}, "refused the key of the Speech resource"),
        ({"status": 500}, "failed"),
        ({"close": True}, "connection"),
    ],
)
def test_a_run_that_is_not_answered_is_no_verdict(serving, alice, world, fault, why):
    probe = probe_of(alice, serving)
    fails(world, **fault)
    for _time in range(8):
        check(probe, alice) if probe.asked_at is None else go_on(probe)
        if probe.runs.first().error:
            break
    assert why in probe.error
    assert (probe.verdict, probe.in_a_row, probe.attempts) == (Verdict.CUSTOM, 1, 0)
    run = probe.runs.first()
    assert (run.verdict, why in run.error, run.ended_at is not None) == ("", True, True)
    assert Resource.objects.get().failing_since is None  # it is another service
    world.fail()
    assert (check(probe, alice).error, probe.in_a_row) == ("", 2)


def test_a_recording_waits_as_long_as_the_service_says(serving, alice, world):
    probe = probe_of(alice, serving)
    fails(world, status=429, headers={"Retry-After": "200"})
    check(probe, alice)
    assert timedelta(seconds=150) < probe.due_at - timezone.now() < timedelta(seconds=250)
    assert probe.asked_at is not None
    assert probe.runs.first().ended_at is None


def test_two_recordings_at_most_are_recognized_at_once(serving, alice, world):
    probe = probe_of(alice, serving)
    trials = [tried(alice, serving, rounds=0) for _ in range(3)]
    before = len(requests(world))
    later = timezone.now() + timedelta(minutes=1)
    for one in trials[:2]:
        Trial.objects.filter(pk=one.pk).update(lease=uuid.uuid4(), leased_until=later)
    work_on(trials[2])
    check(probe, alice)
    assert len(requests(world)) == before
    assert (trials[2].ended_at, probe.asked_at is None) == (None, False)
    Trial.objects.filter(pk=trials[0].pk).update(leased_until=None, lease=None)
    assert work_on(trials[2]).ended_at
    assert go_on(probe).in_a_row == 2


def test_a_paused_resource_is_not_asked(serving, alice, world):
    probe = probe_of(alice, serving)
    submit.check_now(probe=probe, actor=alice.user)
    trial = tried(alice, serving, rounds=0)
    Resource.objects.update(paused_at=Now(), paused_by="alice")
    before = len(requests(world))
    go_on(probe)
    work_on(trial)
    waiting = [task for rows, task in work_rows() if rows.due().exists()]
    assert len(requests(world)) == before
    assert not {"probe", "try_recording"} & {*waiting}
    Resource.objects.update(paused_at=None)
    assert go_on(probe).in_a_row == 2
    assert work_on(trial).ended_at


def test_an_endpoint_that_was_deleted_meanwhile_is_not_asked(serving, alice, world):
    probe = probe_of(alice, serving)
    trial = tried(alice, serving, rounds=0)
    Endpoint.objects.filter(pk=serving.pk).update(gone_at=timezone.now())
    before = len(requests(world))
    check(probe, alice)
    assert work_on(trial).error == "The endpoint doesn't exist any more."
    assert len(requests(world)) == before
    look()
    assert facts(AlertRule.BASE_ANSWERS) == []


def test_a_probe_that_is_removed_while_it_is_asked_stays_removed(serving, alice, world, monkeypatch):
    probe = probe_of(alice, serving)
    monkeypatch.setattr(
        "endpoints.watch.probing.Witnesses",
        lambda **_facts: pytest.fail("the answers of a removed probe were used"),
    )
    monkeypatch.setattr(
        "endpoints.watch.asking.failpoint", lambda _name: submit.remove_probe(probe=probe, actor=alice.user)
    )
    submit.check_now(probe=probe, actor=alice.user)
    tasks.probe(str(probe.pk))
    assert (Probe.objects.count(), ProbeRun.objects.count(), Recording.objects.count()) == (0, 0, 0)
    assert Change.objects.count() == 0


def test_a_worker_that_is_killed_in_the_middle_leaves_a_run_that_the_next_one_ends(serving, alice, world, monkeypatch):
    probe = probe_of(alice, serving)
    trial = tried(alice, serving, rounds=0)

    def end(_name):
        raise SystemExit

    monkeypatch.setattr("endpoints.watch.asking.failpoint", end)
    submit.check_now(probe=probe, actor=alice.user)
    for task, pk in ((tasks.probe, probe.pk), (tasks.try_recording, trial.pk)):
        with pytest.raises(SystemExit):
            task(str(pk))
    monkeypatch.undo()
    probe.refresh_from_db()
    run = probe.runs.first()
    assert (run.ended_at, probe.attempts, probe.asked_at is None) == (None, 1, False)
    go_on(probe)
    assert work_on(trial).answers
    assert (probe.runs.first(), probe.runs.count()) == (run, 2)
    assert (probe.in_a_row, probe.attempts, probe.asked_at) == (2, 0, None)


def test_a_recording_that_ends_each_worker_is_given_up(serving, alice, world):
    probe = probe_of(alice, serving)
    trial = tried(alice, serving, rounds=0)
    Trial.objects.update(attempts=5)
    submit.check_now(probe=probe, actor=alice.user)
    Probe.objects.update(attempts=5)
    before = len(requests(world))
    assert "the worker was ended several times" in work_on(trial).error
    assert "the worker was ended several times" in go_on(probe).error
    assert len(requests(world)) == before
    assert (probe.verdict, probe.in_a_row, probe.attempts, probe.asked_at) == (Verdict.CUSTOM, 1, 0, None)


def test_two_workers_that_get_the_same_probe_ask_once(serving, alice, world, monkeypatch):
    probe = probe_of(alice, serving)
    before = len(requests(world))
    monkeypatch.setattr("endpoints.watch.asking.failpoint", lambda _name: tasks.probe(str(probe.pk)))
    assert check(probe, alice).in_a_row == 2
    assert len(requests(world)) == before + 2
    assert probe.runs.count() == 2


def test_a_worker_that_is_late_changes_nothing(serving, alice, world, monkeypatch):
    probe = probe_of(alice, serving)
    monkeypatch.setattr(
        "endpoints.watch.asking.failpoint", lambda _name: Probe.objects.update(lease=uuid.uuid4(), leased_until=None)
    )
    check(probe, alice)
    assert (probe.in_a_row, probe.asked_at is None, probe.runs.first().ended_at) == (1, False, None)


@pytest.mark.django_db(transaction=True)
def test_a_probe_is_removed_while_a_worker_ends_its_run(alice):
    recording = Recording.of(b"RIFF", seconds=1.0)
    recording.save(force_insert=True)
    probe = Probe.objects.create(endpoint=an_endpoint("Blue", a_resource()), recording=recording)
    run = ProbeRun.objects.create(probe=probe, started_at=timezone.now())
    began = threading.Event()

    def end():
        with transaction.atomic():
            Probe.objects.filter(pk=probe.pk).update(error="")
            began.set()
            until_the_other_waits()
            return ProbeRun.objects.filter(pk=run.pk).update(error="No answer")

    def remove():
        began.wait(timeout=10)
        return submit.remove_probe(probe=probe, actor=alice.user)

    assert concurrently(end, remove) == [1, True]
