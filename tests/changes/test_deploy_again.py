"""What a person can do after a deployment that the service refused, or an endpoint that is gone."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from endpoints.changes import decisions, submit
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
        f"alice removed {endpoint} from the list",
    )
    page = page_of(alice, endpoint)
    assert "never created in Azure and was removed from the list" in page
    assert "The quota is used up." in page
    assert "Deploy again</a>" in page
    assert "Remove from the list" not in page
    worker.run_round()
    assert not Endpoint.objects.present().filter(pk=endpoint.pk).exists()


def test_removing_an_endpoint_twice_is_recorded_once(alice, refused):
    dismiss(alice, refused.endpoint)
    assert "Nothing was changed" in dismiss(alice, refused.endpoint)
    assert Event.objects.filter(verb="dismissed").count() == 1


def test_a_deployment_that_somebody_gave_up_is_removed_too(alice, mirrored):
    change = ask(alice)
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    change.refresh_from_db()
    assert "Nothing was changed" in dismiss(alice, change.endpoint)
    decisions.decide(change, actor=alice.user, again=False)
    assert "Removed from the list." in dismiss(alice, change.endpoint)


def test_an_endpoint_that_may_still_be_deployed_or_exists_in_azure_stays_in_the_list(alice, mirrored, world, worker):
    change = ask(alice)
    for _state in (ChangeState.QUEUED, ChangeState.DEPLOYING, ChangeState.DONE):
        assert "Nothing was changed" in dismiss(alice, change.endpoint)
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
    decisions.decide(change, actor=alice.user, again=False)
    dismiss(alice, change.endpoint)
    worker.mirror()
    change.endpoint.refresh_from_db()
    assert change.endpoint.gone_at is None
    assert change.endpoint.remote_id is not None


def test_a_creation_of_which_the_service_made_the_endpoint_late_is_deploying_from_now_on(late, worker):
    Change.objects.update(error="The request was sent three times, but the endpoint never appeared in Azure.")
    worker.mirror()
    late.refresh_from_db()
    assert (late.state, late.error) == (ChangeState.DEPLOYING, "")
    assert late.accepted_at is not None


def test_a_creation_that_somebody_gave_up_stays_so_when_the_endpoint_is_there_after_all(alice, late, worker):
    decisions.decide(late, actor=alice.user, again=False)
    worker.mirror()
    late.refresh_from_db()
    assert late.endpoint.remote_id is not None
    assert late.state == ChangeState.FAILED


def test_only_the_endpoint_that_somebody_removes_leaves_the_list(alice, refused):
    other = ask(alice).endpoint
    long_ago = refused.requested_at - timedelta(days=1)
    Endpoint.objects.update(updated_at=long_ago)
    dismiss(alice, refused.endpoint)
    other.refresh_from_db()
    assert (other.gone_at, other.updated_at) == (None, long_ago)
    assert refused.endpoint.updated_at > long_ago


def test_an_endpoint_that_the_service_has_after_all_is_not_removed_by_a_page_that_does_not_know(alice, refused):
    seen = refused.endpoint
    Endpoint.objects.filter(pk=seen.pk).update(remote_id=uuid.uuid4())
    assert seen.remote_id is None
    assert not decisions.dismiss(seen, actor=alice.user)
    assert Endpoint.objects.get().gone_at is None
    assert not Event.objects.filter(verb="dismissed").exists()


def test_a_deletion_whose_end_was_found_later_has_no_error_any_more(alice, endpoint, world, worker):
    change = submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint)
    Change.objects.update(state=ChangeState.UNDECIDED, error="It was sent three times.", due_at=None)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    change.refresh_from_db()
    assert (change.state, change.error) == (ChangeState.DONE, "")
    assert Event.objects.get(verb="deleted").endpoint_id == endpoint.pk


def test_only_what_the_service_never_had_can_be_removed_from_the_list(alice, refused):
    endpoint = refused.endpoint
    assert endpoint.can_be_dismissed
    endpoint.remote_id = str(uuid.uuid4())
    assert not endpoint.can_be_dismissed
    endpoint.remote_id, endpoint.gone_at = None, refused.requested_at
    assert not endpoint.can_be_dismissed


def test_only_a_change_that_has_ended_is_closed(alice, mirrored):
    change = ask(alice)
    Change.objects.move(change, ChangeState.DEPLOYING)
    assert change.closed_at is None
    assert change.due_at is not None
    Change.objects.move(change, ChangeState.FAILED)
    assert change.closed_at is not None
    assert change.due_at is None


@pytest.mark.parametrize("state", ChangeState)
def test_a_creation_that_ended_without_an_endpoint_can_be_removed(alice, mirrored, state):
    change = ask(alice)
    Change.objects.update(state=state)
    assert change.endpoint.can_be_dismissed == (state in ("refused", "failed", "canceled"))
