"""Columns of the list that say whose an endpoint is and where: who sees them, their order and their filters."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.models import Endpoint, Resource
from tests.pages.reading import endpoint_ids


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()


@pytest.fixture
def owned(many):
    """Endpoints of alice, of bob, and of somebody in Azure, by their owner."""
    by_owner = dict(zip(("alice", "bob", ""), Endpoint.objects.order_by("pk"), strict=False))
    for name, endpoint in by_owner.items():
        Endpoint.objects.filter(pk=endpoint.pk).update(
            owner=name, changed_by=name, last_action_at=timezone.now() - timedelta(days=2), updated_at=timezone.now()
        )
    return by_owner


@pytest.fixture
def elsewhere(many):
    """A second Speech resource, with one of the endpoints."""
    endpoint = Endpoint.objects.order_by("pk")[0]
    second = Resource.objects.create(name="Fabrikam", region="westeurope", mirrored_at=timezone.now())
    Endpoint.objects.filter(pk=endpoint.pk).update(resource=second)
    return endpoint


def row(client, endpoint, query=""):
    page = client.get(f"/endpoints/{query}").content.decode()
    found = re.search(rf'<tr id="endpoint-{endpoint.pk}".*?</tr>', page, re.DOTALL)[0]
    return {
        column: re.sub("<[^>]*>", " ", cell).split()
        for column, cell in re.findall(r'class="col-([^"]+)"[^>]*>(.*?)</t[dh]>', found, re.DOTALL)
    }


def test_a_row_says_who_requested_the_endpoint_and_by_whom_its_last_change_is(bob, owned):
    mine = row(bob, owned["alice"])
    assert (mine["owner"], mine["changed"]) == (["alice"], ["2", "days", "ago", "by", "alice"])
    theirs = row(bob, owned[""])
    assert (theirs["owner"], theirs["changed"]) == (["in", "Azure"], ["2", "days", "ago", "in", "Azure"])


def test_owners_are_a_filter_and_an_order(bob, owned):
    page = bob.get("/endpoints/").content.decode()
    menu = re.search(r'<select id="filter-owner".*?</select>', page, re.DOTALL)[0]
    assert re.findall('value="([^"]*)"', menu) == ["", "alice", "bob", "/azure"]
    ids = {name: str(endpoint.pk) for name, endpoint in owned.items()}
    assert endpoint_ids(bob.get("/endpoints/", {"owner": "alice"})) == [ids["alice"]]
    outside = endpoint_ids(bob.get("/endpoints/", {"owner": "/azure"}))
    assert ids[""] in outside
    assert not {ids["alice"], ids["bob"]} & set(outside)
    assert endpoint_ids(bob.get("/endpoints/", {"sort": "-owner"}))[:2] == [ids["bob"], ids["alice"]]


def test_resource_and_region_are_shown_when_there_are_several(bob, many):
    endpoint = Endpoint.objects.order_by("pk")[0]
    assert "resource" not in row(bob, endpoint)
    second = Resource.objects.create(name="Fabrikam", region="westeurope", mirrored_at=timezone.now())
    Endpoint.objects.filter(pk=endpoint.pk).update(resource=second)
    assert row(bob, endpoint)["resource"] == ["Fabrikam", "westeurope"]


@pytest.mark.parametrize("sort", ["resource", "region"])
def test_the_list_is_sorted_by_resource_and_region(bob, elsewhere, sort):
    assert endpoint_ids(bob.get("/endpoints/", {"sort": sort}))[-1] == str(elsewhere.pk)
    assert endpoint_ids(bob.get("/endpoints/", {"sort": f"-{sort}"}))[0] == str(elsewhere.pk)


def test_the_model_id_is_a_column_for_those_who_choose_it(alice, bob, endpoint):
    bob.post("/endpoints/columns/", {"column": ["model", "model-id"]})
    assert row(bob, endpoint)["model-id"] == [endpoint.model.remote_id]
    assert "model-id" not in row(alice, endpoint)


def test_what_a_person_has_hidden_is_not_in_the_row(bob, elsewhere):
    bob.post("/endpoints/columns/", {"column": ["resource", "changed"]})
    assert row(bob, elsewhere)["resource"] == ["Fabrikam"]
    assert set(row(bob, elsewhere)) == {"select", "name", "resource", "changed"}
