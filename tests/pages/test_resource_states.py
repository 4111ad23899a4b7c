"""Pausing, resuming and removing a resource: the page says before it happens what becomes of everything."""

import pytest
from django.urls import reverse

from endpoints import tasks
from endpoints.models import Change, Download, Endpoint, Event, Resource
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.pages.reading import text_of


def act(person, what, resource, **typed):
    """What a person gets who opens the page (without `typed`), or confirms it."""
    address = reverse(f"endpoints:resource-{what}", args=[resource.pk])
    return person.post(address, typed, follow=True) if typed else person.get(address)


def confirm(person, what, resource, **typed):
    return text_of(act(person, what, resource, csrf="", **typed))


def test_the_page_says_what_a_pause_means_before_it_begins(alice, endpoint, other):
    request_model(alice, endpoint, other)
    Download.objects.create(endpoint=endpoint, actor=alice.user)
    page = text_of(act(alice, "pause", endpoint.resource))
    for sentence in (
        "Nothing is read from Azure or sent to it for the 1 endpoint of this resource",
        "Nothing changes in Azure. Endpoints keep serving and you're still billed for them.",
        "1 open change waits until someone resumes the resource.",
        "1 log download waits.",
        "Content logs that Azure deletes in the meantime can't be saved.",
        "Endpoints, saved copies, and history are kept.",
        "Pause 1 endpoint",
    ):
        assert sentence in page
    assert not Resource.objects.get().paused


def test_a_paused_resource_says_who_since_when_and_why_and_can_be_resumed(alice, endpoint, other):
    assert "Contoso is paused." in confirm(alice, "pause", endpoint.resource, reason="Key rotation")
    request_model(alice, endpoint, other)
    page = text_of(alice.get(reverse("endpoints:resources")))
    assert "Paused by alice since" in page
    assert "Key rotation" in page
    assert "1 change waits. Endpoints and history are kept." in page
    assert "1 waiting change is sent to Azure when it's due." in text_of(act(alice, "resume", endpoint.resource))
    assert "Contoso is resumed." in confirm(alice, "resume", endpoint.resource)
    assert not Resource.objects.get().paused


def test_a_reason_is_optional_for_a_pause_and_required_for_a_removal(alice, resource):
    assert "Enter a reason." in confirm(alice, "remove", resource, reason="")
    assert Resource.objects.exists()
    assert "Contoso is paused." in confirm(alice, "pause", resource, reason="")


@pytest.mark.parametrize("what", ["pause", "remove"])
def test_for_more_than_twenty_endpoints_their_number_is_typed(alice, resource, what):
    Endpoint.objects.bulk_create(Endpoint(resource=resource, display_name=str(n), number=n) for n in range(21))
    assert "To confirm, enter the number of endpoints: 21" in text_of(act(alice, what, resource))
    for number in ("", "20", "x"):
        page = confirm(alice, what, resource, reason="No longer used", number=number)
        assert "There's a problem" in page
    assert not Resource.objects.get().paused
    assert "There's a problem" not in confirm(alice, what, resource, reason="No longer used", number="21")
    assert not Resource.objects.active().exists()


def test_the_page_says_what_a_removal_means_and_what_it_does_not(alice, endpoint, other):
    change = request_model(alice, endpoint, other)
    Download.objects.create(endpoint=endpoint, actor=alice.user)
    page = text_of(act(alice, "remove", endpoint.resource))
    for sentence in (
        "Nothing changes in Azure. Endpoints keep serving and you're still billed for them. The key is deleted here.",
        "1 endpoint disappears from this app, with its models and projects.",
        "1 change that wasn't sent yet is canceled.",
        "1 log download in progress is canceled.",
        "Saved copies of content logs and finished downloads can no longer be opened.",
        "History is kept",
    ):
        assert sentence in page
    Change.objects.filter(pk=change.pk).update(state=ChangeState.DEPLOYING, sent_at=change.requested_at)
    assert "1 change was already sent. Azure might still complete it" in text_of(
        act(alice, "remove", endpoint.resource)
    )


def test_a_removal_keeps_the_history_and_sends_nothing_to_azure(alice, endpoint, other, world):
    change = request_model(alice, endpoint, other)
    sent = len(world.ledger())
    page = confirm(alice, "remove", endpoint.resource, reason="No longer used")
    assert "Contoso is being removed. In Azure, nothing changes." in page
    tasks.remove(str(endpoint.resource.pk))
    assert not Resource.objects.exists()
    tasks.step(str(change.pk))
    change.refresh_from_db()
    assert (change.state, change.error) == (ChangeState.CANCELED, "The Speech resource was removed.")
    assert (change.endpoint_name, change.resource_name) == (endpoint.display_name, "Contoso")
    assert len(world.ledger()) == sent
    event = Event.objects.get(verb=Verb.RESOURCE_REMOVED)
    assert (event.actor_name, event.resource_name, event.detail) == ("alice", "Contoso", "No longer used")
    assert "removed the Speech resource Contoso" in text_of(alice.get(reverse("endpoints:activity")))


def test_the_resource_of_the_environment_is_not_removed_because_the_next_start_would_add_it(alice, resource, settings):
    settings.SPEECH_KEY, settings.SPEECH_REGION = "k", "eastus"
    Resource.objects.update(registered_as="Speech eastus")
    page = text_of(act(alice, "remove", resource))
    assert "It would be added again at the next start, so you can't remove it here." in page
    assert "Pause" in page
    confirm(alice, "remove", resource, reason="Away with it")
    assert Resource.objects.exists()
    settings.SPEECH_KEY = ""
    confirm(alice, "remove", resource, reason="Away with it")
    assert Resource.objects.get().removing


def test_a_resource_that_is_paused_already_is_not_paused_again(alice, lena, resource):
    confirm(alice, "pause", resource, reason="First")
    assert "Paused by alice since" in confirm(alice, "pause", resource, reason="Second")
    assert Resource.objects.get().pause_reason == "First"
    assert "This resource isn't paused." not in text_of(act(alice, "resume", resource))
    confirm(alice, "resume", resource)
    assert "This resource isn't paused." in text_of(act(alice, "resume", resource))
