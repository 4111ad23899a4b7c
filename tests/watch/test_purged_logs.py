"""When content logs are deleted, recordings that were taken from them go with them."""

from datetime import date

import pytest
from django.urls import reverse

from endpoints.models import Event, Probe, Recording, Trial
from endpoints.models.verbs import Verb
from endpoints.watch import submit
from tests.logs.steps import request_purge, step
from tests.watch.speech import probe_of, tried

KEY = "2026-11-02_101010__0f8fad5b-d9cb-469f-a165-70867728950e"


def probe_from(alice, serving, source):
    return submit.save_probe(trial=tried(alice, serving, source=source), actor=alice.user)


@pytest.mark.parametrize("source", [KEY, f"{KEY}.wav"])
@pytest.mark.parametrize("what", [{"keys": ["another", KEY]}, {"until": date(2026, 11, 2)}])
def test_a_probe_is_removed_with_the_log_that_it_was_taken_from(alice, serving, source, what):
    probe_from(alice, serving, source)
    purge = step(request_purge(alice, serving, **what))
    assert (Probe.objects.count(), Recording.objects.count()) == (0, 0)
    event = Event.objects.get(verb=Verb.PROBE_REMOVED)
    assert (event.actor_name, event.detail, event.facts["purge"]) == ("alice", "Law", str(purge.pk))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (KEY, {"keys": ["another"]}),
        (KEY, {"until": date(2026, 11, 1)}),
        ("2026-11-02 call.wav", {"until": date(2026, 11, 2)}),
        ("", {"keys": [KEY]}),
        ("2026-11-02", {"keys": [KEY]}),  # a file, named as a log begins
    ],
)
def test_a_probe_from_elsewhere_stays(alice, serving, source, what):
    probe_from(alice, serving, source)
    step(request_purge(alice, serving, **what))
    assert Probe.objects.count() == 1
    assert Recording.objects.get().wav


def test_a_trial_forgets_its_recording_and_what_was_heard(alice, serving):
    tried(alice, serving, source=KEY)
    step(request_purge(alice, serving, keys=[KEY]))
    assert Trial.objects.get().answers is None
    assert Recording.objects.count() == 0


def test_people_read_so_before_they_delete_logs(alice, serving):
    page, said = reverse("endpoints:logs-purge", args=[serving.pk]), "The recording that shows which model answers"
    day = {"until": "2026-11-02", "purpose": "Law"}
    assert said not in alice.get(page, day).content.decode()
    probe_of(alice, serving)
    assert said in alice.get(page, day).content.decode()
