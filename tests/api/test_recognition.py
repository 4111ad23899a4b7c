"""Who answers for an endpoint, and the quality of its recognition, by the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.models import Endpoint, Event, Probe, Quality, Recording
from endpoints.models.verbs import Verb


@pytest.fixture
def probe(endpoint):
    recording = Recording.of(b"RIFF", 2.0)
    recording.save()
    now = timezone.now()
    facts = {"verdict": "base", "verdict_at": now, "checked_at": now, "in_a_row": 3, "due_at": now + timedelta(hours=6)}
    return Probe.objects.create(endpoint=endpoint, recording=recording, **facts)


def test_a_program_asks_who_answers_and_has_it_checked_once(pipeline, endpoint, probe):
    path = f"/endpoints/{endpoint.pk}/who-answers"
    found = pipeline.ask(path)
    assert (found["verdict"], found["times"], found["checking"]) == ("base", 3, False)
    for _time in range(2):
        asked = pipeline.send(f"{path}/check", key="release-7")
        assert (asked.status_code, asked.json()["checking"]) == (202, True)
    assert pipeline.send(f"{path}/check").status_code == 202  # asked already
    (event,) = Event.objects.filter(verb=Verb.PROBE_ASKED)
    assert (event.facts["by_token"], event.endpoint_id) == ("pipeline", endpoint.pk)
    probe.refresh_from_db()
    assert probe.due_at <= timezone.now()


def test_without_a_recording_nobody_can_tell(pipeline, endpoint):
    path = f"/endpoints/{endpoint.pk}/who-answers"
    for answer in (pipeline.get(f"/api/v1{path}"), pipeline.send(f"{path}/check")):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "This endpoint has no probe."


def test_whoever_may_only_view_has_nothing_checked(watcher, endpoint, probe):
    assert watcher.ask(f"/endpoints/{endpoint.pk}/who-answers")["verdict"] == "base"
    assert watcher.send(f"/endpoints/{endpoint.pk}/who-answers/check").status_code == 403
    assert not Event.objects.filter(verb=Verb.PROBE_ASKED).exists()


def test_a_program_sees_the_quality_that_the_list_shows(pipeline, endpoint):
    path = f"/endpoints/{endpoint.pk}"
    assert pipeline.ask(path)["quality"] is None
    nothing = pipeline.ask(f"{path}/quality")
    assert (nothing["word"], nothing["verdict"], nothing["entries_since"]) == (None, "unknown", 0)
    Quality.objects.create(endpoint=endpoint, verdict="too-few", since=timezone.now(), entries_since=7)
    assert pipeline.ask(path)["quality"] is None
    assert pipeline.ask(f"{path}/quality")["verdict"] == "too-few"
    Quality.objects.update(verdict="worse", before_share=0.05, since_share=0.25)
    (row,) = pipeline.ask("/endpoints?quality=worse")["items"]
    assert row["quality"] == "worse"
    assert pipeline.ask(path) == row
    found = pipeline.ask(f"{path}/quality")
    assert (found["word"], found["without_result_before"], found["without_result_since"]) == ("worse", 0.05, 0.25)
    Quality.objects.update(silent_days=5)
    assert pipeline.ask("/endpoints")["items"][0]["quality"] == "silent"
    assert pipeline.ask("/endpoints?quality=worse")["items"] == []
    assert Endpoint.objects.count() == 1
