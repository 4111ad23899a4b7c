"""Endpoints by the API: the same rows, filters and rules as on the pages."""

import pytest
from django.http import QueryDict

from endpoints.changes import decisions
from endpoints.models import Change, Endpoint, Event, Grant, Probe, Project, Recording, Resource, SpeechModel
from endpoints.pages.endpoint_list.selection import found
from tests.api.conftest import Program
from tests.conftest import person


def test_a_program_lists_endpoints(pipeline, endpoint):
    found = pipeline.ask("/endpoints")
    assert [one["id"] for one in found["items"]] == [str(endpoint.pk)]
    assert found["next_cursor"] is None
    assert pipeline.ask(f"/endpoints/{endpoint.pk}") == found["items"][0]


def test_a_program_sees_which_model_answers(pipeline, endpoint):
    assert pipeline.ask(f"/endpoints/{endpoint.pk}")["who_answers"] is None
    recording = Recording.of(b"RIFF", 2.0)
    recording.save()
    probe = Probe.objects.create(endpoint=endpoint, recording=recording, checked_at=endpoint.created_at)
    for verdict, said in (("", "unknown"), ("base", "base")):
        Probe.objects.filter(pk=probe.pk).update(verdict=verdict)
        (found,) = pipeline.ask("/endpoints")["items"]
        assert found["who_answers"]["verdict"] == said
        assert found["who_answers"]["checked_at"][:10] == f"{endpoint.created_at:%Y-%m-%d}"
        assert pipeline.ask(f"/endpoints/{endpoint.pk}") == found


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


def test_a_change_says_what_an_edit_wants(pipeline, endpoint, other):
    answer = pipeline.send(
        f"/endpoints/{endpoint.pk}/edit", {"description": "New", "logging": True, "reason": "Review"}
    )
    assert answer.status_code == 202, answer.content
    wants = {"name": None, "description": "New", "logging": None if endpoint.logging_enabled else True}
    assert answer.json()["requested"] == wants
    decisions.cancel(Change.objects.get(), actor=pipeline.user)
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk), "reason": "Release 7"})
    assert answer.json()["requested"] == dict.fromkeys(wants)


def test_a_program_deploys_and_deletes(pipeline, mirrored, worker):
    model = SpeechModel.objects.deployable().exclude(display_name__icontains="broken").first()
    body = {"name": "By a pipeline", "model": str(model.pk), "description": "Release 7"}
    answer = pipeline.send("/endpoints", body)
    assert answer.status_code == 202, answer.content
    worker.run_round()
    made = Endpoint.objects.get(display_name="By a pipeline")
    assert made.remote_id
    assert (made.owner, made.model, made.locale) == ("robot", model, model.locale)


def test_reasons_are_required_as_on_the_pages(pipeline, endpoint):
    for action, body in (("go-back", {}), ("delete", {"name": endpoint.display_name}), ("go-back", {"reason": " "})):
        answer = pipeline.send(f"/endpoints/{endpoint.pk}/{action}", body)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["#/reason"]
    assert not Change.objects.exists()


def test_the_name_is_typed_before_anything_is_deleted(pipeline, endpoint):
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/delete", {"name": "Another", "reason": "No longer used"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/name"
    body = {"name": endpoint.display_name, "reason": "No longer used"}
    assert pipeline.send(f"/endpoints/{endpoint.pk}/delete", body).json()["kind"] == "delete"


def test_an_edit_changes_only_what_it_names(pipeline, endpoint, worker):
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"description": "For the hotline"})
    assert answer.status_code == 202, answer.content
    assert Change.objects.get().desired == {"description": "For the hotline"}
    again = pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"logging": not endpoint.logging_enabled})
    assert (again.status_code, again.json()["change"]) == (409, answer.json()["id"])


def test_going_back_takes_the_place_of_the_open_change_that_it_names(pipeline, endpoint, other, worker):
    first = endpoint.model
    pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)})
    worker.run_round()
    change = Change.objects.get()
    if change.is_open:
        assert pipeline.send(f"/endpoints/{endpoint.pk}/go-back", {"reason": "Worse"}).status_code == 409
    body = {"reason": "Worse", "replaces": str(change.pk) if change.is_open else None}
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/go-back", body)
    assert answer.status_code == 202, answer.content
    assert answer.json()["model"]["id"] == str(first.pk)


