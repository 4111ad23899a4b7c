"""The id of a form names one request of one person: with the id of another's, the answer is that of a missing page."""

import uuid

import pytest
from django.urls import reverse

from endpoints.changes import bulk, refusals, submit
from endpoints.logs.purge.requests import request_purge
from endpoints.models import Bulk, Change, Endpoint, Event, Grant, Resource, RoleName
from tests.conftest import person


@pytest.fixture
def elsewhere(endpoint):
    """An endpoint of another Speech resource, with the same model."""
    resource = Resource.objects.create(name="Fabrikam", region="eastus")
    more = {"remote_id": str(uuid.uuid4()), "locale": endpoint.locale, "model": endpoint.model}
    return Endpoint.objects.create(resource=resource, display_name="Hotline", **more)


@pytest.fixture
def dana(nemo, elsewhere):
    """A deployer of that resource alone."""
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, resource=elsewhere.resource)
    return nemo


def form_of(endpoint, page, key):
    fields = {
        "edit": {"name": "Renamed", "description": ""},
        "delete": {"name": endpoint.display_name, "reason": "Old"},
    }
    return reverse(f"endpoints:{page}", args=[endpoint.pk]), {"key": str(key), **fields[page]}


@pytest.mark.parametrize("page", ["edit", "delete"])
def test_the_id_of_a_change_outside_the_own_scope_is_answered_like_a_missing_page(
    alice, dana, elsewhere, endpoint, page
):
    facts = {"actor": alice.user, "endpoint": endpoint}
    secret = submit.edit(key=uuid.uuid4(), desired={"description": "Merger with Fabrikam"}, reason="Merger", **facts)
    before = Change.objects.count(), Event.objects.count()
    answer = dana.post(*form_of(elsewhere, page, secret.pk))
    text = answer.content.decode()
    assert answer.status_code == 404
    assert "<h1>Page not found</h1>" in text
    assert not [word for word in (endpoint.display_name, "Merger", "alice", str(endpoint.pk)) if word in text]
    assert (Change.objects.count(), Event.objects.count()) == before
    ordinary = dana.post(*form_of(elsewhere, page, uuid.uuid4()))
    assert ordinary.status_code == 302
    assert "Hotline" in Change.objects.latest("requested_at").endpoint_name


def test_the_id_of_another_persons_change_within_the_own_scope_is_not_the_own_one(alice, endpoint):
    secret = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"description": "x"})
    arthur = person("arthur", "admin")
    assert arthur.post(*form_of(endpoint, "delete", secret.pk)).status_code == 404
    assert alice.post(*form_of(endpoint, "delete", secret.pk)).status_code == 409


def test_the_id_of_another_persons_bulk_change_is_not_added_to(alice, dana, elsewhere, endpoint):
    key = uuid.uuid4()
    bulk.ask(key=key, actor=alice.user, action=bulk.Action.DELETE, seen={})
    (item,) = bulk.plan(bulk.Action.DELETE, [elsewhere])
    with pytest.raises(refusals.KeyTaken):
        bulk.ask(key=key, actor=dana.user, action=bulk.Action.DELETE, seen={elsewhere.pk: item.stamp})
    assert (Change.objects.count(), Bulk.objects.get().skipped) == (0, [])


def test_the_id_of_another_persons_purge_is_not_the_own_one(alice, dana, elsewhere, endpoint):
    first = request_purge(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Old", keys=["a"])
    with pytest.raises(refusals.KeyTaken):
        request_purge(key=first.pk, actor=dana.user, endpoint=elsewhere, reason="Old", keys=["b"])
    assert Event.objects.filter(verb="purge-requested").count() == 1
