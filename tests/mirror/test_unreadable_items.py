"""An item of the service that cannot be read is named; all others are shown as ever."""

import json
from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.models import Endpoint, Event, Resource, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.damage import damaged, incomplete

ENDPOINTS, MODELS, BASE_MODELS, PROJECTS = (
    r"/endpoints(\?|$)",
    r"/models(\?|$)",
    r"/models/base(\?|$)",
    r"/projects(\?|$)",
)
# The published answer of Endpoints_List, with a number in the customProperties of one of two endpoints.
TWO_ENDPOINTS = """{"values":[
{"self":"https://r.example/speechtotext/v3.2/endpoints/11111111-1111-4111-8111-111111111111","displayName":"A","locale":"en-US","status":"Succeeded","properties":{"loggingEnabled":false}},
{"self":"https://r.example/speechtotext/v3.2/endpoints/22222222-2222-4222-8222-222222222222","displayName":"B","locale":"en-US","status":"Succeeded","customProperties":{"attempt":0,"stage":"dev"}}]}
"""


def answers(world, path, *values):
    world.fail({"method": "GET", "path": path, "times": 1, "effect": {"body": {"values": list(values)}}})


def page(person, name="endpoints:list", *args):
    answer = person.get(reverse(name, args=args))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.fixture
def two(world, resource, worker):
    """Two endpoints, as the service lists them, after a refresh."""
    world.begin(endpoints=2, rate_limit="0/0")
    worker.mirror()
    return world.call("GET", "/endpoints")["values"]


def row_of(remote):
    return Endpoint.objects.get(remote_id=remote["self"].rpartition("/")[2])


def test_a_number_in_the_custom_properties_of_one_endpoint_hides_none(alice, resource, world, worker):
    answers(world, ENDPOINTS, *json.loads(TWO_ENDPOINTS)["values"])
    worker.mirror()
    assert sorted(Endpoint.objects.values_list("display_name", "status", "unreadable")) == [
        ("A", "Succeeded", ""),
        ("B", "Succeeded", ""),
    ]
    resource.refresh_from_db()
    assert resource.failing_since is None
    assert ">A<" in page(alice)


def test_an_endpoint_whose_id_cannot_be_read_is_named_in_its_row_and_the_other_is_live(alice, two, world, worker):
    odd, other = two
    name = odd["displayName"]
    answers(world, ENDPOINTS, {**odd, "self": 5, "displayName": "New name"}, {**other, "displayName": "Renamed"})
    worker.mirror()
    row = row_of(odd)
    assert (row.display_name, row.gone_at, row.unreadable) == (name, None, "`self` isn't a text value")
    assert row.shown_status.label == "Can't be read"
    assert row_of(other).display_name == "Renamed"
    shown = page(alice)
    assert "Can't be read" in shown
    assert "`self` isn't a text value" in shown
    assert "`self` isn't a text value" in page(alice, "endpoints:detail", row.pk)
    assert f"{name} can't be read" not in shown  # the row says so
    assert "New name can't be read: `self` isn't a text value." in page(alice, "endpoints:resources")
    worker.mirror()
    assert row_of(odd).unreadable == ""
    assert "annot be read" not in page(alice)


def test_an_item_that_belongs_to_no_row_is_named_above_the_list(alice, two, world, worker):
    answers(world, ENDPOINTS, *two, {"displayName": "Night line"}, None)
    worker.mirror()
    for shown in (page(alice), page(alice, "endpoints:resources")):
        assert "Night line can't be read: `self` is missing." in shown
        assert "An endpoint can't be read: it isn't an object." in shown
    assert Endpoint.objects.filter(unreadable="").count() == 2


def test_an_item_is_told_by_its_name_when_only_one_endpoint_has_it(two, world, worker):
    answers(world, ENDPOINTS, {"displayName": two[0]["displayName"]}, two[1])
    worker.mirror()
    assert row_of(two[0]).unreadable == "`self` is missing"
    Endpoint.objects.update(display_name="Same", unreadable="")
    answers(world, ENDPOINTS, {"displayName": "Same"})
    worker.mirror()
    assert not Endpoint.objects.exclude(unreadable="").exists()


@pytest.mark.parametrize("odd", [None, 7, {"displayName": "Night line"}])
def test_a_listing_with_an_unreadable_item_marks_nothing_as_gone(two, world, worker, odd):
    answers(world, ENDPOINTS, odd)
    worker.mirror()
    assert Endpoint.objects.present().count() == 2
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()
    answers(world, ENDPOINTS)
    worker.mirror()
    assert Endpoint.objects.present().count() == 0


def test_a_list_that_is_null_is_named_and_marks_nothing_as_gone(alice, two, world, worker):
    for path, name in ((ENDPOINTS, "endpoints"), (MODELS, "models"), (BASE_MODELS, "models"), (PROJECTS, "projects")):
        world.fail({"method": "GET", "path": path, "times": 1, "effect": {"body": {"values": None}}})
        Resource.objects.update(cataloged_at=None)
        worker.mirror()
        assert f"The list of {name} can't be read: the list is null." in page(alice)
    assert Endpoint.objects.present().count() == 2
    assert not SpeechModel.objects.exclude(gone_at=None).exists()
    assert Resource.objects.get().failing_since is None


