"""What an address leads to is neither deleted nor removed, and everybody is told why, however they ask."""

import uuid

import pytest
from django.urls import reverse

from endpoints.addresses import submit
from endpoints.changes import bulk
from endpoints.changes.bulk import Action
from endpoints.mirror import removals
from endpoints.models import Change, Event, Resource
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
    assert WHY in text_of(answer)
    assert not Change.objects.exists()


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
