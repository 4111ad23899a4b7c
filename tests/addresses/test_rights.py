"""Whoever sees one endpoint of an address sees the address; whoever may deploy to each of them changes it."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from endpoints.access import door
from endpoints.addresses import submit
from endpoints.models import Endpoint, Grant, Project, RoleName
from tests.addresses.rows import a_resource, an_endpoint, move


@pytest.fixture
def elsewhere(db):
    """An endpoint in a resource that Nemo's grants do not cover."""
    return an_endpoint("Elsewhere", a_resource("Northwind"))


@pytest.fixture
def deployer(nemo, blue):
    """Nemo, who may deploy in one project: that of the endpoint that hotline leads to."""
    project = Project.objects.create(resource=blue.resource, remote_id="1", display_name="Calls", locale="de-DE")
    Endpoint.objects.filter(pk=blue.pk).update(project=project)
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=project)
    return nemo.user


def names(person, permission=door.VIEW):
    return [address.name for address in door.addresses(person, permission)]


def test_everybody_who_sees_everything_sees_all_addresses(alice, bob, nemo, hotline):
    assert names(alice.user) == names(bob.user) == ["hotline"]
    assert names(alice.user, door.DEPLOY) == ["hotline"]
    assert names(bob.user, door.DEPLOY) == names(nemo.user) == []
    assert door.address(bob.user, "hotline") == hotline
    with pytest.raises(PermissionDenied):
        door.address(bob.user, "hotline", door.DEPLOY)
    with pytest.raises(PermissionDenied):
        door.address(nemo.user, "hotline")
    with pytest.raises(Http404):
        door.address(bob.user, "nothing")


@pytest.mark.parametrize("role", ["second", "standby"])
def test_an_address_is_changed_by_whoever_may_deploy_to_each_of_its_endpoints(
    alice, deployer, hotline, elsewhere, role
):
    assert names(deployer) == names(deployer, door.DEPLOY) == names(deployer, door.GO_BACK) == ["hotline"]
    if role == "second":
        submit.share(actor=alice.user, address=hotline, second=elsewhere, percent=5)
    else:
        submit.set_standby(actor=alice.user, address=hotline, standby=elsewhere)
    assert names(deployer) == ["hotline"]
    assert names(deployer, door.DEPLOY) == names(deployer, door.GO_BACK) == []
    with pytest.raises(Http404):
        door.address(deployer, "hotline", door.DEPLOY)


def test_an_address_that_leads_elsewhere_is_not_found(alice, deployer, hotline, elsewhere):
    move(alice, hotline, elsewhere)
    assert names(deployer) == []
    with pytest.raises(Http404):
        door.address(deployer, "hotline")
    assert not door.address_changes(deployer).exists()
    assert not door.address_hours(deployer).exists()


def test_an_address_without_an_endpoint_is_for_those_who_see_everything(alice, deployer, hotline):
    Endpoint.objects.filter(pk=hotline.endpoint_id).delete()
    assert names(deployer) == []
    assert names(alice.user, door.DEPLOY) == ["hotline"]


def test_a_change_of_an_address_is_found_by_whoever_may_change_what_it_leads_to(alice, deployer, hotline, elsewhere):
    waiting = move(alice, hotline, elsewhere, at="2100-01-01T00:00Z")
    assert door.address_change(deployer, waiting.pk) == waiting
    assert door.address_change(alice.user, waiting.pk, door.DEPLOY) == waiting
    with pytest.raises(Http404):
        door.address_change(deployer, waiting.pk, door.DEPLOY)
    with pytest.raises(Http404):
        door.address_change(alice.user, uuid.uuid4())


def test_an_endpoint_names_the_addresses_that_lead_to_it(alice, bob, hotline, blue, green):
    assert list(door.addresses_of(bob.user, blue)) == [hotline]
    assert not door.addresses_of(bob.user, green).exists()
    submit.set_standby(actor=alice.user, address=hotline, standby=green)
    assert list(door.addresses_of(bob.user, green)) == [hotline]
