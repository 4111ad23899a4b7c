"""While a web hook proves itself its resource is polled every ten minutes, and as before as soon as it doesn't."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.access.signature import signature
from endpoints.changes import submit
from endpoints.mirror import hook_proof, resources
from endpoints.mirror.resources import set_web_hook
from endpoints.models import Change, Endpoint, Resource, SpeechModel
from tests.demo import until


@pytest.fixture
def hooked(endpoint, settings):
    """A resource with an endpoint and a web hook that the service has accepted, and that has not called yet."""
    resource = endpoint.resource
    set_web_hook(resource, enabled=True)
    Resource.objects.update(hook_id=uuid.uuid4(), hook_status="Succeeded")
    return Resource.objects.get()


@pytest.fixture
def at_once(monkeypatch):
    """What has just happened is expected to be announced, too."""
    monkeypatch.setattr(hook_proof, "GRACE", timedelta())


def call(client, resource, entity, **more):
    body = json.dumps({"self": f"https://eastus.example/speechtotext/v3.2/{entity}", **more}).encode()
    headers = {"X-MicrosoftSpeechServices-Signature": signature(resource.hook_secret.open(), body)}
    answer = client.post(reverse("hook", args=[resource.hook_token]), body, "application/json", headers=headers)
    assert answer.status_code == 200


def ping(client, resource):
    call(client, resource, f"webhooks/{uuid.uuid4()}", displayName="Hook")


def event(client, resource, entity):
    call(client, resource, entity, invocationId=str(uuid.uuid4()))


def pauses(worker, polls):
    """The seconds from each of so many polls to the next."""
    found = []
    for _poll in range(polls):
        worker.mirror()
        row = Resource.objects.get()
        assert abs((row.due_at - timezone.now()).total_seconds() - row.poll_seconds) < 30
        found.append(row.poll_seconds)
    return found


def proven(client, resource, worker):
    """Let the web hook prove itself, until its resource is polled every ten minutes."""
    ping(client, resource)
    assert pauses(worker, 5)[-1] == 600


def test_without_a_web_hook_each_pause_is_as_the_setting_says(endpoint, worker, settings):
    settings.LOOK_SECONDS = 45
    assert pauses(worker, 3) == [45, 45, 45]


def test_a_web_hook_that_has_never_called_changes_nothing(hooked, worker):
    assert pauses(worker, 3) == [60, 60, 60]


def test_pauses_double_up_to_ten_minutes_while_calls_arrive(client, hooked, worker):
    ping(client, hooked)
    assert pauses(worker, 6) == [120, 240, 480, 600, 600, 600]


def test_a_setting_above_ten_minutes_holds(client, hooked, worker, settings):
    settings.LOOK_SECONDS = 3600
    ping(client, hooked)
    assert pauses(worker, 2) == [3600, 3600]


def test_one_poll_of_a_proven_resource_is_one_request(client, hooked, worker, world):
    proven(client, hooked, worker)
    before = len(world.ledger())
    worker.mirror()
    assert [entry["path"].rpartition("/")[2] for entry in world.ledger()[before:]] == ["endpoints"]


@pytest.mark.parametrize("silent", ["no call for hours", "failed at the service", "removed by a person"])
def test_a_web_hook_that_no_longer_proves_itself_is_not_relied_on(client, hooked, worker, silent):
    proven(client, hooked, worker)
    if silent == "no call for hours":
        Resource.objects.update(hook_heard_at=F("hook_heard_at") - timedelta(hours=2, minutes=1))
    elif silent == "failed at the service":
        Resource.objects.update(hook_status="Failed")
    else:
        set_web_hook(Resource.objects.get(), enabled=False)
    assert pauses(worker, 1) == [60]


@pytest.mark.parametrize("changed", ["version", "address"])
def test_another_address_or_version_has_to_prove_its_web_hook_anew(client, hooked, worker, world, alice, changed):
    proven(client, hooked, worker)
    resource = Resource.objects.get()
    if changed == "version":
        resource.api_version = "2024-11-15"
    else:
        resource.region = "westus"
    resources.save_resource(resource, actor=alice.user)
    assert pauses(worker, 1) == [60]


def other_model(world, endpoint):
    """Let somebody change the model elsewhere."""
    fits = SpeechModel.objects.deployable().filter(locale=endpoint.locale).exclude(pk=endpoint.model_id)
    other = fits.exclude(display_name__icontains="broken").first()
    kind = "models/base" if other.kind == "base" else "models"
    model = {"self": f"{world.url}/speechtotext/v3.2/{kind}/{other.remote_id}"}
    world.call("PATCH", f"/endpoints/{endpoint.remote_id}", {"model": model})


def deleted(world, endpoint):
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}")


def created(world, endpoint):
    body = world.call("GET", f"/endpoints/{endpoint.remote_id}")
    world.call("POST", "/endpoints", {"displayName": "Elsewhere", "locale": body["locale"], "model": body["model"]})


HAPPENS = [other_model, deleted, created]


@pytest.mark.parametrize("happens", HAPPENS)
def test_a_poll_that_finds_what_no_call_announced_ends_the_trust(
    client, hooked, endpoint, worker, world, at_once, happens
):
    proven(client, hooked, worker)
    Resource.objects.update(hook_heard_at=F("hook_heard_at") - timedelta(minutes=30))
    happens(world, endpoint)
    world.advance(3600)
    worker.mirror()  # it sees the deployment
    assert Resource.objects.get().hook_missed_at
    assert pauses(worker, 2) == [60, 60]
    ping(client, hooked)  # pings arrive, but events don't
    assert pauses(worker, 2) == [60, 60]
    event(client, hooked, f"endpoints/{uuid.uuid4()}")
    assert pauses(worker, 2) == [120, 240]


@pytest.mark.parametrize("happens", HAPPENS)
def test_what_a_call_announced_is_no_reason_for_doubt(client, hooked, endpoint, worker, world, at_once, happens):
    proven(client, hooked, worker)
    Resource.objects.update(hook_heard_at=F("hook_heard_at") - timedelta(minutes=30))
    happens(world, endpoint)
    event(client, hooked, f"endpoints/{uuid.uuid4() if happens is created else endpoint.remote_id}")
    world.advance(3600)
    worker.mirror()
    assert Resource.objects.get().hook_missed_at is None


def test_a_call_that_may_still_be_under_way_is_not_missed_yet(client, hooked, endpoint, worker, world):
    proven(client, hooked, worker)
    other_model(world, endpoint)
    worker.mirror()
    assert Resource.objects.get().hook_missed_at is None


def test_a_call_about_another_endpoint_announces_nothing_about_this_one(
    client, hooked, endpoint, worker, world, at_once
):
    proven(client, hooked, worker)
    event(client, hooked, f"endpoints/{uuid.uuid4()}")
    other_model(world, endpoint)
    world.advance(3600)
    worker.mirror()
    assert Resource.objects.get().hook_missed_at


def test_what_is_changed_here_needs_no_call(client, hooked, endpoint, other, alice, worker, world, at_once):
    proven(client, hooked, worker)
    change = submit.change_model(key=uuid.uuid4(), endpoint=endpoint, model=other, actor=alice.user, reason="")
    worker.step(change)
    worker.mirror()
    world.advance(3600)
    worker.mirror()
    for _step in range(3):
        change = worker.step(change)
    worker.mirror()
    assert change.state == "done"
    assert Resource.objects.get().hook_missed_at is None


def test_while_a_change_is_open_its_resource_is_polled_as_before(client, hooked, endpoint, other, alice, worker, world):
    proven(client, hooked, worker)
    assert Resource.objects.get().due_at > timezone.now() + timedelta(minutes=8)
    change = submit.change_model(key=uuid.uuid4(), endpoint=endpoint, model=other, actor=alice.user, reason="")
    tasks.sweep()
    assert Resource.objects.get().due_at < timezone.now() + timedelta(seconds=90)
    worker.step(change)
    assert pauses(worker, 2) == [60, 60]
    world.advance(3600)
    for _step in range(3):
        worker.step(change)
    assert not Change.objects.open().exists()
    assert pauses(worker, 2) == [120, 240]


def test_while_a_deployment_from_elsewhere_runs_its_resource_is_polled_as_before(
    client, hooked, endpoint, worker, world
):
    proven(client, hooked, worker)
    world.stop()
    other_model(world, endpoint)
    event(client, hooked, f"endpoints/{endpoint.remote_id}")
    worker.mirror()
    assert Endpoint.objects.get().status in ("NotStarted", "Running")
    assert pauses(worker, 2) == [60, 60]
    world.go()


def test_models_are_listed_less_often_while_the_web_hook_tells_of_new_ones(client, hooked, worker, world):
    def listed():
        before = len(world.ledger())
        worker.mirror()
        return any(entry["path"].endswith("/models/base") for entry in world.ledger()[before:])

    def age(minutes):
        Resource.objects.update(cataloged_at=timezone.now() - timedelta(minutes=minutes))

    age(11)
    assert listed()
    proven(client, hooked, worker)
    age(59)
    assert not listed()
    age(61)
    assert listed()
    assert not listed()
    event(client, hooked, f"models/{uuid.uuid4()}")
    assert listed()


def test_the_page_of_resources_says_how_often_a_resource_is_polled(client, hooked, worker, alice):
    address = reverse("endpoints:resources")
    assert "Every 60 seconds" in alice.get(address).content.decode()
    proven(client, hooked, worker)
    assert "Every 10 minutes while the web hook works" in alice.get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_service_proves_a_web_hook_by_a_ping_where_nothing_happens(live_server, settings, world, worker):
    settings.PUBLIC_URL = live_server.url
    resource = resources.register(
        name="Contoso", region="eastus", url=world.url, key="simulated-key", api_version="v3.2"
    )
    set_web_hook(resource, enabled=True)

    def stretched():
        worker.mirror()
        return Resource.objects.get().poll_seconds == 600

    until(stretched)
    pings = [entry for entry in world.ledger("POST") if entry["path"].endswith(":ping")]
    assert len(pings) == 1
    before = len(world.ledger())
    worker.mirror()
    assert len(world.ledger()) == before + 1
    # After an hour the registration is compared, and the web hook has to prove itself again.
    Resource.objects.update(hook_checked_at=F("hook_checked_at") - timedelta(hours=1))
    heard = Resource.objects.get().hook_heard_at
    worker.mirror()
    until(lambda: Resource.objects.get().hook_heard_at > heard)
