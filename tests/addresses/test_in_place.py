"""Deploying an endpoint in place of another one: its addresses move when the new one is deployed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.models import Address, AddressChange, Change, Endpoint
from tests.addresses.rows import an_address, an_endpoint, move
from tests.pages.reading import text_of
from tests.pages.wizard import ADDRESS, Wizard

OFFER = "Move the address hotline to the new endpoint when it's deployed"


def copied(person, endpoint):
    wizard = Wizard(person)
    wizard.page = person.get(ADDRESS, {"clone": str(endpoint.pk)}, follow=True)
    assert wizard.step == "review", wizard.text
    return wizard


@pytest.fixture
def original(alice, endpoint):
    """An endpoint that hotline leads to."""
    an_address(alice, endpoint)
    return endpoint


def test_the_addresses_of_the_original_are_offered_on_the_review(alice, original, fabrikam):
    page = copied(alice, original).text
    assert OFFER in page
    assert "checked" not in re.search(r'<input[^>]*name="move_addresses"[^>]*>', page)[0]
    an_address(alice, original, "fax")
    assert "Move the addresses fax, hotline to the new endpoint" in copied(alice, original).text


def test_those_of_an_endpoint_that_is_gone_are_chosen_already(alice, original):
    Endpoint.objects.filter(pk=original.pk).update(gone_at=timezone.now())
    page = copied(alice, original).text
    assert "checked" in re.search(r'<input[^>]*name="move_addresses"[^>]*>', page)[0]


def test_without_addresses_nothing_is_offered(alice, endpoint, fabrikam):
    an_address(alice, an_endpoint("Another", fabrikam, endpoint.locale))
    assert "move_addresses" not in copied(alice, endpoint).text


def test_the_address_waits_for_the_deployment_and_then_leads_to_the_new_endpoint(alice, original, world, worker):
    copied(alice, original).press("add", move_addresses="1")
    change, waiting = Change.objects.get(), AddressChange.objects.get(kind="moved")
    assert (waiting.after, waiting.endpoint, waiting.is_waiting) == (change, change.endpoint, True)
    page = text_of(alice.get(reverse("endpoints:address", args=["hotline"])))
    assert "when that endpoint is deployed" in page
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    tasks.move_address(str(waiting.pk))
    assert Address.objects.get().endpoint == change.endpoint


def test_without_the_choice_no_address_moves(alice, original):
    copied(alice, original).press("add")
    assert Change.objects.exists()
    assert not AddressChange.objects.filter(kind="moved").exists()


def test_pressed_twice_it_is_one_deployment_and_one_move(alice, original):
    wizard = copied(alice, original)
    form = {"draft": wizard.draft, "step": "review", "go": "add", "move_addresses": "1"}
    for _press in range(2):
        assert alice.post(ADDRESS, form).status_code == 302
    assert (Change.objects.count(), AddressChange.objects.filter(kind="moved").count()) == (1, 1)


def test_an_address_whose_move_is_scheduled_stays_and_the_endpoint_is_deployed(alice, original, fabrikam):
    there = an_endpoint("There", fabrikam, original.locale)
    move(alice, Address.objects.get(), there, at=timezone.now() + timedelta(days=1))
    page = copied(alice, original).press("add", move_addresses="1").text
    assert "The address hotline isn't moved: A move of this address is scheduled." in page
    assert Change.objects.exists()
    assert AddressChange.objects.filter(kind="moved").count() == 1


def test_the_page_of_an_endpoint_names_the_addresses_that_lead_to_it(alice, bob, hotline, blue, green):
    link = f'<a href="{hotline.get_absolute_url()}">'
    assert link in bob.get(blue.get_absolute_url()).content.decode()
    assert link not in bob.get(green.get_absolute_url()).content.decode()
