"""Endpoints by the API: the same rows, filters and rules as on the pages."""

from endpoints.models import Change, Endpoint
from endpoints.models.event import Event


def test_a_program_lists_endpoints(pipeline, endpoint):
    found = pipeline.ask("/endpoints")
    assert [one["id"] for one in found["items"]] == [str(endpoint.pk)]
    assert found["next_cursor"] is None
    assert pipeline.ask(f"/endpoints/{endpoint.pk}") == found["items"][0]


def test_a_program_changes_the_model(pipeline, endpoint, other, worker):
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk), "reason": "Release 7"})
    assert answer.status_code == 202, answer.content
    change = Change.objects.get()
    assert answer.json()["id"] == str(change.pk)
    assert change.actor == pipeline.user
    event = Event.objects.get(verb="requested-change-model")
    assert event.facts["by_token"] == "pipeline"
    worker.run_round()
    assert pipeline.ask(f"/changes/{change.pk}")["state"] in ("deploying", "done")
    assert Endpoint.objects.get().model == other
