"""What a token doesn't cover is answered like what doesn't exist, also by a key that was used when it did."""

import json
import re
from uuid import uuid4

import pytest

from endpoints.api.application import api
from endpoints.models import (
    Address,
    AddressChange,
    Change,
    Download,
    Endpoint,
    Event,
    Grant,
    LogEntry,
    Probe,
    Quality,
    Recording,
    Resource,
    SpeechModel,
)
from tests.api.conftest import Program
from tests.conftest import person
from tests.test_permissions import BODIES


@pytest.fixture
def rows(resource, world, worker, pipeline):
    """A row of every noun on Contoso, by the first part of its address."""
    world.begin(endpoints=2, logs=2, rate_limit="0/0")
    worker.mirror()
    logged = Endpoint.objects.filter(logging_enabled=True).first()
    asked = pipeline.send(f"/endpoints/{logged.pk}/downloads", {}).json()
    worker.download(Download.objects.get(pk=asked["id"]))
    pipeline.send(f"/endpoints/{logged.pk}/edit", {"description": "New"})
    pipeline.send("/addresses", {"name": "hotline", "endpoint": str(logged.pk)})
    recording = Recording.of(b"RIFF", 2.0)
    recording.save()
    Probe.objects.create(endpoint=logged, recording=recording)
    Quality.objects.create(endpoint=logged, verdict="worse")
    return {
        "endpoints": logged.pk,
        "changes": Change.objects.get().pk,
        "models": SpeechModel.objects.first().pk,
        "resources": resource.pk,
        "downloads": asked["id"],
        "addresses": AddressChange.objects.get().pk,
        "entry": LogEntry.objects.filter(endpoint=logged).first().pk,
    }


@pytest.fixture
def of_fabrikam(db):
    """May do on another Speech resource whatever the API has, and nothing on Contoso."""
    fabrikam = Resource.objects.create(name="Fabrikam", region="westus")
    program = Program(person("fabrikam", None).user, "elsewhere")
    for role in ("deployer", "log-admin", "resource-admin"):
        Grant.objects.create(person=program.user, role=role, resource=fabrikam)
    return program


def operations():
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for one in view.operations:
                yield one.operation_id, one.methods[0], path


def filled_in(path, rows, name):
    noun = path.split("/")[1]
    path = re.sub(r"{\w+:pk}", str(rows[noun]), path) if "pk}" in path else path
    return path.replace("{int:entry}", str(rows["entry"])).replace("{slug:name}", name)


def test_the_ids_of_another_resource_are_answered_like_those_of_nothing(rows, of_fabrikam, pipeline):
    nothing = {**{noun: uuid4() for noun in rows}, "entry": 2**40}
    asked = 0
    for name, method, path in operations():
        if "{" not in path:
            continue
        said = []
        for ids, address in ((rows, "hotline"), (nothing, "nowhere")):
            there = filled_in(path, ids, address)
            answer = (
                of_fabrikam.get(f"/api/v1{there}") if method == "GET" else of_fabrikam.send(there, BODIES.get(name, {}))
            )
            said.append((answer.status_code, answer.content))
        assert said[0] == said[1], (name, said)
        assert said[0][0] == 404, (name, said)
        asked += 1
    assert asked > 30
    assert Change.objects.count() == 1
    assert Address.objects.get().name == "hotline"


def test_no_list_has_a_row_of_another_resource(rows, of_fabrikam):
    for noun in ("endpoints", "changes", "models", "projects", "downloads", "addresses"):
        assert of_fabrikam.ask(f"/{noun}")["items"] == [], noun
    assert [one["name"] for one in of_fabrikam.ask("/resources")["items"]] == ["Fabrikam"]
    words = json.dumps(of_fabrikam.ask("/activity?limit=200"))
    assert "hotline" not in words
    assert str(rows["endpoints"]) not in words


