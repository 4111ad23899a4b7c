"""What a person can do after a deployment that the service refused, or an endpoint that is gone."""

import uuid

import pytest
from django.urls import reverse

from endpoints.changes import submit
from endpoints.models import Change, Endpoint, Event, SpeechModel
from endpoints.models.status import ChangeState

REFUSAL = {"code": "InvalidRequest", "message": "The quota is used up."}


def ask(client, **more):
    models = SpeechModel.objects.deployable().filter(locale="en-US", kind="custom")
    model = models.exclude(display_name__icontains="broken").first()
    return submit.create(key=uuid.uuid4(), actor=client.user, model=model, display_name="Support calls", **more)


@pytest.fixture
def refused(alice, mirrored, world, worker):
    """The creation that the service refused."""
    effect = {"status": 400, "body": REFUSAL}
    world.fail({"method": "POST", "path": "/endpoints$", "times": 1, "stage": "before", "effect": effect})
    change = worker.step(ask(alice))
    assert change.state == ChangeState.REFUSED
    return change


def dismiss(client, endpoint):
    answer = client.post(reverse("endpoints:dismiss", args=[endpoint.pk]), follow=True)
    endpoint.refresh_from_db()
    return answer.content.decode()


def page_of(client, endpoint):
    return client.get(endpoint.get_absolute_url()).content.decode()


def test_a_refused_deployment_can_be_requested_again_with_the_same_input(alice, bob, refused):
    again = f"{reverse('endpoints:new')}?clone={refused.endpoint_id}"
    page = page_of(alice, refused.endpoint)
    assert page.count(again) == 1
    assert "Deploy again</a>" in page
    assert again not in page_of(bob, refused.endpoint)
    assert "Support calls" in alice.get(again, follow=True).content.decode()


def test_a_refused_deployment_is_removed_from_the_list_by_a_person(alice, bob, refused, world, worker):
    endpoint = refused.endpoint
    assert "Remove from the list" in page_of(alice, endpoint)
    assert "Remove from the list" not in page_of(bob, endpoint)
    asked = len(world.ledger())
    assert "Removed from the list." in dismiss(alice, endpoint)
    assert endpoint.gone_at is not None
    assert len(world.ledger()) == asked
    assert endpoint.display_name not in alice.get(reverse("endpoints:list")).content.decode()
    event = Event.objects.first()
    assert (event.endpoint_id, event.actor_name, event.text) == (
        endpoint.pk,
        "alice",
        "removed the endpoint from the list",
    )
    page = page_of(alice, endpoint)
    assert "it was removed from the list" in page
    assert "The quota is used up." in page
    assert "Deploy again</a>" in page
    assert "Remove from the list" not in page
    worker.run_round()
    assert not Endpoint.objects.present().filter(pk=endpoint.pk).exists()


def test_removing_an_endpoint_twice_is_recorded_once(alice, refused):
    dismiss(alice, refused.endpoint)
    assert "nothing was done" in dismiss(alice, refused.endpoint)
    assert Event.objects.filter(verb="dismissed").count() == 1


def test_a_deployment_that_somebody_gave_up_is_removed_too(alice, mirrored):
    change = ask(alice)
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    change.refresh_from_db()
    assert "nothing was done" in dismiss(alice, change.endpoint)
    submit.decide(change, actor=alice.user, again=False)
    assert "Removed from the list." in dismiss(alice, change.endpoint)


def test_an_endpoint_that_may_still_be_deployed_or_exists_in_azure_stays_in_the_list(alice, mirrored, world, worker):
    change = ask(alice)
    for _state in (ChangeState.QUEUED, ChangeState.DEPLOYING, ChangeState.DONE):
        assert "nothing was done" in dismiss(alice, change.endpoint)
        assert change.endpoint.gone_at is None
        assert "Remove from the list" not in page_of(alice, change.endpoint)
        world.advance(3600)
        worker.step(change)
    assert not Event.objects.filter(verb="dismissed").exists()


def test_an_endpoint_that_is_gone_can_be_deployed_again(alice, bob, endpoint, world, worker):
    again = f"{reverse('endpoints:new')}?clone={endpoint.pk}"
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    assert again in page_of(alice, endpoint)
    assert again not in page_of(bob, endpoint)
    assert alice.get(again, follow=True).status_code == 200


@pytest.fixture
def late(alice, mirrored, world, worker):
    """A creation that needed a decision before the service made the endpoint."""
    change = ask(alice)
    world.fail({"method": "POST", "path": "/endpoints$", "times": 1, "stage": "after", "effect": {"close": True}})
    worker.step(change)
    Change.objects.filter(pk=change.pk).update(state=ChangeState.UNDECIDED, due_at=None)
    change.refresh_from_db()
    return change


def test_no_decision_is_needed_when_the_service_has_made_the_endpoint_late(alice, late, world, worker):
    assert "Needs a decision" in page_of(alice, late.endpoint)
    worker.mirror()
    world.advance(3600)
    assert Change.objects.due().get() == late
    worker.step(late)
    assert late.state == ChangeState.DONE
    assert "Needs a decision" not in page_of(alice, late.endpoint)
    assert Event.objects.filter(change_id=late.pk).first().verb == "deployed"
    assert len([one for one in world.ledger("POST") if one["path"].endswith("/endpoints")]) == 1


def test_no_decision_is_needed_about_a_deletion_that_has_happened(alice, endpoint, world, worker):
    change = submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Old")
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    change.refresh_from_db()
    assert change.state == ChangeState.DONE
    assert Event.objects.filter(change_id=change.pk).first().verb == "deleted"
    assert "Needs a decision" not in page_of(alice, endpoint)


def test_an_endpoint_that_the_service_made_late_comes_back(alice, late, worker):
    change = late
    submit.decide(change, actor=alice.user, again=False)
    dismiss(alice, change.endpoint)
    worker.mirror()
    change.endpoint.refresh_from_db()
    assert change.endpoint.gone_at is None
    assert change.endpoint.remote_id is not None
