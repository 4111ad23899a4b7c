"""Changes of an existing endpoint: edit, delete, go back, schedule, cancel, decide; and its history."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.changes import decisions, refusals, submit
from endpoints.models import Bulk, Change, Endpoint, Event, Grant, Resource, RoleName, SpeechModel, Status
from endpoints.models.status import ChangeKind, ChangeState
from tests.changes.requests import later, request_create
from tests.conftest import fitting
from tests.pages.reading import form_of, page_of


def test_only_what_was_changed_is_sent_and_everything_else_stays(alice, endpoint, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    typed = {"name": "Renamed", "description": endpoint.description, "reason": "Clearer"}
    if endpoint.logging_enabled:
        typed["logging"] = "on"
    answer = alice.post(page_of("edit", endpoint), form_of(alice, page_of("edit", endpoint), **typed))
    assert answer.status_code == 302
    change = Change.objects.get()
    assert change.desired == {"display_name": "Renamed"}
    worker.step(change)
    assert change.state == ChangeState.DONE
    after = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    assert after["displayName"] == "Renamed"
    assert {**after, "displayName": ""} == {**before, "displayName": ""}


def test_an_edit_is_done_when_all_of_it_is_shown(alice, endpoint, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    half = {"body": {**before, "displayName": "Renamed"}}
    world.fail({"method": "PATCH", "path": "/endpoints/", "times": 1, "stage": "after", "effect": half})
    desired = {"display_name": "Renamed", "description": "Moved"}
    change = worker.step(submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired=desired))
    assert change.state == ChangeState.DEPLOYING
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1


def test_logging_is_switched_on_and_off(alice, endpoint, world, worker):
    desired = {"display_name": endpoint.display_name, "logging_enabled": not endpoint.logging_enabled}
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired=desired)
    worker.step(change)
    assert change.state == ChangeState.DONE
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    assert remote["properties"]["loggingEnabled"] is not endpoint.logging_enabled


def test_a_form_without_a_change_says_so(alice, endpoint):
    typed = {"name": endpoint.display_name, "description": endpoint.description}
    if endpoint.logging_enabled:
        typed["logging"] = "on"
    answer = alice.post(page_of("edit", endpoint), form_of(alice, page_of("edit", endpoint), **typed))
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.content.decode()
    assert not Change.objects.exists()


def test_a_page_opened_before_a_change_in_the_portal_does_not_overwrite_it(alice, endpoint, world, worker):
    form = form_of(alice, page_of("edit", endpoint), name="Ours", description="")
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Theirs"})
    worker.mirror()

    answer = alice.post(page_of("edit", endpoint), form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in page
    assert 'value="Ours"' in page
    assert not Change.objects.exists()

    # Submitted again by the person who has read that:
    again = form | {"seen": re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&quot;", '"')}
    assert alice.post(page_of("edit", endpoint), again).status_code == 302
    assert worker.step(Change.objects.get()).state == ChangeState.DONE


def test_a_change_made_in_the_portal_while_ours_waited_is_not_overwritten(alice, endpoint, world, worker):
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"})
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Theirs"})
    assert worker.step(change).state == ChangeState.REFUSED
    assert "outside this app" in change.error
    assert world.call("GET", f"/endpoints/{endpoint.remote_id}")["displayName"] == "Theirs"


def test_a_change_that_somebody_else_has_made_already_is_done_and_not_sent(alice, endpoint, world, worker):
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"})
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Ours"})
    assert worker.step(change).state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1
    endpoint.refresh_from_db()
    assert endpoint.display_name == "Ours"


@pytest.mark.parametrize("status", ["NotStarted", "Running"])
def test_a_change_waits_while_the_endpoint_is_being_deployed(alice, endpoint, world, worker, status):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    busy = {"body": {**remote, "status": status}, "headers": {"Retry-After": "45"}}
    world.fail({"method": "GET", "path": endpoint.remote_id, "times": 1, "effect": busy})
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"})
    worker.step(change)
    assert (change.state, change.attempt) == (ChangeState.QUEUED, 0)
    assert (change.due_at - timezone.now()).total_seconds() == pytest.approx(45, abs=2)
    assert world.ledger("PATCH") == []
    assert worker.step(change).state == ChangeState.DONE


def test_a_change_made_outside_is_in_the_history_and_ours_is_not_called_so(alice, endpoint, world, worker):
    worker.step(submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"}))
    worker.mirror()
    assert not Event.objects.filter(verb="changed-outside").exists()
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"description": "Edited in the portal"})
    worker.mirror()
    assert Event.objects.get(verb="changed-outside").text.endswith("was changed outside this app: description")
    assert "was changed outside this app" in alice.get(page_of("history", endpoint)).content.decode()


def test_an_endpoint_names_who_requested_it_and_its_last_change_in_effect(alice, bob, endpoint, world, worker):
    created = request_create(alice, endpoint.model)
    made = created.endpoint
    assert (made.owner, made.changed_by) == ("alice", "alice")
    worker.step(created)
    world.advance(3600)
    assert worker.step(created).state == ChangeState.DONE
    edited = submit.edit(key=uuid.uuid4(), actor=bob.user, endpoint=made, desired={"display_name": "Ours"})
    made.refresh_from_db()
    assert made.changed_by == "alice"
    assert worker.step(edited).state == ChangeState.DONE
    made.refresh_from_db()
    assert (made.owner, made.changed_by) == ("alice", "bob")
    world.call("PATCH", f"/endpoints/{made.remote_id}", {"description": "Edited in the portal"})
    worker.mirror()
    made.refresh_from_db()
    assert (made.owner, made.changed_by) == ("alice", "")


@pytest.mark.parametrize("typed", ["", "another name", "FRONT DOOR"])
def test_an_endpoint_is_deleted_only_by_somebody_who_types_its_name(alice, endpoint, typed):
    form = form_of(alice, page_of("delete", endpoint), name=typed, reason="Not needed")
    assert alice.post(page_of("delete", endpoint), form).status_code == 422
    assert not Change.objects.exists()


def test_a_deletion_needs_a_reason_and_an_edit_does_not(alice, endpoint):
    page = page_of("delete", endpoint)
    answer = alice.post(page, form_of(alice, page, name=endpoint.display_name, reason=""))
    assert answer.status_code == 422
    assert "Reason: Enter a reason." in answer.content.decode()
    assert not Change.objects.exists()
    page = page_of("edit", endpoint)
    assert alice.post(page, form_of(alice, page, name="Another name", description="")).status_code == 302


@pytest.mark.parametrize("effect", [None, {"close": True}], ids=["answered", "answer lost"])
@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_deleted_endpoint_leaves_the_list_and_keeps_its_history(alice, endpoint, world, worker, effect, stage):
    form = form_of(alice, page_of("delete", endpoint), name=endpoint.display_name, reason="Not needed")
    assert alice.post(page_of("delete", endpoint), form).status_code == 302
    if effect:
        world.fail({"method": "DELETE", "path": "/endpoints/", "times": 3, "stage": stage, "effect": effect})
    change = Change.objects.get()
    for _step in range(4):
        worker.step(change)
    assert change.state == ChangeState.DONE
    assert world.call("GET", "/endpoints")["values"] == []
    assert not Endpoint.objects.present().exists()
    page = alice.get(page_of("history", endpoint)).content.decode()
    assert "Not needed" in page
    assert "was deleted as requested" in page
    assert not Event.objects.filter(verb="vanished").exists(), "nobody else deleted it"


def test_going_back_takes_the_previous_model_with_a_reason(alice, endpoint, other, world, worker):
    first = endpoint.model
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    page = alice.get(page_of("history", endpoint)).content.decode()
    assert "Go back" in page
    assert first.display_name in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]

    for reason, kept in (("", "required>"), ("Worse on names" * 50, f'value="{"Worse on names" * 50}"')):
        answer = alice.post(page_of("go-back", endpoint), {"key": key, "reason": reason})
        assert "Enter a reason" in answer.content.decode()
        assert kept in answer.content.decode()
    alice.post(page_of("go-back", endpoint), {"key": key, "reason": "Worse on names"})

    back = Change.objects.open().get()
    assert (back.model, back.reason) == (first, "Worse on names")
    worker.step(back)
    world.advance(3600)
    worker.step(back)
    endpoint.refresh_from_db()
    assert endpoint.model == first


@pytest.mark.parametrize("scope", ["everywhere", "resource", "elsewhere"])
def test_whoever_is_on_call_goes_back_and_requests_nothing_else(alice, nemo, endpoint, other, world, worker, scope):
    elsewhere = Resource.objects.create(name="Elsewhere", region="westus")
    of = {"everywhere": None, "resource": endpoint.resource, "elsewhere": elsewhere}[scope]
    Grant.objects.create(person=nemo.user, role=RoleName.ON_CALL, resource=of)
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    page, form = nemo.get(page_of("history", endpoint)), {"key": uuid.uuid4(), "reason": "Worse on names"}
    if scope == "elsewhere":
        assert page.status_code == nemo.post(page_of("go-back", endpoint), form).status_code == 404
        return
    html = page.content.decode()
    assert "Go back</button>" in html
    assert "Change model</a>" not in html
    for name in ("change-model", "edit", "delete"):
        assert nemo.post(page_of(name, endpoint), form).status_code == 403
    for _twice in range(2):
        assert nemo.post(page_of("go-back", endpoint), form).status_code == 302
    back = Change.objects.open().get()
    assert (back.model, back.actor) == (change.from_model, nemo.user)
    assert "Cancel the change" not in nemo.get(page_of("detail", endpoint)).content.decode()
    assert nemo.post(reverse("endpoints:change-cancel", args=[back.pk])).status_code == 403


def test_going_back_takes_the_model_before_the_last_change_and_not_the_first_one(alice, endpoint, other, world, worker):
    for model in (other, fitting(endpoint).exclude(pk=other.pk)[0]):
        endpoint.refresh_from_db()
        change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=model)
        worker.step(change)
        world.advance(3600)
        assert worker.step(change).state == ChangeState.DONE
    endpoint.refresh_from_db()
    assert submit.previous_model(endpoint) == other
    back = submit.go_back(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Worse on names")
    assert (back.model, back.from_model) == (other, model)


def test_a_change_of_model_that_failed_cannot_be_undone(alice, endpoint, other, world, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    endpoint.refresh_from_db()
    canceled = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=change.from_model)
    assert decisions.cancel(canceled, actor=alice.user)
    worker.step(submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Calls"}))
    endpoint.refresh_from_db()
    assert submit.previous_model(endpoint) == change.from_model


def test_nobody_goes_back_to_the_model_that_the_endpoint_has_now(alice, endpoint, other, world, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    Endpoint.objects.update(model=change.from_model)  # somebody has set it back in Azure's portal
    endpoint.refresh_from_db()
    assert submit.previous_model(endpoint) is None
    with pytest.raises(refusals.NotPossible, match="no previous model"):
        submit.go_back(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Worse on names")


def test_nobody_goes_back_to_a_model_that_has_expired(alice, endpoint, other, world, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    SpeechModel.objects.filter(pk=change.from_model_id).update(expires_at=timezone.now() - timedelta(days=2))
    page = alice.get(page_of("history", endpoint)).content.decode()
    assert "Go back</button>" not in page
    answer = alice.post(page_of("go-back", endpoint), {"key": uuid.uuid4(), "reason": "x"})
    assert answer.status_code == 422
    assert "Expired" in answer.content.decode()
    assert not Change.objects.open().exists()


def test_a_change_waits_for_its_time_and_can_be_canceled_until_then(alice, endpoint, other, world, worker):
    at = timezone.now() + timedelta(hours=5)
    address = page_of("change-model", endpoint)
    form = form_of(alice, address, model=str(other.pk), at=f"{at:%Y-%m-%dT%H:%M}")
    assert alice.post(address, form).status_code == 302
    change = Change.objects.get()
    assert not Change.objects.due().exists()
    assert Endpoint.objects.for_list().get().shown_status.label == "Scheduled"
    assert 'hx-trigger="every 2s' not in alice.get("/endpoints/").content.decode()

    alice.post(reverse("endpoints:change-cancel", args=[change.pk]))
    change.refresh_from_db()
    assert change.state == ChangeState.CANCELED
    assert world.ledger("PATCH") == []
    assert Endpoint.objects.for_list().get().shown_status.label == "Succeeded"


def test_a_change_that_has_started_cannot_be_canceled(alice, endpoint, other, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    page = alice.post(reverse("endpoints:change-cancel", args=[change.pk]), follow=True).content.decode()
    assert "The change has already started." in page
    change.refresh_from_db()
    assert change.state == ChangeState.DEPLOYING


def test_a_time_in_the_past_gives_the_fields_error(alice, endpoint, other):
    address = page_of("change-model", endpoint)
    answer = alice.post(address, form_of(alice, address, model=str(other.pk), at="2020-01-01T02:00"))
    assert answer.status_code == 422
    assert "Choose a future time." in answer.content.decode()


def test_a_change_cannot_start_when_its_model_has_expired(alice, endpoint, other):
    SpeechModel.objects.filter(pk=other.pk).update(expires_at=datetime(2097, 5, 1, 12, tzinfo=UTC))
    address = page_of("change-model", endpoint)
    answer = alice.post(address, form_of(alice, address, model=str(other.pk), at="2097-05-02T02:00"))
    assert answer.status_code == 422
    assert "The new model expires on May 1, 2097." in answer.content.decode()
    late = {"key": uuid.uuid4(), "actor": alice.user, "endpoint": endpoint, "at": datetime(2097, 5, 1, 12, tzinfo=UTC)}
    with pytest.raises(refusals.NotPossible, match="will have expired"):
        submit.change_model(model=SpeechModel.objects.get(pk=other.pk), **late)
    assert alice.post(address, form_of(alice, address, model=str(other.pk), at="2097-04-30T02:00")).status_code == 302


@pytest.mark.parametrize(("decision", "state"), [("again", ChangeState.QUEUED), ("give-up", ChangeState.FAILED)])
def test_a_change_with_an_unknown_outcome_is_decided_by_a_person(alice, bob, endpoint, other, decision, state):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    assert "Needs a decision" in page
    assert "Try again" in page
    assert "Try again" not in bob.get(endpoint.get_absolute_url()).content.decode()
    alice.post(reverse("endpoints:change-decide", args=[change.pk]), {"decision": decision})
    change.refresh_from_db()
    assert change.state == state
    if decision == "again":
        assert Change.objects.due().get() == change


def test_a_change_that_is_tried_again_has_all_its_attempts_again(alice, endpoint, other, world, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    change.refresh_from_db()
    assert decisions.decide(change, actor=alice.user, again=True)
    assert Change.objects.due().get() == change
    lost = {"method": "PATCH", "path": "/endpoints/", "stage": "before", "effect": {"close": True}}
    world.fail({**lost, "times": 3})
    states = []
    for _step in range(6):
        change.refresh_from_db()
        states.append(worker.step(change).state)
    assert states == [ChangeState.UNKNOWN, ChangeState.QUEUED] * 2 + [ChangeState.UNKNOWN, ChangeState.UNDECIDED]
    assert "sent three times" in change.error


@pytest.mark.parametrize("again", [True, False])
def test_a_change_is_decided_once(alice, endpoint, other, again):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    assert not decisions.decide(change, actor=alice.user, again=again), "nothing is to be decided"
    Change.objects.update(state=ChangeState.UNDECIDED, lost_answers=3, due_at=None, attempt=3)
    assert [decisions.decide(change, actor=alice.user, again=again) for _press in range(2)] == [True, False]
    assert Event.objects.filter(change_id=change.pk, verb="tried-again" if again else "gave-up").count() == 1


def test_a_creation_that_is_canceled_leaves_the_list(alice, mirrored, world, worker):
    model = SpeechModel.objects.deployable().first()
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    assert "Support calls" in alice.get("/endpoints/").content.decode()
    assert decisions.cancel(change, actor=alice.user)
    assert "Support calls" not in alice.get("/endpoints/").content.decode()
    assert not Endpoint.objects.present().exists()
    event = Event.objects.get(change_id=change.pk, verb="canceled")
    assert event.actor_name == "alice"
    assert not decisions.cancel(change, actor=alice.user), "it is canceled once"
    worker.run_round()
    assert world.ledger("POST") == []


def test_an_endpoint_whose_change_is_canceled_stays_in_the_list(alice, endpoint, other):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    assert decisions.cancel(change, actor=alice.user)
    assert Endpoint.objects.present().get() == endpoint


def test_a_change_that_waits_for_another_attempt_cannot_be_canceled(alice, endpoint, other, world, worker):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    world.fail({"method": "PATCH", "path": "/endpoints/", "times": 1, "effect": {"status": 429}})
    worker.step(change)
    assert (change.state, change.attempt) == (ChangeState.QUEUED, 1)
    assert not decisions.cancel(change, actor=alice.user)
    change.refresh_from_db()
    assert change.state == ChangeState.QUEUED


def test_a_deployment_of_more_than_half_an_hour_takes_longer_than_usual(alice, endpoint, other, worker, world):
    world.stop()
    change = worker.step(submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other))
    later(change, minutes=45)
    worker.step(change)
    assert change.state == ChangeState.DEPLOYING
    status = Endpoint.objects.for_list().get().shown_status
    assert (status.label, status.value) == ("Taking longer than usual", Status.RUNNING)
    assert "45\xa0minutes" in status.detail
    world.go()


@pytest.fixture
def twins(alice, mirrored, world, worker):
    """The endpoint of a change, and a second one that the service made for the same request."""
    model = SpeechModel.objects.deployable().exclude(display_name__icontains="broken").filter(locale="en-US")[0]
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    worker.step(change)
    remote = world.call("GET", "/endpoints")["values"][0]
    body = {name: remote[name] for name in ("displayName", "locale", "model", "customProperties")}
    world.call("POST", "/endpoints", body)
    world.advance(3600)
    worker.step(change)
    worker.mirror()
    return change.endpoint, Endpoint.objects.exclude(pk=change.endpoint_id).get()


def test_two_endpoints_of_one_request_are_shown_and_nothing_is_deleted_by_itself(alice, bob, twins, world):
    kept, twin = twins
    page = alice.get(kept.get_absolute_url()).content.decode()
    assert "The same request created more than one endpoint" in page
    assert page_of("remove-duplicate", twin) in page
    assert "Remove the duplicate" in page
    assert "Remove the duplicate" not in bob.get(kept.get_absolute_url()).content.decode()
    assert world.ledger("DELETE") == []


def test_an_endpoint_that_is_registered_under_two_names_is_no_duplicate_of_itself(alice, endpoint, world, worker):
    Endpoint.objects.update(mark=str(uuid.uuid4()))
    again = Resource.objects.create(name="Again", url=world.url, hook_token="again")
    copied = Endpoint.objects.create(
        resource=again, remote_id=endpoint.remote_id, mark=Endpoint.objects.get().mark, locale=endpoint.locale
    )
    assert "more than one endpoint" not in alice.get(endpoint.get_absolute_url()).content.decode()
    alice.post(page_of("remove-duplicate", copied))
    assert not Change.objects.exists()


def test_a_duplicate_is_removed_by_one_click_and_the_other_stays(alice, twins, world, worker):
    kept, twin = twins
    answer = alice.post(page_of("remove-duplicate", twin))
    assert (answer.status_code, answer["Location"]) == (302, kept.get_absolute_url())
    event = Event.objects.get(verb="requested-delete")
    assert (event.endpoint_id, event.actor_name) == (twin.pk, "alice")
    assert kept.remote_id in event.detail or Endpoint.objects.get(pk=kept.pk).remote_id in event.detail
    page = alice.get(kept.get_absolute_url()).content.decode()
    assert "Delete endpoint: Queued" in page
    worker.step(Change.objects.open().get())
    (left,) = world.call("GET", "/endpoints")["values"]
    assert left["self"].endswith(Endpoint.objects.present().get().remote_id)
    assert Endpoint.objects.present().get() == kept


def test_of_two_endpoints_that_are_both_to_be_removed_one_stays(alice, twins):
    kept, twin = twins
    alice.post(page_of("remove-duplicate", twin))
    page = alice.post(page_of("remove-duplicate", kept), follow=True).content.decode()
    assert "Nothing was changed because the endpoint is no longer a duplicate." in page
    assert Change.objects.open().get().endpoint == twin


def test_an_endpoint_that_is_alone_is_not_removed_as_a_duplicate(alice, endpoint):
    page = alice.post(page_of("remove-duplicate", endpoint), follow=True).content.decode()
    assert "the endpoint is no longer a duplicate" in page
    assert not Change.objects.exists()


def test_the_page_shows_every_change_with_actor_reason_times_and_result(alice, endpoint, other, world, worker):
    change = submit.change_model(
        key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other, reason="Better on numbers"
    )
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    page = alice.get(page_of("history", endpoint)).content.decode()
    table = page[page.index("<caption") :]
    for word in ("alice", "Better on numbers", "Done", other.display_name):
        assert word in table
    assert endpoint.usual_duration is not None


def test_what_was_seen_is_data_and_not_trusted(alice, endpoint):
    address = page_of("edit", endpoint)
    form = form_of(alice, address, name="Renamed")
    for seen in ("[]", "null", '{"is_superuser": true}', "not json", json.dumps({"model": ["x"] * 1000})):
        assert alice.post(address, form | {"seen": seen, "key": uuid.uuid4()}).status_code in (302, 409, 422)


def test_kinds_of_changes_are_named_for_people():
    assert [str(kind.label) for kind in ChangeKind] == ["Deploy model", "Change model", "Edit", "Delete endpoint"]


def test_a_duplicate_can_be_removed_while_the_other_one_is_being_changed(alice, twins):
    kept, twin = twins
    kept.refresh_from_db()
    submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=kept, desired={"display_name": "Renamed"})
    change = submit.remove_duplicate(actor=alice.user, endpoint=twin)
    assert (change.endpoint, change.kind) == (twin, ChangeKind.DELETE)


def moments(row, *fields):
    """Whether these times of a row, stored just now, are there."""
    row.refresh_from_db()
    return [getattr(row, field) is not None and getattr(row, field) > LONG_AGO for field in fields]


LONG_AGO = timezone.now() - timedelta(days=1)


def test_a_change_that_is_canceled_is_closed_now_and_due_no_more(alice, endpoint, other):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(updated_at=LONG_AGO)
    assert decisions.cancel(change, actor=alice.user)
    assert moments(change, "closed_at", "updated_at") == [True, True]
    assert change.due_at is None


def test_a_creation_that_is_canceled_shows_in_the_list_at_once_and_changes_no_other_endpoint(alice, mirrored):
    model = SpeechModel.objects.deployable()[0]
    asked = [submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name=name) for name in "ab"]
    Endpoint.objects.update(updated_at=LONG_AGO)
    decisions.cancel(asked[0], actor=alice.user)
    assert moments(asked[0].endpoint, "gone_at", "updated_at") == [True, True]
    assert moments(asked[1].endpoint, "gone_at", "updated_at") == [False, False]


@pytest.mark.parametrize("again", [True, False])
def test_a_decision_ends_a_change_or_makes_it_due_at_once(alice, endpoint, other, again):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    due = None if again else LONG_AGO
    Change.objects.update(state=ChangeState.UNDECIDED, due_at=due, updated_at=LONG_AGO, error="Lost.")
    change.refresh_from_db()
    assert decisions.decide(change, actor=alice.user, again=again)
    assert moments(change, "closed_at", "updated_at") == [not again, True]
    assert Change.objects.due().exists() == again
    assert change.error == ("Lost." if again else "Abandoned.")
    told = Event.objects.filter(change_id=change.pk).first()
    assert (told.actor_name, told.endpoint_id) == ("alice", endpoint.pk)


def test_what_differs_from_the_page_that_a_person_saw_is_named(alice, endpoint):
    seen = endpoint.facts
    Endpoint.objects.update(display_name="Renamed")
    desired = {"description": "Moved"}
    with pytest.raises(refusals.ChangedMeanwhile, match=r"^display_name$") as error:
        submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=Endpoint.objects.get(), desired=desired, seen=seen)
    assert error.value.facts == {"display_name": "Renamed"}


@pytest.mark.parametrize("again", [True, False])
def test_a_decision_is_about_one_change(alice, mirrored, again):
    model = SpeechModel.objects.deployable()[0]
    asked = [submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name=name) for name in "ab"]
    Change.objects.update(state=ChangeState.UNDECIDED)
    decisions.decide(asked[0], actor=alice.user, again=again)
    assert Change.objects.get(state=ChangeState.UNDECIDED) == asked[1]


def test_a_creation_that_is_canceled_leaves_an_endpoint_in_the_list_that_the_service_has(alice, mirrored):
    model = SpeechModel.objects.deployable()[0]
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    Endpoint.objects.update(remote_id=uuid.uuid4())
    assert decisions.cancel(change, actor=alice.user)
    assert Endpoint.objects.get().gone_at is None
    told = Event.objects.first()
    assert (told.verb, told.endpoint_id, told.change_id) == ("canceled", change.endpoint_id, change.pk)


def test_a_change_of_a_kind_that_only_newer_code_knows_is_told_by_its_name(alice, endpoint, other):
    change = submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint)
    Change.objects.update(kind="move")
    with pytest.raises(refusals.Busy, match="is in progress: move, requested by alice") as busy:
        submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint)
    assert busy.value.change == change


VERBS = {
    "requested-edit": lambda endpoint, other, **ask: submit.edit(
        endpoint=endpoint, desired={"description": "New"}, **ask
    ),
    "requested-delete": lambda endpoint, other, **ask: submit.delete(endpoint=endpoint, **ask),
    "requested-change-model": lambda endpoint, other, **ask: submit.change_model(endpoint=endpoint, model=other, **ask),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_request_is_recorded_once_with_who_asked_and_why(alice, endpoint, other, verb):
    bulk = Bulk.objects.create(kind=ChangeKind.EDIT, actor=alice.user)
    key, model = uuid.uuid4(), endpoint.model
    change = VERBS[verb](endpoint, other, key=key, actor=alice.user, reason="Clearer", bulk=bulk)
    assert (change.pk, change.actor, change.reason, change.bulk) == (key, alice.user, "Clearer", bulk)
    assert (change.endpoint_name, change.resource_name, change.actor_name) == (str(endpoint), "Contoso", "alice")
    assert change.before == endpoint.facts | {"status": endpoint.status}
    assert VERBS[verb](endpoint, other, key=key, actor=alice.user, reason="Again") == change
    event = Event.objects.get(verb=verb)
    assert (event.actor_name, event.detail, event.endpoint_id) == ("alice", "Clearer", endpoint.pk)
    assert (event.change_id, event.resource_id) == (key, endpoint.resource_id)
    assert (
        event.text
        == {
            "requested-edit": f"alice requested a change of {endpoint}: description",
            "requested-delete": f"alice requested the deletion of {endpoint}",
            "requested-change-model": f"alice requested a model change of {endpoint} from {model} to {other}",
        }[verb]
    )
    if verb == "requested-change-model":
        assert (change.model, change.from_model, change.model_name) == (other, model, str(other))
        assert change.desired == {"model": other.remote_id}


@pytest.mark.parametrize("verb", ["requested-edit", "requested-change-model"])
def test_a_request_may_wait_for_its_time_and_is_due_then(alice, endpoint, other, verb):
    at = timezone.now() + timedelta(hours=1)
    change = VERBS[verb](endpoint, other, key=uuid.uuid4(), actor=alice.user, at=at)
    change.refresh_from_db()
    assert (change.scheduled_for, change.due_at) == (at, at)


@pytest.mark.parametrize("verb", ["requested-edit", "requested-change-model"])
def test_a_request_from_a_page_that_is_older_than_the_endpoint_is_not_recorded(alice, endpoint, other, verb):
    with pytest.raises(refusals.ChangedMeanwhile, match="display_name"):
        VERBS[verb](endpoint, other, key=uuid.uuid4(), actor=alice.user, seen={"display_name": "As it was"})
    assert not Change.objects.exists()


def test_an_edit_that_changes_nothing_is_refused_whatever_else_was_asked(alice, endpoint):
    first = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"description": "New"})
    same = {"display_name": endpoint.display_name}
    with pytest.raises(refusals.NotPossible, match="Nothing was changed"):
        submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired=same)
    assert submit.edit(key=first.pk, actor=alice.user, endpoint=endpoint, desired=same) == first


def test_what_nobody_asked_for_but_the_product_itself_is_recorded_without_a_person(endpoint):
    change = submit.delete(key=uuid.uuid4(), actor=None, endpoint=endpoint)
    assert (change.actor, change.actor_name, Event.objects.first().actor_name) == (None, "", "")
    with pytest.raises(refusals.Busy, match="Delete endpoint, requested by Speech Studio"):
        submit.delete(key=uuid.uuid4(), actor=None, endpoint=endpoint)


@pytest.mark.parametrize(
    ("state", "attempt", "can"),
    [
        (ChangeState.QUEUED, 0, True),
        (ChangeState.QUEUED, 1, False),
        (ChangeState.SENDING, 1, False),
        (ChangeState.UNDECIDED, 0, False),
        (ChangeState.DEPLOYING, 0, False),
    ],
)
def test_only_a_change_that_has_not_started_can_be_canceled(alice, endpoint, other, state, attempt, can):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(state=state, attempt=attempt, scheduled_for=timezone.now() + timedelta(hours=1))
    change.refresh_from_db()
    assert change.can_be_canceled == change.waits_for_its_time == can
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    assert (page_of("change-cancel", change) in page) == can
    assert decisions.cancel(change, actor=alice.user) == can


@pytest.mark.parametrize(("minutes", "waits"), [(-1, False), (1, True)])
def test_a_change_whose_time_has_come_is_in_progress(alice, endpoint, other, minutes, waits):
    at = timezone.now() + timedelta(minutes=minutes)
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other, at=at)
    assert change.waits_for_its_time == waits
    assert Endpoint.objects.get().settled == waits


@pytest.mark.parametrize(
    ("state", "minutes", "late"),
    [
        (ChangeState.DEPLOYING, 25, False),
        (ChangeState.DEPLOYING, 35, True),
        (ChangeState.UNKNOWN, 35, False),
        (ChangeState.DONE, 35, False),
    ],
)
def test_a_deployment_is_late_after_half_an_hour(alice, endpoint, other, state, minutes, late):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.update(state=state, accepted_at=timezone.now() - timedelta(minutes=minutes))
    change.refresh_from_db()
    assert change.late == late


def test_an_endpoint_whose_duplicate_is_gone_is_not_removed_as_a_duplicate(alice, twins):
    kept, twin = twins
    assert list(kept.duplicates()) == [twin]
    Endpoint.objects.filter(pk=twin.pk).update(gone_at=timezone.now())
    assert not kept.duplicates().exists()
    with pytest.raises(refusals.NotPossible):
        submit.remove_duplicate(actor=alice.user, endpoint=Endpoint.objects.get(pk=kept.pk))


def test_endpoints_that_no_request_of_ours_made_are_no_duplicates(alice, resource, world, worker):
    world.begin(endpoints=2, rate_limit="0/0")
    worker.mirror()
    first, second = Endpoint.objects.all()
    Endpoint.objects.update(mark="")
    first.refresh_from_db()
    assert not first.duplicates().exists()
    with pytest.raises(refusals.NotPossible):
        submit.remove_duplicate(actor=alice.user, endpoint=first)
    assert second.gone_at is None


@pytest.mark.parametrize(
    ("status", "settled"),
    [("Succeeded", True), ("Failed", True), ("", True), ("NotStarted", False), ("Running", False), ("Moving", False)],
)
def test_a_page_polls_for_an_endpoint_until_the_service_has_finished(endpoint, status, settled):
    Endpoint.objects.update(status=status)
    assert Endpoint.objects.get().settled == settled