def test_a_key_shows_nothing_that_its_person_no_longer_sees(endpoint, other, of_fabrikam):
    grant = Grant.objects.create(person=of_fabrikam.user, role="deployer", resource=endpoint.resource)
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk), "reason": "Release 7"}
    assert of_fabrikam.send(address, body, key="1").status_code == 202
    grant.delete()
    again = of_fabrikam.send(address, body, key="1")
    assert again.status_code == 404
    assert endpoint.display_name not in again.content.decode()
    grant.save(force_insert=True)
    assert of_fabrikam.send(address, body, key="1").status_code == 202
    assert Change.objects.count() == 1


def test_a_key_of_a_token_with_more_rights_opens_nothing_for_one_with_fewer(pipeline, endpoint, other):
    narrow = Program(pipeline.user, "reads", rights=["view_endpoint"])
    address, body = f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)}
    assert pipeline.send(address, body, key="1").status_code == 202
    assert narrow.send(address, body, key="1").status_code == 403
    second = Program(pipeline.user, "second")
    assert second.send(address, body, key="1").status_code == 202
    (event,) = Event.objects.filter(verb="requested-change-model")
    assert event.facts["by_token"] == "pipeline"


def test_a_cursor_of_somebody_else_or_of_another_list_shows_nothing_more(rows, of_fabrikam, pipeline):
    cursor = pipeline.ask("/endpoints?limit=1")["next_cursor"]
    assert cursor
    assert of_fabrikam.ask(f"/endpoints?cursor={cursor}")["items"] == []
    for path in ("/models", "/projects", "/addresses", "/endpoints?sort=name"):
        joint = "&" if "?" in path else "?"
        assert pipeline.get(f"/api/v1{path}{joint}cursor={cursor}").status_code in (200, 422), path
        assert of_fabrikam.get(f"/api/v1{path}{joint}cursor={cursor}").json().get("items", []) == [], path


def test_rights_that_a_person_loses_are_lost_to_each_token_at_once(endpoint, of_fabrikam):
    grant = Grant.objects.create(person=of_fabrikam.user, role="deployer", resource=endpoint.resource)
    address, body = f"/endpoints/{endpoint.pk}/edit", {"description": "New"}
    Grant.objects.filter(pk=grant.pk).update(role="viewer")
    assert of_fabrikam.send(address, body).status_code == 404  # it may deploy elsewhere, and not here
    assert of_fabrikam.ask(f"/endpoints/{endpoint.pk}")["name"] == endpoint.display_name
    Grant.objects.all().delete()
    assert of_fabrikam.get(f"/api/v1/endpoints/{endpoint.pk}").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/endpoints/", 404),
        ("//endpoints", 404),
        ("/endpoints?limit=1&limit=500", 422),
        ("/endpoints?limit=500&limit=1", 200),  # the value that is checked is the one that is used
        ("/endpoints?status=succeeded&status=Broken", 422),
        ("/endpoints?who=base&quality=worse", 200),
        ("/endpoints?who=nobody", 422),
        ("/endpoints?quality=", 422),
        ("/changes?open=maybe", 422),
    ],
)
def test_odd_addresses(path, status, pipeline, endpoint):
    assert pipeline.get(f"/api/v1{path}").status_code == status


@pytest.mark.parametrize("method", ["head", "options", "patch", "trace"])
def test_other_methods_are_refused_like_any_mistake(method, pipeline, endpoint):
    answer = getattr(pipeline, method)(f"/api/v1/endpoints/{endpoint.pk}")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 202),
        ("application/json; charset=utf-8", 202),
        ("APPLICATION/JSON", 202),
        ("text/json", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json/x", 415),
    ],
)
def test_a_body_says_that_it_is_json(kind, status, pipeline, endpoint):
    answer = pipeline.post(
        f"/api/v1/endpoints/{endpoint.pk}/edit",
        b'{"description": "New"}',
        content_type=kind,
        headers={"Idempotency-Key": "1"},
    )
    assert answer.status_code == status, answer.content


@pytest.mark.parametrize("seen", ['"0"', "*, ", "W/x", "x" * 5000, ""])
def test_a_change_by_somebody_who_has_seen_another_state_is_refused(seen, pipeline, endpoint):
    answer = pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"description": "New"}, **{"If-Match": seen})
    assert (answer.status_code, answer.json()["type"]) == (412, "/api/problems/stale")
    assert not Change.objects.exists()
