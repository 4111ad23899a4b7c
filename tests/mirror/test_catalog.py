"""Refreshing our copies: they become what the service says, and older responses never overwrite newer ones."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.azure.listing import Listing
from endpoints.changes import submit
from endpoints.gateway import clients
from endpoints.mirror import refresh, resources
from endpoints.mirror.endpoints import mark_gone, store_endpoint
from endpoints.mirror.local_rows import LocalRows
from endpoints.models import Endpoint, Event, Project, Resource, SpeechModel
from endpoints.models.change import MARK
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.faults.foreign_answers import FOREIGN
from tests.network import HERE
from tests.rewriting import events_rewritten

LIST = {"method": "GET", "path": r"/endpoints(\?|$)", "times": 1}


class Meanwhile:
    """A client that calls `happens` after the listing of endpoints, before anything is stored."""

    def __init__(self, service, happens):
        self.service, self.happens = service, happens

    def __getattr__(self, name):
        return getattr(self.service, name)

    def list_endpoints(self):
        listing = self.service.list_endpoints()
        found = list(listing)
        self.happens()
        return Listing(iter(found), listing.unreadable)


def mirror(resource, happens):
    with clients.speech_client(resource, HERE) as service:
        meanwhile: Any = Meanwhile(service, happens)
        refresh.refresh(resource, meanwhile)


def lists(world, *remotes):
    """The next listing has these endpoints, whatever the service really has."""
    world.fail({**LIST, "effect": {"body": {"values": list(remotes)}}})


def at(remote, **later):
    """The same endpoint with another time of its last action."""
    moment = datetime.fromisoformat(remote["lastActionDateTime"]) + timedelta(**later)
    return {**remote, "lastActionDateTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def test_an_older_answer_does_not_overwrite_a_newer_one(alice, endpoint, other, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DONE
    lists(world, before)
    worker.mirror()
    row = Endpoint.objects.get()
    assert (row.model, row.gone_at) == (other, None)
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()


@pytest.mark.parametrize(("later", "shown"), [(-1, "Front"), (0, "Back"), (1, "Back")])
def test_of_two_answers_the_one_with_the_later_action_counts_and_of_two_of_one_time_the_last(
    endpoint, world, worker, later, shown
):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    lists(world, {**at(remote, minutes=1), "displayName": "Front"})
    worker.mirror()
    lists(world, at({**remote, "displayName": "Back"}, minutes=1 + later))
    worker.mirror()
    assert Endpoint.objects.get().display_name == shown


def test_an_endpoint_made_during_a_listing_is_not_marked_as_gone(alice, mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").exclude(display_name__icontains="broken").first()
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    mirror(mirrored, lambda: worker.step(change))
    row = Endpoint.objects.get()
    assert row.remote_id is not None
    assert row.gone_at is None
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()
    worker.mirror()
    assert Endpoint.objects.present().get() == row


def test_an_endpoint_that_is_no_longer_listed_is_marked_as_gone_once(endpoint, world, worker):
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    for _round in range(2):
        worker.mirror()
        endpoint.refresh_from_db()
    assert endpoint.gone_at is not None
    assert Event.objects.filter(endpoint_id=endpoint.pk, verb=Verb.VANISHED).count() == 1


def test_an_endpoint_that_is_gone_is_told_once_although_its_change_finds_that_too(
    alice, endpoint, other, world, worker
):
    change = submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other)
    worker.step(change)
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    gone_at = Endpoint.objects.get().gone_at
    worker.step(change)
    assert change.state == ChangeState.UNDECIDED
    assert Endpoint.objects.get().gone_at == gone_at
    assert Event.objects.filter(verb=Verb.VANISHED).count() == 1


def test_a_deletion_that_waits_is_done_when_somebody_else_was_faster(alice, endpoint, world, worker):
    change = submit.delete(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, reason="Old")
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")
    worker.mirror()
    change.refresh_from_db()
    assert change.state == ChangeState.QUEUED
    assert worker.step(change).state == ChangeState.DONE


def test_only_an_endpoint_that_has_failed_shows_an_error(endpoint, world, worker):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    remote["properties"]["error"] = {"code": "InternalServerError", "message": "It is lost."}
    for status, shown in (("Failed", "It is lost."), ("Succeeded", "")):
        lists(world, {**remote, "status": status})
        worker.mirror()
        row = Endpoint.objects.get()
        assert (row.status, row.error) == (status, shown)


def test_an_endpoint_that_the_service_has_not_made_yet_is_not_marked_as_gone(alice, mirrored, worker):
    model = SpeechModel.objects.deployable().first()
    submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    worker.mirror()
    assert Endpoint.objects.present().count() == 1
    assert not Event.objects.filter(verb=Verb.VANISHED).exists()


def test_endpoints_of_another_resource_are_not_marked_as_gone(endpoint, world, worker):
    other = resources.register(name="Fabrikam", region="westus", url=world.url, key="simulated-key", api_version="v3.2")
    theirs = Endpoint.objects.create(resource=other, remote_id=str(uuid.uuid4()), display_name="Theirs", locale="en-US")
    with clients.speech_client(endpoint.resource, HERE) as service:
        refresh.refresh(endpoint.resource, service)
    theirs.refresh_from_db()
    assert theirs.gone_at is None


def deployed_elsewhere(world, model, **more):
    """Somebody deploys this model in Azure's own portal; returns the endpoint's id."""
    kind = "models/base" if model.kind == "base" else "models"
    named = {"self": f"{world.url}/speechtotext/v3.2/{kind}/{model.remote_id}"}
    body = {"displayName": "Made elsewhere", "locale": model.locale, "model": named, **more}
    return world.call("POST", "/endpoints", body)["self"].rpartition("/")[2]


def catalogs(world):
    """How often the models of the service were listed."""
    return len([one for one in world.ledger("GET") if one["path"].partition("?")[0].endswith("/models/base")])


def test_endpoints_of_the_first_listing_are_not_recorded_as_found_and_later_ones_are(resource, world, worker):
    world.begin(endpoints=3, rate_limit="0/0")
    worker.mirror()
    assert Endpoint.objects.count() == 3
    assert not Event.objects.filter(verb=Verb.FOUND).exists()
    made = deployed_elsewhere(world, SpeechModel.objects.deployable().filter(kind="custom").first())
    for _round in range(2):
        worker.mirror()
    found = Event.objects.get(verb=Verb.FOUND)
    assert Endpoint.objects.get(pk=found.endpoint_id).remote_id == made


def test_models_are_listed_every_ten_minutes(mirrored, world, worker):
    before = catalogs(world)
    for minutes, more in ((9, 0), (11, 1)):
        Resource.objects.update(cataloged_at=timezone.now() - timedelta(minutes=minutes))
        worker.mirror()
        assert catalogs(world) == before + more


def fetched(world, model):
    """How often this model was fetched by its id."""
    return len([one for one in world.ledger("GET") if one["path"].endswith(f"/{model.remote_id}")])


@pytest.mark.parametrize("kind", ["base", "custom"])
def test_a_model_that_is_in_no_list_is_fetched_once_and_no_list_is_read_again(mirrored, world, worker, kind):
    model = SpeechModel.objects.deployable().filter(kind=kind).first()
    deployed_elsewhere(world, model)
    before = catalogs(world)
    SpeechModel.objects.filter(pk=model.pk).delete()
    for _refresh in range(3):
        worker.mirror()
        assert Endpoint.objects.get().model_name == model.display_name
        assert (catalogs(world), fetched(world, model)) == (before, 1)
    requests = len(world.ledger("GET"))
    worker.mirror()
    assert len(world.ledger("GET")) == requests + 1


def test_a_model_that_the_service_no_longer_has_is_fetched_once(mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    deployed_elsewhere(world, model)
    SpeechModel.objects.filter(pk=model.pk).delete()
    gone = {"code": "NotFound", "message": "There is no such model."}
    world.fail(
        {"method": "GET", "path": f"/models/{model.remote_id}", "times": 5, "effect": {"status": 404, "body": gone}}
    )
    for _refresh in range(3):
        worker.mirror()
    row = Endpoint.objects.get()
    assert (row.model_name, row.model.why_not) == (model.remote_id, "Deleted in Azure")
    assert fetched(world, model) == 1


def test_a_model_in_use_stays_although_the_lists_do_not_have_it(mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    deployed_elsewhere(world, model)
    worker.mirror()
    world.fail({"method": "GET", "path": r"/models(\?|$)", "times": 1, "effect": {"body": {"values": []}}})
    again(world, worker)
    model.refresh_from_db()
    assert model.gone_at is None


def test_ids_are_compared_without_regard_to_case(endpoint, world, worker):
    Endpoint.objects.update(remote_id=endpoint.remote_id.upper())
    SpeechModel.objects.filter(pk=endpoint.model_id).update(remote_id=endpoint.model.remote_id.upper())
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    for one in (remote, {**remote, "self": remote["self"].replace(endpoint.remote_id, endpoint.remote_id.upper())}):
        lists(world, one)
        again(world, worker)
        row = Endpoint.objects.get()
        assert (row.pk, row.remote_id, row.model_id) == (endpoint.pk, endpoint.remote_id, endpoint.model_id)
    assert SpeechModel.objects.filter(gone_at=None, pk=endpoint.model_id).exists()
    assert not Event.objects.filter(verb__in=[Verb.CHANGED_OUTSIDE, Verb.VANISHED, Verb.FOUND]).exists()


def test_a_model_that_is_gone_keeps_the_time_at_which_that_was_seen_and_can_come_back(mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    remote = world.call("GET", f"/models/{model.remote_id}")
    world.call("DELETE", f"/models/{model.remote_id}")
    gone = set()
    for _round in range(2):
        Resource.objects.update(cataloged_at=None)
        worker.mirror()
        model.refresh_from_db()
        gone.add(model.gone_at)
    assert len(gone) == 1
    assert None not in gone
    world.fail({"method": "GET", "path": r"/models(\?|$)", "times": 1, "effect": {"body": {"values": [remote]}}})
    Resource.objects.update(cataloged_at=None)
    worker.mirror()
    model.refresh_from_db()
    assert model.gone_at is None


def test_the_mark_of_a_change_of_another_resource_is_ignored(alice, mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    other = resources.register(name="Fabrikam", region="westus", url=world.url, key="simulated-key", api_version="v3.2")
    made = deployed_elsewhere(world, model, customProperties={MARK: str(change.pk)})
    with clients.speech_client(other, HERE) as service:
        refresh.refresh(other, service)
    change.endpoint.refresh_from_db()
    assert (change.endpoint.resource, change.endpoint.remote_id) == (mirrored, None)
    assert other.endpoints.get().remote_id == made


def test_our_latest_change_is_not_recorded_as_outside_and_a_return_to_an_earlier_one_is(alice, endpoint, world, worker):
    name = endpoint.display_name
    for desired in ("Ours", "Ours too"):
        endpoint.refresh_from_db()
        worker.step(
            submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": desired})
        )
    assert not Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).exists()
    for number, outside in enumerate(("Ours", name), start=1):
        world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": outside})
        worker.mirror()
        assert Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).count() == number


def test_a_change_that_is_only_queued_does_not_explain_a_difference(alice, endpoint, world, worker):
    submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"})
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Ours"})
    worker.mirror()
    assert Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).count() == 1


def test_a_difference_in_more_than_we_requested_is_recorded_as_outside(alice, endpoint, world, worker):
    before = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    worker.step(submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Ours"}))
    lists(world, before)
    worker.mirror()
    with events_rewritten():
        Event.objects.filter(verb=Verb.CHANGED_OUTSIDE).delete()
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"description": "Theirs"})
    worker.mirror()
    assert Event.objects.get(verb=Verb.CHANGED_OUTSIDE).text.endswith("was changed outside this app: name, description")


@pytest.mark.parametrize(
    "mark", ["none", "12345678-1234-1234-1234-12345678901z", "x" * 40, "a-b-c-d-e", str(uuid.UUID(int=7))]
)
def test_a_mark_that_is_none_of_ours_is_the_mark_of_somebody_else(alice, mirrored, world, worker, mark):
    model = SpeechModel.objects.deployable().first()
    waiting = submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls")
    made = deployed_elsewhere(world, model, customProperties={MARK: mark})
    worker.mirror()
    row = Endpoint.objects.get(remote_id=made)
    assert row.mark == mark[:36]
    assert row != waiting.endpoint


def test_an_endpoint_that_failed_without_a_reason_shows_none(endpoint, world, worker):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    lists(world, {**remote, "status": "Failed"})
    worker.mirror()
    row = Endpoint.objects.get()
    assert (row.status, row.error) == ("Failed", "")


def test_an_endpoint_that_is_found_gone_keeps_what_was_stored_since_it_was_read(endpoint):
    Endpoint.objects.update(log_folder="calls")
    mark_gone(endpoint)
    row = Endpoint.objects.get()
    assert row.gone_at is not None
    assert row.log_folder == "calls"


def test_a_refresh_says_so_of_its_own_resource_only(mirrored, world, worker):
    other = Resource.objects.create(name="Fabrikam", region="westus")
    Resource.objects.update(mirrored_at=None, cataloged_at=None, capabilities={}, failure="Kept")
    before = timezone.now()
    resource = Resource.objects.get(pk=mirrored.pk)
    Resource.objects.filter(pk=mirrored.pk).update(name="Renamed meanwhile")
    mirror(resource, lambda: None)
    row = Resource.objects.get(pk=mirrored.pk)
    assert min(row.mirrored_at, row.cataloged_at) >= before
    assert (row.mirrored_at, row.capabilities["projects"]) == (resource.mirrored_at, True)
    assert row.name == "Renamed meanwhile"
    other.refresh_from_db()
    assert (other.mirrored_at, other.cataloged_at, other.capabilities) == (None, None, {})


@pytest.mark.parametrize(
    "changes", [{"url": "https://elsewhere.cognitiveservices.azure.com"}, {"api_version": "2025-10-15"}], ids=str
)
def test_a_catalog_of_another_address_or_version_than_is_stored_now_does_not_count(mirrored, changes):
    Resource.objects.update(cataloged_at=None)
    resource = Resource.objects.get()
    mirror(resource, lambda: Resource.objects.update(**changes))
    assert Resource.objects.get().cataloged_at is None


def again(world, worker):
    """Refresh with models and projects."""
    Resource.objects.update(cataloged_at=None)
    worker.mirror()


def test_projects_come_go_and_come_back_and_endpoints_name_theirs(mirrored, world, worker):
    facts = {"displayName": "Hotline", "description": "Calls", "locale": "en-US"}
    remote = world.call("POST", "/projects", facts)
    model = SpeechModel.objects.deployable().filter(locale="en-US").first()
    made = deployed_elsewhere(world, model, project={"self": remote["self"]})
    again(world, worker)
    project = Project.objects.get(remote_id=remote["self"].rpartition("/")[2])
    assert (project.display_name, project.description, project.locale) == ("Hotline", "Calls", "en-US")
    assert (project.resource, project.gone_at) == (mirrored, None)
    assert project.created_at is not None
    assert Endpoint.objects.get(remote_id=made).project == project
    listed = world.call("GET", "/projects")
    world.call("PATCH", f"/projects/{project.remote_id}", {"displayName": "Help line"})
    again(world, worker)
    project.refresh_from_db()
    assert project.display_name == "Help line"
    nothing = {"values": [one for one in listed["values"] if one["self"] != remote["self"]]}
    world.fail({"method": "GET", "path": r"/projects(\?|$)", "times": 1, "effect": {"body": nothing}})
    again(world, worker)
    project.refresh_from_db()
    assert project.gone_at is not None
    again(world, worker)
    project.refresh_from_db()
    assert project.gone_at is None


def test_an_endpoint_shows_its_model_as_the_service_names_it_now(endpoint, world, worker):
    long_ago = timezone.now() - timedelta(days=1)
    model = endpoint.model
    SpeechModel.objects.filter(pk=model.pk).update(display_name="As it was", expires_at=long_ago)
    Endpoint.objects.update(model_name="As it was", expires_at=long_ago, updated_at=long_ago)
    unnamed = Endpoint.objects.create(
        resource=endpoint.resource, display_name="No model", locale="en-US", model_name="x"
    )
    again(world, worker)
    row = Endpoint.objects.get(pk=endpoint.pk)
    assert (row.model_name, row.expires_at) == (model.display_name, model.expires_at)
    assert row.updated_at > long_ago
    unnamed.refresh_from_db()
    assert unnamed.model_name == "x"
    Endpoint.objects.update(updated_at=long_ago)
    again(world, worker)
    assert Endpoint.objects.get(pk=endpoint.pk).updated_at == long_ago


def test_a_model_is_stored_as_the_service_describes_it(mirrored, world, worker):
    model = SpeechModel.objects.filter(kind="custom").exclude(base_model=None).exclude(project=None).first()
    remote = world.call("GET", f"/models/{model.remote_id}")
    said = {
        "display_name": remote["displayName"],
        "description": remote.get("description", ""),
        "locale": remote["locale"],
        "status": remote["status"],
    }
    assert {name: getattr(model, name) for name in said} == said
    assert remote["baseModel"]["self"].endswith(model.base_model.remote_id)
    assert remote["project"]["self"].endswith(model.project.remote_id)
    assert f"{model.created_at:%Y-%m-%dT%H:%M:%SZ}" == remote["createdDateTime"]
    SpeechModel.objects.filter(pk=model.pk).update(
        **dict.fromkeys(said, "x"), base_model=None, project=None, created_at=timezone.now(), expires_at=None
    )
    again(world, worker)
    after = SpeechModel.objects.get(pk=model.pk)
    for field in (*said, "base_model", "project", "created_at", "expires_at", "adaptation_expires_at", "datasets"):
        assert getattr(after, field) == getattr(model, field), field


def test_an_endpoint_whose_model_the_service_does_not_have_shows_its_id(endpoint, world, worker):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    address = remote["model"]["self"].rpartition("/")[0]
    unknown = str(uuid.uuid4())
    lists(world, {**remote, "model": {"self": f"{address}/{unknown}"}})
    worker.mirror()
    row = Endpoint.objects.get()
    assert (row.model.gone_at is None, row.model_name, row.expires_at) == (False, unknown, None)


def test_a_refresh_keeps_what_was_stored_of_an_endpoint_since_it_was_read(endpoint, world):
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"displayName": "Renamed"})
    with clients.speech_client(endpoint.resource, HERE) as service:
        remote = service.get_endpoint(endpoint.remote_id)
    local = LocalRows(endpoint.resource)
    assert remote.id in local.endpoints
    Endpoint.objects.update(log_folder="calls/2026", hinted_at=Now())
    store_endpoint(endpoint.resource, remote, local=local)
    endpoint.refresh_from_db()
    assert (endpoint.display_name, endpoint.log_folder, endpoint.hinted_at is None) == ("Renamed", "calls/2026", False)


def test_an_endpoint_is_stored_as_the_service_describes_it(endpoint, world, worker):
    remote = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    Endpoint.objects.all().delete()
    worker.mirror()
    row = Endpoint.objects.get()
    for moment, name in ((row.created_at, "createdDateTime"), (row.last_action_at, "lastActionDateTime")):
        assert f"{moment:%Y-%m-%dT%H:%M:%SZ}" == remote[name]
    assert (row.display_name, row.description) == (remote["displayName"], remote.get("description", ""))
    assert (row.locale, row.status, row.error) == (remote["locale"], remote["status"], "")
    assert row.logging_enabled == remote["properties"]["loggingEnabled"]
    assert row.links
    assert (row.model.remote_id, row.model_name) == (remote["model"]["self"].rpartition("/")[2], str(row.model))


# What a service or a gateway answers of one model without saying that the model does not exist.
UNCLEAR = {
    **{f"404: {name}": {"status": 404, "body": body} for name, body in FOREIGN.items()},
    "401": {"status": 401},
    "403": {"status": 403},
    "500": {"status": 500},
    "unreadable": {"body": "<html>sign in</html>"},
    "closed": {"close": True},
}


def unclear(world, model, answer):
    """No list has this model, and whoever asks for it by its id gets `answer`."""
    world.fail(
        {"method": "GET", "path": r"/models(\?|$)", "times": 9, "effect": {"body": {"values": []}}},
        {"method": "GET", "path": f"/models/{model.remote_id}", "times": 9, "effect": answer},
    )


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unlisted_model_is_not_stored_as_gone_unless_the_service_says_so(mirrored, world, worker, answer):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    made = deployed_elsewhere(world, model)
    SpeechModel.objects.filter(pk=model.pk).delete()
    unclear(world, model, answer)
    worker.mirror()
    assert Endpoint.objects.get(remote_id=made).model is None
    world.fail()
    worker.mirror()
    assert Endpoint.objects.get().model_name == model.display_name
    assert SpeechModel.objects.get(remote_id=model.remote_id).gone_at is None


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_a_model_in_use_is_not_marked_as_gone_unless_the_service_says_so(mirrored, world, worker, answer):
    model = SpeechModel.objects.deployable().filter(kind="custom").first()
    made = deployed_elsewhere(world, model)
    worker.mirror()
    unclear(world, model, answer)
    world.advance(3600)
    world.call("PATCH", f"/endpoints/{made}", {"displayName": "Renamed"})
    again(world, worker)
    model.refresh_from_db()
    assert model.gone_at is None
    assert Endpoint.objects.get().display_name == "Renamed"  # no answer about a model keeps endpoints from being stored
    assert Resource.objects.get().failing_since is None
