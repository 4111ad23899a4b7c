"""Actions and their Events are stored in one transaction, and Events outlive the rows that they describe."""

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from endpoints import tasks
from endpoints.changes import submit
from endpoints.mirror import removals, resources
from endpoints.models import Change, Endpoint, Event, Resource, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.pages.resource_forms import save

FORM = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key"}


def deploy(person, worker, name="Support calls"):
    model = SpeechModel.objects.deployable()[0]
    return worker.step(submit.create(key=uuid.uuid4(), actor=person.user, model=model, display_name=name))


def changed(event):
    return {one["field"]: (one["old"], one["new"]) for one in event.facts["fields"]}


def test_history_outlives_the_resource_that_it_tells_of(alice, mirrored, worker):
    change = deploy(alice, worker)
    told = [*Event.objects.order_by("pk").values_list("pk", flat=True)]
    removals.remove_resource(mirrored, actor=alice.user)
    removed = Event.objects.get(verb=Verb.RESOURCE_REMOVED)
    assert list(Event.objects.order_by("pk").values_list("pk", flat=True)) == [*told, removed.pk]
    event = Event.objects.get(verb=Verb.REQUESTED_CREATE)
    assert (event.endpoint_name, event.resource_name, event.actor_name) == ("Support calls", "Contoso", "alice")
    change.refresh_from_db()
    assert change.endpoint is None
    assert (change.endpoint_name, change.resource_name, change.actor_name) == ("Support calls", "Contoso", "alice")
    assert change.model_name == event.facts["model"]
    page = alice.get(reverse("endpoints:activity")).content.decode()
    assert "Support calls" in page
    assert reverse("endpoints:detail", args=[event.endpoint_id]) not in page


def test_history_outlives_the_person_who_made_it(alice, bob, mirrored, worker):
    change = deploy(bob, worker)
    bob.user.delete()
    change.refresh_from_db()
    assert (change.actor, change.actor_name) == (None, "bob")
    assert Event.objects.get(verb=Verb.REQUESTED_CREATE).actor_name == "bob"


def test_an_open_change_of_a_removed_resource_is_closed_by_the_next_sweep(alice, mirrored, worker, world):
    model = SpeechModel.objects.deployable()[0]
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    removals.remove_resource(mirrored, actor=alice.user)
    tasks.step(str(change.pk))
    change.refresh_from_db()
    assert change.state == ChangeState.CANCELED
    assert not Change.objects.open().exists()
    assert not Change.objects.due().exists()


@pytest.mark.parametrize("kind", ["edit", "move"], ids=["known", "of newer code"])
@pytest.mark.parametrize("state", [ChangeState.QUEUED, ChangeState.UNDECIDED, ChangeState.DEPLOYING])
def test_an_open_change_is_closed_and_named_whatever_it_waits_for_when_its_resource_is_removed(
    alice, mirrored, worker, state, kind
):
    endpoint = Endpoint.of(deploy(alice, worker))
    Change.objects.update(state=ChangeState.DONE, due_at=None)
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"description": "New"})
    Change.objects.filter(pk=change.pk).update(state=state, kind=kind, due_at=None)
    removals.remove_resource(mirrored, actor=alice.user)
    assert list(Change.objects.open().due()) == [change]
    tasks.step(str(change.pk))
    change.refresh_from_db()
    assert change.state == ChangeState.CANCELED
    closed, removed = Event.objects.order_by("-pk")[:2]
    assert (closed.verb, closed.endpoint_name, closed.resource_name) == (Verb.CANCELED, "Support calls", "Contoso")
    assert (removed.text, removed.actor_name) == ("alice removed the Speech resource Contoso", "alice")


def test_a_change_of_an_endpoint_names_each_fact_with_its_old_and_new_value_in_the_language_of_who_reads_it(
    alice, mirrored, worker
):
    endpoint = Endpoint.of(deploy(alice, worker))
    Change.objects.update(state=ChangeState.DONE, due_at=None)
    with override("de"):
        submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Renamed"})
    event = Event.objects.get(verb=Verb.REQUESTED_EDIT)
    assert changed(event) == {"display_name": ("Support calls", "Renamed")}
    assert event.text == "alice requested a change of Support calls: name"
    assert event.fields == [("Name", "Support calls", "Renamed")]
    with override("de"):
        assert "Name" in event.text


