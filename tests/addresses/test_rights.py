"""Whoever sees one endpoint of an address sees the address; whoever may deploy to each of them changes it."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict
from django.urls import reverse

from endpoints.access import door
from endpoints.addresses import submit
from endpoints.models import Alert, AlertChannel, Endpoint, Event, Grant, Project, RoleName
from endpoints.models.alert import AlertRule
from endpoints.models.verbs import Verb
from endpoints.pages.activity import selection
from tests.addresses.rows import a_resource, an_address, an_endpoint, move


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


def test_a_search_does_not_find_an_address_by_the_name_of_a_hidden_endpoint(
    alice, bob, nemo, deployer, blue, elsewhere
):
    address = an_address(alice, elsewhere, "archive")
    submit.set_standby(actor=alice.user, address=address, standby=blue)
    for person, words, found in (
        (nemo, "archive", True),
        (nemo, "Elsewhere", False),
        (nemo, "Model of Else", False),
        (bob, "Elsewhere", True),
    ):
        page = person.get(reverse("endpoints:addresses"), {"q": words}).content.decode()
        assert (address.get_absolute_url() in page) == found, words


def test_activity_names_no_endpoint_that_an_address_led_to_and_the_person_does_not_see(
    alice, bob, nemo, deployer, blue, elsewhere
):
    move(alice, an_address(alice, elsewhere, "archive"), blue)
    event = Event.objects.get(verb=Verb.ADDRESS_MOVED)
    (seen,) = door.as_seen(deployer, [Event.objects.get(pk=event.pk)])
    assert "Elsewhere" not in seen.text
    page = nemo.get(reverse("endpoints:activity")).content.decode()
    assert "archive" in page
    assert "Elsewhere" not in page
    assert "Elsewhere" in door.as_seen(bob.user, [event])[0].text
    assert event in selection.found(bob.user, QueryDict("q=elsewhere"))
    assert not selection.found(deployer, QueryDict("q=elsewhere")).exists()
    assert not selection.found(deployer, QueryDict("q=archive")).exists()
    Grant.objects.create(person=deployer, role=RoleName.VIEWER, resource=elsewhere.resource)
    assert event in selection.found(User.objects.get(pk=deployer.pk), QueryDict("q=elsewhere"))


def test_alerts_name_no_other_endpoint_of_an_address_that_the_person_does_not_see(bob, nemo, deployer, blue, elsewhere):
    facts = {"address": "hotline", "endpoint": blue.display_name}
    about = {"endpoint": blue, "resource": blue.resource}
    Alert.objects.create(
        rule=AlertRule.ADDRESS, fact="1", facts=facts | {"kind": "address-unreachable", "standby": "Elsewhere"}, **about
    )
    Alert.objects.create(
        rule=AlertRule.STOOD_IN, fact="2", facts=facts | {"kind": "address-stood-in", "old": "Elsewhere"}, **about
    )
    channel = AlertChannel.objects.create(name="Mine", kind="mail", person=deployer)
    for seen in (
        door.alerts_as_seen(deployer, door.alerts(deployer)),
        door.alerts_as_told(channel, Alert.objects.all()),
    ):
        assert len(seen) == 2
        assert "Elsewhere" not in "".join(alert.text for alert in seen)
    page = nemo.get(reverse("endpoints:alerts")).content.decode()
    assert "hotline" in page
    assert "Elsewhere" not in page
    assert all("Elsewhere" in alert.text for alert in door.alerts_as_seen(bob.user, Alert.objects.all()))