@pytest.mark.parametrize(("path", "kind", "name"), [(MODELS, "custom", "A model"), (BASE_MODELS, "base", "A model")])
def test_a_model_that_cannot_be_read_is_named_and_no_model_is_marked_as_gone(
    alice, two, world, worker, path, kind, name
):
    answers(world, path, [])
    Resource.objects.update(cataloged_at=None)
    worker.mirror()
    assert SpeechModel.objects.filter(kind=kind, gone_at=None).exists()
    assert not SpeechModel.objects.exclude(gone_at=None).exists()
    assert f"{name} can't be read: it isn't an object." in page(alice)


def test_what_cannot_be_read_of_an_endpoint_stays_as_it_was_and_is_no_change(two, world, worker):
    odd, other = two
    before = row_of(odd)
    spoiled = {"self": odd["self"], "status": {}, "model": 1, "properties": [], "links": 0, "displayName": {}}
    answers(world, ENDPOINTS, {**odd, **spoiled, "description": 12, "locale": None}, other)
    worker.mirror()
    after = row_of(odd)
    for field in ("display_name", "locale", "model", "model_name", "status", "logging_enabled", "links"):
        assert getattr(after, field) == getattr(before, field)
    assert (after.description, after.unreadable) == ("12", "`status` isn't valid")
    changed = Event.objects.get(verb=Verb.CHANGED_OUTSIDE)
    assert changed.text.endswith("was changed outside this app: description")


def test_a_change_of_an_endpoint_that_cannot_be_read_waits_and_the_resource_is_not_failing(
    alice, endpoint, other, world, worker
):
    change = worker.step(request_model(alice, endpoint, other))
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    spoiled = {"body": {**remote, "self": None}}
    world.fail({"method": "GET", "path": f"/endpoints/{endpoint.remote_id}", "times": 2, "effect": spoiled})
    for _step in range(2):
        worker.step(change)
        assert change.state == ChangeState.DEPLOYING
        assert "`self` is missing" in change.error
        assert Resource.objects.get().failing_since is None
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE


SHARED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@given(data=st.data(), number=st.integers(0, 10**9))
@settings(max_examples=25, **SHARED)
def test_an_endpoint_that_is_damaged_in_any_way_hides_no_other(alice, two, world, worker, data, number):
    odd, other = two
    answers(world, ENDPOINTS, data.draw(damaged(odd)), {**other, "displayName": f"Other {number}"})
    worker.mirror()
    assert Resource.objects.get().failing_since is None
    assert Endpoint.objects.present().filter(display_name=f"Other {number}").exists()
    assert Endpoint.objects.present().filter(pk=row_of(odd).pk).exists()
    assert f"Other {number}" in page(alice)
    for row in Endpoint.objects.present():
        page(alice, "endpoints:detail", row.pk)


@pytest.mark.parametrize("logs", [True, False])
@given(data=st.data())
@settings(max_examples=40, **SHARED)
def test_a_property_that_is_missing_or_null_is_no_change_outside(two, world, worker, logs, data):
    odd, other = sorted(two, key=lambda one: one["properties"]["loggingEnabled"], reverse=logs)
    before = row_of(odd)
    answers(world, ENDPOINTS, data.draw(incomplete(odd)), other)
    worker.mirror()
    after = row_of(odd)
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()
    assert (after.status, after.model, after.facts) == (before.status, before.model, before.facts)
    assert after.logging_enabled == logs


@pytest.mark.parametrize("properties", [{}, {"loggingEnabled": None}], ids=["missing", "null"])
def test_content_logging_is_off_when_the_properties_have_no_flag_for_it(two, world, worker, properties):
    odd, other = two
    assert row_of(odd).logging_enabled
    answers(world, ENDPOINTS, {**odd, "properties": properties}, other)
    worker.mirror()
    assert not row_of(odd).logging_enabled
    assert Event.objects.get(verb=Verb.CHANGED_OUTSIDE).text.endswith("was changed outside this app: content logging")


@pytest.mark.parametrize("path", [MODELS, BASE_MODELS, PROJECTS])
@given(data=st.data(), number=st.integers(0, 10**9))
@settings(max_examples=12, **SHARED)
def test_a_model_or_project_that_is_damaged_in_any_way_hides_no_other(alice, two, world, worker, path, data, number):
    listed = world.call("GET", path.partition("(")[0])["values"]
    odd, other = listed[0], listed[1]
    answers(world, path, data.draw(damaged(odd)), {**other, "displayName": f"Other {number}"})
    Resource.objects.update(cataloged_at=None)
    worker.mirror()
    resource = Resource.objects.get()
    assert resource.failing_since is None
    rows = resource.projects if path == PROJECTS else resource.models
    assert rows.filter(display_name=f"Other {number}", gone_at=None).exists()
    for name in ("endpoints:list", "endpoints:models", "endpoints:resources", "endpoints:new"):
        page(alice, name)
