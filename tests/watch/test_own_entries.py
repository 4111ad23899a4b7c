"""What the product has sent to an endpoint, in the content logs of that endpoint."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F, Sum
from django.http import QueryDict
from django.utils import timezone

from endpoints.alerts.facts import Seen
from endpoints.alerts.facts.of_resources import logs_about_to_expire
from endpoints.azure import streaming
from endpoints.azure.network import Network
from endpoints.changes import submit as changes
from endpoints.gateway import clients as gateway
from endpoints.logs.fetch.own_entries import Listed, distance, is_of
from endpoints.models import (
    Download,
    Endpoint,
    Event,
    LogArchive,
    LogDay,
    LogEntry,
    LogFile,
    QualityDay,
    SentRecording,
)
from endpoints.models.log import Outcome
from endpoints.models.probe import Verdict
from endpoints.models.secret import Secret
from endpoints.models.verbs import Verb
from endpoints.watch import logged, submit
from endpoints.watch.quality import sums, watching
from tests.conftest import fitting
from tests.logs.steps import keep_logs, refresh
from tests.watch.speech import check, go_on, probe_of, spoken, tried, work_on

HOUR = timedelta(hours=1)


def as_if_earlier(probe, span):
    """As if all runs had been so long ago."""
    probe.runs.update(started_at=F("started_at") - span, ended_at=F("ended_at") - span)
    SentRecording.objects.update(sent_at=F("sent_at") - span)


def sent(**facts):
    return SentRecording(sent_at=timezone.now(), seconds=2.0, **facts)


@pytest.mark.parametrize(
    ("minutes", "seconds", "fits"),
    [(0, 2.0, True), (-1, 2.5, True), (9, None, True), (-5, 2.0, False), (15, 2.0, False), (0, 3.5, False)],
)
def test_an_entry_is_known_by_its_time_and_duration(minutes, seconds, fits):
    duration = None if seconds is None else timedelta(seconds=seconds)
    assert is_of(Listed("", timezone.now() + timedelta(minutes=minutes), duration), sent()) is fits


def test_of_two_entries_the_one_of_the_same_duration_is_nearer():
    recording, at = sent(), timezone.now()
    near, far = Listed("", at + timedelta(minutes=5), timedelta(seconds=2)), Listed("", at, timedelta(seconds=2.8))
    assert distance(near, recording) < distance(far, recording)


def test_a_probe_is_neither_counted_nor_copied_nor_downloaded(logging, alice, lena):
    trial = tried(alice, logging)
    keep_logs(alice, logging)
    (entry,) = LogEntry.objects.filter(endpoint=logging)
    assert entry.probe
    assert SentRecording.objects.get().entry == entry
    assert not LogFile.objects.stored().exists()
    assert [day for day in LogDay.objects.values_list("entries", "seen", "archived") if any(day)] == []
    download = Download(endpoint=logging, actor=lena.user)
    for selection in ("", f"entry={entry.pk}", "shorter=10"):
        download.selection = selection
        assert (download.entries.count(), download.files.totals()["files_total"]) == (0, 0)
    assert trial.answers


def test_the_list_shows_probes_when_they_are_asked_for(logging, alice):
    tried(alice, logging)
    refresh(logging)
    entries = LogEntry.objects.filter(endpoint=logging)
    assert entries.filtered_by(QueryDict()).count() == 0
    assert [entry.probe for entry in entries.filtered_by(QueryDict("probes=1"))] == [True]
    # PostgreSQL would read those of all endpoints again for each row, once they are too many for its memory.
    assert "SubPlan" not in entries.without_probes().explain() or connection.vendor == "sqlite"


def test_what_callers_said_at_the_same_time_stays_theirs(logging, alice, world):
    probe_of(alice, logging)
    tried(alice, logging)
    with gateway.speech_client(logging.resource, Network(**settings.NETWORK)) as caller:
        caller.recognize(world.url, spoken(6), logging.locale, logging.remote_id)
    refresh(logging)
    found = dict(LogEntry.objects.filter(endpoint=logging).values_list("duration", "probe"))
    assert found[timedelta(seconds=6)] is False
    assert LogEntry.objects.filter(probe=True).count() == 2


def test_a_probe_that_expires_unsaved_alerts_nobody(logging, alice):
    tried(alice, logging)
    keep_logs(alice, logging)
    LogFile.objects.update(created_at=timezone.now() - timedelta(days=29))
    now = timezone.now()
    assert LogFile.objects.missing().exists()
    assert list(logs_about_to_expire(Seen(now, now))) == []


def test_a_probe_that_the_service_has_deleted_is_no_loss(logging, alice, world):
    tried(alice, logging)
    refresh(logging)
    for file in world.logs(logging.remote_id):
        world.call("DELETE", f"/endpoints/{logging.remote_id}/files/logs/{file['self'].rpartition('/')[2]}")
    assert LogFile.objects.in_azure().count() == 2
    refresh(logging)
    assert LogFile.objects.in_azure().count() == 0
    assert LogDay.objects.aggregate(lost=Sum("vanished", default=0)) == {"lost": 0}


def test_a_probe_that_somebody_has_read_says_nothing_about_the_quality(logging, alice):
    tried(alice, logging)
    refresh(logging)
    assert LogFile.objects.unread(logging) == 0
    LogEntry.objects.update(outcome=Outcome.RECOGNIZED, text="Where is Zeobaifo?", confidence=0.9)
    assert sums.add(logging) == 0
    LogEntry.objects.update(probe=False)
    assert sums.add(logging) == 1


def test_the_entry_of_a_run_in_the_logs_is_a_witness(logging, alice):
    probe = probe_of(alice, logging)
    check(probe, alice)
    assert timedelta(minutes=50) < probe.due_at - timezone.now() <= HOUR
    refresh(logging)
    go_on(probe)
    assert probe.runs.first().logged is True
    assert (probe.verdict, probe.in_a_row) == (Verdict.CUSTOM, 2)
    assert probe.due_at - timezone.now() > 4 * HOUR


def test_the_list_is_read_for_a_probe_whose_logs_nobody_keeps(logging, alice):
    probe = probe_of(alice, logging)
    check(probe, alice)
    SentRecording.objects.filter(run__isnull=False).update(sent_at=timezone.now() - HOUR - timedelta(minutes=1))
    go_on(probe)
    assert probe.runs.first().logged is False  # the only entry is an hour too late
    assert probe.verdict == Verdict.NOT_LOGGED
    assert not LogArchive.objects.exists()


def test_a_whole_list_without_the_entry_says_that_it_was_not_logged(logging, alice, world):
    world.post("serves_base", {"endpoint": logging.remote_id, "on": False})
    probe = probe_of(alice, logging)
    check(probe, alice)
    as_if_earlier(probe, HOUR * 2)
    keep_logs(alice, logging)
    LogEntry.objects.all().delete()
    SentRecording.objects.update(entry=None)
    go_on(probe)
    assert (probe.verdict, probe.in_a_row) == (Verdict.NOT_LOGGED, 1)
    check(probe, alice)  # until its entry is looked for, what was known last stays
    assert (probe.verdict, probe.in_a_row) == (Verdict.NOT_LOGGED, 2)
    refresh(logging)
    go_on(probe)
    assert probe.verdict == Verdict.CUSTOM


def test_an_endpoint_that_the_base_model_answers_for_logs_nothing(logging, alice, world):
    probe = probe_of(alice, logging)
    world.post("serves_base", {"endpoint": logging.remote_id})
    assert check(probe, alice).verdict == Verdict.BASE
    as_if_earlier(probe, HOUR * 2)
    refresh(logging)
    go_on(probe)
    assert (probe.runs.first().logged, probe.verdict) == (False, Verdict.BASE)
    world.post("serves_base", {"endpoint": logging.remote_id, "on": False})
    assert check(probe, alice).verdict == Verdict.CUSTOM


def test_an_endpoint_whose_logs_stay_empty_though_it_logs_is_told_as_soon_as_that_can_be_known(logging, alice, world):
    world.post("logs_nothing", {"endpoint": logging.remote_id})
    probe = probe_of(alice, logging)
    assert check(probe, alice).verdict == Verdict.CUSTOM
    go_on(probe)  # too early
    assert (probe.runs.first().logged, probe.verdict) == (None, Verdict.CUSTOM)
    as_if_earlier(probe, HOUR + timedelta(minutes=1))
    go_on(probe)
    assert (probe.runs.first().logged, probe.verdict) == (False, Verdict.NOT_LOGGED)
    world.post("serves_base", {"endpoint": logging.remote_id})
    assert check(probe, alice).verdict == Verdict.BASE
    as_if_earlier(probe, timedelta(minutes=5))  # so soon that the next entry may be of this run, too
    for fault in ("serves_base", "logs_nothing"):
        world.post(fault, {"endpoint": logging.remote_id, "on": False})
    assert check(probe, alice).verdict == Verdict.NOT_LOGGED
    refresh(logging)
    go_on(probe)
    assert (probe.runs.first().logged, probe.verdict) == (True, Verdict.CUSTOM)
    told = Event.objects.filter(verb__in=(Verb.BASE_ANSWERS, Verb.CUSTOM_ANSWERS)).order_by("at", "pk")
    assert [one.verb for one in told] == [Verb.BASE_ANSWERS, Verb.CUSTOM_ANSWERS]


def test_nothing_is_looked_for_where_logging_is_off(logging, alice):
    probe = probe_of(alice, logging)
    check(probe, alice)
    logging.logging_enabled = False
    logging.save(update_fields=["logging_enabled"])
    probe.refresh_from_db()
    assert logged.look_at(type(probe).objects.get()) is None


WAYS = pytest.mark.parametrize("version", ["v3.2", "2024-11-15"])  # as short audio, and by the protocol of the SDK


@pytest.fixture
def at_once(monkeypatch):
    """Speech is sent faster than anyone speaks."""
    monkeypatch.setattr(streaming, "SPEED", 10_000.0)


def by_version(version, endpoint, world, worker):
    """The endpoint as this version has it: the newer one has no list of logs, but the customer's own container."""
    resource = endpoint.resource
    resource.api_version, resource.log_container = version, Secret.of(world.container()) if version != "v3.2" else None
    resource.save(update_fields=["api_version", "log_container"])
    worker.mirror()
    return Endpoint.objects.get(pk=endpoint.pk)


