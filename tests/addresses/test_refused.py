"""What an address leads to is neither deleted nor removed, and everybody is told why, however they ask."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.addresses import submit
from endpoints.changes import bulk
from endpoints.changes.bulk import Action
from endpoints.mirror import removals
from endpoints.models import Change, Endpoint, Event, Grant, Project, Resource, RoleName
from endpoints.models.event import Verb
from tests.addresses.rows import an_address, an_endpoint, move
from tests.api.conftest import Program
from tests.pages.bulk_review import review
from tests.pages.reading import text_of

WHY = "The address hotline leads to this endpoint. Move the address first."


def test_the_page_of_the_deletion_says_it(alice, hotline, blue):
    typed = {"key": uuid.uuid4(), "name": "Blue", "reason": "Not used"}
    answer = alice.post(reverse("endpoints:delete", args=[blue.pk]), typed)
    assert answer.status_code == 422
    assert "hotline: Leads to this endpoint. Move the address first." in text_of(answer)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ("endpoint", "hotline: Leads to this endpoint."),
        ("second", "hotline: Sends a share of new sessions to this endpoint."),
        ("standby", "hotline: Has this endpoint as its standby."),
        ("scheduled", "hotline: A move to this endpoint is scheduled."),
    ],
)
def test_the_page_of_the_deletion_has_a_link_to_the_address_instead_of_the_form(alice, hotline, green, need, words):
    page = reverse("endpoints:delete", args=[green.pk])
    button = '<button class="button primary"'
    assert button in alice.get(page).content.decode()
    if need == "second":
        submit.share(actor=alice.user, address=hotline, second=green, percent=1)
    elif need == "standby":
        submit.set_standby(actor=alice.user, address=hotline, standby=green)
    else:
        move(alice, hotline, green, at=timezone.now() + timedelta(days=1) if need == "scheduled" else None)
    answer = alice.get(page)
    assert words in text_of(answer)
    assert f'href="{hotline.get_absolute_url()}"' in answer.content.decode()
    assert button not in answer.content.decode()


def test_a_move_of_an_address_that_a_person_does_not_see_is_told_when_they_ask(alice, nemo, hotline, green):
    project = Project.objects.create(resource=green.resource, remote_id="1", display_name="Calls", locale="de-DE")
    Endpoint.objects.filter(pk=green.pk).update(project=project)
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=project)
    move(alice, hotline, green, at=timezone.now() + timedelta(days=1))
    page = reverse("endpoints:delete", args=[green.pk])
    assert "hotline" not in text_of(nemo.get(page))
    answer = nemo.post(page, {"key": uuid.uuid4(), "name": "Green", "reason": "Not used"})
    assert answer.status_code == 422
    assert "Cancel the move first." in text_of(answer)


def test_the_review_of_a_bulk_deletion_says_it(alice, hotline, blue, green):
    page = text_of(review(alice, "delete", [blue, green]))
    assert page.count(WHY) == 1
    assert WHY not in text_of(review(alice, "logging-on", [blue, green]))


def test_a_bulk_deletion_skips_what_an_address_was_moved_to_after_the_review(alice, blue, green):
    seen = {one.pk: item.stamp for one in (blue, green) for item in bulk.plan(Action.DELETE, [one])}
    an_address(alice, blue)
    asked = bulk.ask(key=uuid.uuid4(), actor=alice.user, action=Action.DELETE, seen=seen)
    assert [change.endpoint for change in asked.changes.all()] == [green]
    (skipped,) = asked.skipped
    assert skipped["endpoint"] == str(blue.pk)
    assert "hotline" in str(skipped)


def test_the_api_says_it(alice, hotline, blue):
    body = {"name": "Blue", "reason": "Not used"}
    answer = Program(alice.user).send(f"/endpoints/{blue.pk}/delete", body)
    assert (answer.status_code, answer.json()["detail"]) == (409, WHY)


@pytest.mark.parametrize("role", ["endpoint", "second", "standby"])
def test_a_resource_is_not_removed_while_addresses_lead_to_its_endpoints(alice, hotline, fabrikam, role):
    away = Resource.objects.create(name="Northwind", region="westeurope")
    there = an_endpoint("There", away)
    if role == "second":
        submit.share(actor=alice.user, address=hotline, second=there, percent=1)
    elif role == "standby":
        submit.set_standby(actor=alice.user, address=hotline, standby=there)
    else:
        move(alice, hotline, there)
    address = reverse("endpoints:resource-remove", args=[away.pk])
    answer = alice.post(address, {"reason": "Not used"})
    assert answer.status_code == 422
    assert "Addresses lead to endpoints of this Speech resource: hotline. Move them first." in text_of(answer)
    assert not Resource.objects.get(pk=away.pk).removing
    assert not Event.objects.filter(verb=Verb.RESOURCE_REMOVED).exists()
    submit.delete(actor=alice.user, address=hotline)
    assert alice.post(address, {"reason": "Not used"}).status_code == 302
    assert Resource.objects.get(pk=away.pk).removing


def test_the_start_of_the_product_removes_a_resource_in_any_case(hotline, fabrikam):
    removals.remove_resource(fabrikam, actor=None)
    hotline.refresh_from_db()
    assert hotline.endpoint is None