def test_an_edit_that_fails_is_told_as_one(alice, mirrored, worker, world):
    endpoint = Endpoint.of(deploy(alice, worker))
    Change.objects.update(state=ChangeState.DONE, due_at=None)
    world.advance(3600)
    worker.mirror()
    endpoint.refresh_from_db()
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Renamed"})
    long_ago = timezone.now() - timedelta(hours=1)
    Change.objects.filter(pk=change.pk).update(state=ChangeState.DEPLOYING, accepted_at=long_ago)
    worker.step(Change.objects.get(pk=change.pk))
    assert Event.objects.first().text == "Support calls couldn't be changed as requested"


def test_a_changed_resource_names_each_field_with_its_old_and_new_value(alice, mirrored, settings):
    settings.DEMO = True  # the simulator's address is not encrypted
    form = FORM | {"url": mirrored.url, "region": "westeurope", "new_key": "another-key-of-32-characters-xxxx"}
    assert save(alice, form, mirrored).status_code == 302
    event = Event.objects.get(verb=Verb.RESOURCE_CHANGED)
    assert changed(event) == {"region": ("eastus", "westeurope"), "key": ("", "replaced")}
    assert (event.actor_name, event.resource_id, event.resource_name) == ("alice", mirrored.pk, "Contoso")
    page = alice.get(reverse("endpoints:activity")).content.decode()
    assert "westeurope" in page
    assert "replaced" in page
    assert "another-key" not in page
    assert "another-key" not in str(event.facts)


def test_a_resource_saved_as_it_was_makes_no_event(alice, mirrored, settings):
    settings.DEMO = True
    address = reverse("endpoints:resource-edit", args=[mirrored.pk])
    assert alice.post(address, FORM | {"url": mirrored.url}).status_code == 302
    assert not Event.objects.filter(verb=Verb.RESOURCE_CHANGED).exists()


@pytest.mark.parametrize("failing", ["resource", "web hook", "log folder"])
def test_a_change_whose_event_cannot_be_recorded_is_not_made(alice, mirrored, worker, monkeypatch, failing):
    endpoint = Endpoint.of(deploy(alice, worker))

    def refuse(*_, **__):
        raise RuntimeError("The disk is full.")

    monkeypatch.setattr("endpoints.models.Event.save", refuse)
    mirrored.region = "westeurope"
    do = {
        "resource": lambda: resources.save_resource(mirrored, actor=alice.user),
        "web hook": lambda: resources.set_web_hook(mirrored, enabled=True, actor=alice.user),
        "log folder": lambda: resources.set_log_folder(endpoint, "elsewhere", actor=alice.user),
    }
    with pytest.raises(RuntimeError):
        do[failing]()
    kept = Resource.objects.get()
    assert (kept.region, kept.hook_enabled) == ("eastus", False)
    assert Endpoint.objects.get().log_folder == ""


def test_the_web_hook_and_the_log_folder_are_recorded(alice, mirrored, worker):
    endpoint = Endpoint.of(deploy(alice, worker))
    alice.post(reverse("endpoints:resource-hook", args=[mirrored.pk]))
    assert changed(Event.objects.get(verb=Verb.RESOURCE_CHANGED)) == {"web_hook": ("off", "on")}
    alice.post(reverse("endpoints:log-folder", args=[endpoint.pk]), {"folder": "calls/2026"})
    event = Event.objects.get(verb=Verb.LOG_FOLDER_CHANGED)
    assert (changed(event), event.endpoint_id, event.actor_name) == (
        {"log_folder": ("", "calls/2026")},
        endpoint.pk,
        "alice",
    )


def test_the_resource_that_the_environment_names_is_recorded_once(db):
    given = {"region": "westeurope", "url": "", "key": "k" * 32, "api_version": "v3.2"}
    resources.register(**given)
    resources.register(**given)
    assert [event.verb for event in Event.objects.all()] == [Verb.RESOURCE_ADDED]
    resources.register(**given | {"key": "l" * 32})
    assert changed(Event.objects.get(verb=Verb.RESOURCE_CHANGED)) == {"key": ("", "replaced")}


def test_events_are_written_in_one_place():
    rooms = Path(__file__).resolve().parent.parent / "endpoints"
    writers = {
        path.relative_to(rooms).as_posix()
        for path in rooms.rglob("*.py")
        if "migrations" not in path.parts
        and re.search(r"\bEvent\.objects\.(bulk_|get_or_|update_or_)?create\(", path.read_text())
    }
    assert {name for name in writers if not name.startswith("simulator/")} == {"audit/__init__.py"}