def entries_of(endpoint):
    """For each new entry whether it is our own. What the simulator has generated is days old."""
    refresh(endpoint)
    new = LogEntry.objects.filter(endpoint=endpoint, at__gt=timezone.now() - HOUR)
    return list(new.order_by("at", "pk").values_list("probe", flat=True))


def speak(person, endpoint, seconds):
    """A person tries the endpoint."""
    trial = submit.ask(key=uuid.uuid4(), actor=person.user, endpoint=endpoint, wav=spoken(seconds))
    assert work_on(trial).error == ""


@WAYS
def test_what_a_person_tries_while_the_endpoint_is_redeployed_is_known(logging, alice, world, worker, at_once, version):
    logging = by_version(version, logging, world, worker)
    world.stop()
    other = fitting(logging).first()
    change = changes.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=logging, model=other)
    worker.step(change)
    assert change.sent_at
    speak(alice, Endpoint.objects.get(pk=logging.pk), 3)
    world.go()
    assert entries_of(logging) == [True]
    watching.take(logging)
    assert not QualityDay.objects.exists()


@pytest.mark.parametrize(("version", "phrases"), [("v3.2", 1), ("2024-11-15", 3)])
def test_a_recording_that_the_service_cuts_into_phrases_is_known_by_each(
    logging, alice, world, worker, at_once, version, phrases
):
    logging = by_version(version, logging, world, worker)
    speak(alice, logging, 40)
    assert entries_of(logging) == [True] * phrases
    watching.take(logging)
    assert not QualityDay.objects.exists()


def test_phrases_of_ours_leave_what_a_caller_said_meanwhile_to_the_caller(logging, alice, world, worker, at_once):
    logging = by_version("2024-11-15", logging, world, worker)
    speak(alice, logging, 40)
    world.advance(60)
    with gateway.speech_client(logging.resource, Network(**settings.NETWORK)) as caller:
        caller.recognize(world.url, spoken(15), logging.locale, logging.remote_id)
    assert entries_of(logging) == [True, True, True, False]