def test_a_change_that_is_scheduled_is_canceled(pipeline, endpoint, other):
    body = {"model": str(other.pk), "at": "2999-01-01T00:00:00+01:00"}
    other.expires_at = None
    other.save(update_fields=["expires_at"])
    asked = pipeline.send(f"/endpoints/{endpoint.pk}/change-model", body).json()
    assert asked["scheduled_for"] == "2998-12-31T23:00:00Z"
    assert pipeline.send(f"/changes/{asked['id']}/cancel").json()["state"] == "canceled"
    assert pipeline.send(f"/changes/{asked['id']}/cancel").status_code == 409
    past = pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {**body, "at": "2020-01-01T00:00:00Z"})
    assert past.json()["errors"][0]["pointer"] == "#/at"


def test_an_endpoint_that_has_changed_is_not_overwritten(pipeline, endpoint, other):
    address = f"/endpoints/{endpoint.pk}"
    seen = pipeline.get(f"/api/v1{address}")["ETag"]
    Endpoint.objects.filter(pk=endpoint.pk).update(description="Changed by somebody else")
    body = {"model": str(other.pk)}
    late = pipeline.send(f"{address}/change-model", body, **{"If-Match": seen})
    assert late.status_code == 412
    assert not Change.objects.exists()
    now = pipeline.get(f"/api/v1{address}")["ETag"]
    assert late["ETag"] == now
    assert pipeline.send(f"{address}/change-model", body, **{"If-Match": now}).status_code == 202


def test_what_has_not_changed_is_not_sent_again(pipeline, endpoint):
    for address in ("/endpoints", f"/endpoints/{endpoint.pk}", "/models"):
        etag = pipeline.get(f"/api/v1{address}")["ETag"]
        again = pipeline.get(f"/api/v1{address}", headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("sort", ["", "name", "-name", "model", "resource", "expiration", "-changed", "logging"])
def test_a_cursor_leads_through_all_endpoints_once(sort, pipeline, mirrored, world, worker):
    world.begin(endpoints=23, rate_limit="0/0")
    worker.mirror()
    ids, cursor = [], ""
    while cursor is not None:
        page = pipeline.ask(f"/endpoints?limit=5&cursor={cursor}{sort and f'&sort={sort}'}")
        ids += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(ids) == len(set(ids)) == Endpoint.objects.present().count()


def test_the_filters_are_those_of_the_page(pipeline, mirrored, world, worker):
    world.begin(endpoints=23, rate_limit="0/0")
    worker.mirror()
    one = Endpoint.objects.order_by("pk").first()
    for query in (
        f"locale={one.locale}",
        "logging=on",
        f"q={one.display_name[:4]}",
        f"model={one.model_id}",
        "expiring=365",
    ):
        shown = {str(row.pk) for row in found(pipeline.user, QueryDict(query))}
        assert {row["id"] for row in pipeline.ask(f"/endpoints?limit=200&{query}")["items"]} == shown


def test_a_program_sees_what_its_person_sees(endpoint, db, pipeline):
    somebody = Program(person("somebody", None).user)
    assert somebody.get("/api/v1/endpoints").status_code == 403
    other = Resource.objects.create(name="Fabrikam", region="westus")
    Grant.objects.create(person=somebody.user, role="viewer", resource=other)
    assert somebody.ask("/endpoints")["items"] == []
    assert somebody.get(f"/api/v1/endpoints/{endpoint.pk}").status_code == 404
    assert [one["name"] for one in somebody.ask("/resources")["items"]] == ["Fabrikam"]


def test_the_other_lists(pipeline, endpoint, mirrored):
    assert {one["id"] for one in pipeline.ask("/models?limit=200")["items"]} == {
        str(pk) for pk in SpeechModel.objects.present().values_list("pk", flat=True)[:200]
    }
    model = pipeline.ask("/models?deployed=1")["items"][0]
    assert pipeline.ask(f"/models/{model['id']}") == model
    assert [one["name"] for one in pipeline.ask("/resources")["items"]] == ["Contoso"]
    assert pipeline.ask(f"/resources/{mirrored.pk}")["health"] == "ok"
    assert len(pipeline.ask("/projects?limit=200")["items"]) == Project.objects.present().count()
    assert pipeline.ask("/me")["token"] == "pipeline"


def test_a_resource_is_paused_and_resumed(pipeline, mirrored):
    paused = pipeline.send(f"/resources/{mirrored.pk}/pause", {"reason": "Maintenance"})
    assert paused.json()["health"] == "paused"
    assert pipeline.send(f"/resources/{mirrored.pk}/pause", {"reason": "Maintenance"}).status_code == 409
    assert pipeline.send(f"/resources/{mirrored.pk}/resume").json()["paused"] is False
