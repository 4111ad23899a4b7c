"""Both keys of a Speech resource are held, and one is replaced while the other works."""

import httpx
import pytest
from cryptography.fernet import Fernet
from django.urls import reverse

from endpoints import tasks
from endpoints.azure.network import Network
from endpoints.gateway import clients
from endpoints.mirror.resources import register
from endpoints.models import Change, ConnectionCheck, Event, Resource, encrypted_values
from endpoints.models.event import Verb
from endpoints.models.secret import Secret
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.conftest import KEY
from tests.demo import PLAIN
from tests.pages.reading import text_of
from tests.pages.resource_forms import save

LOOPBACK = Network(private_networks=("127.0.0.0/8",))
ONE, TWO, NEW = "a" * 28 + "1111", "b" * 28 + "2222", "c" * 28 + "3333"
REGIONAL = {"name": "Regional", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key"}


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True  # the simulator's address is not https


def of_the_service(world, regenerate=None):
    """Both keys of the simulated resource, after one of them was regenerated."""
    address = f"{world.url}/_world/keys"
    with httpx.Client(verify=PLAIN, trust_env=False) as client:
        answer = client.post(address, json={"key": regenerate}) if regenerate else client.get(address)
    return answer.json()["keys"]


def page_of(resource):
    return reverse("endpoints:resource-keys", args=[resource.pk])


def enter(person, resource, key):
    """Save a second key by the page, after its test; returns the page of the test and the last answer."""
    answer = person.post(page_of(resource), {"new_key": key})
    assert answer.status_code == 302, text_of(answer)
    tasks.check_connection(str(ConnectionCheck.objects.get(of_second_key=True).pk))
    return person.get(answer["Location"]), person.post(answer["Location"], {"action": "use"}, follow=True)


def switch(person, resource):
    return person.post(page_of(resource), {"action": "switch"}, follow=True)


def key_of(resource):
    return Resource.objects.get(pk=resource.pk).key.open()


def test_a_key_is_replaced_while_changes_run_and_nothing_fails(alice, endpoint, other, world, worker):
    resource = endpoint.resource
    first, second = of_the_service(world)
    tested, saved = enter(alice, resource, second)
    assert "The connection works." in text_of(tested)
    assert "The second key of Contoso is saved." in text_of(saved)
    change = worker.step(request_model(alice, endpoint, other))
    assert change.state == ChangeState.DEPLOYING
    with clients.speech_client(Resource.objects.get(), LOOPBACK) as in_flight:
        assert "Contoso now uses the other key." in text_of(switch(alice, resource))
        assert key_of(resource) == second
        assert list(in_flight.list_endpoints())
    worker.run_round()
    regenerated = of_the_service(world, regenerate=1)[0]
    assert regenerated != first
    worker.run_round()
    enter(alice, resource, regenerated)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    switch(alice, resource)
    of_the_service(world, regenerate=2)
    worker.run_round()
    assert key_of(resource) == regenerated
    assert {entry["status"] for entry in world.ledger()} & {401, 403} == set()
    assert Resource.objects.get().failing_since is None
    assert not Change.objects.exclude(state=ChangeState.DONE).exists()


def test_a_key_that_the_service_refuses_is_named_by_its_test_and_not_in_use(alice, resource, world):
    answer = alice.post(page_of(resource), {"new_key": "wrong-key"})
    tasks.check_connection(str(ConnectionCheck.objects.get(of_second_key=True).pk))
    assert "The connection doesn't work yet." in text_of(alice.get(answer["Location"]))
    alice.post(answer["Location"], {"action": "discard"})
    resource.refresh_from_db()
    assert (resource.key.open(), resource.second_key) == (KEY, None)


@pytest.fixture
def regional(alice):
    resource = Resource.objects.create(**REGIONAL | {"key": Secret.of(ONE)})
    Resource.objects.update(second_key=Secret.of(TWO))
    return resource


def test_the_end_of_both_keys_is_shown_and_never_a_key(alice, regional):
    for address in (page_of(regional), reverse("endpoints:resources")):
        words = text_of(alice.get(address))
        assert ("1111" in words, "2222" in words) == (True, True)
        assert ONE not in words
        assert TWO not in words


def test_events_say_that_keys_were_replaced_and_have_no_value(alice, regional):
    switch(alice, regional)
    event = Event.objects.get(verb=Verb.RESOURCE_CHANGED)
    assert [(entry["field"], entry["old"], entry["new"]) for entry in event.facts["fields"]] == [
        ("key", "", "replaced"),
        ("second_key", "", "replaced"),
    ]
    words = text_of(alice.get(reverse("endpoints:activity")))
    assert "Second key" in words
    for secret in (ONE, TWO, ONE[-4:], TWO[-4:]):
        assert secret not in str(event.facts)


def test_the_page_says_until_when_the_other_key_may_still_be_in_use(alice, regional):
    assert "Wait until all work" not in text_of(alice.get(page_of(regional)))
    assert "Wait until all work" in text_of(switch(alice, regional))


def test_a_start_does_not_take_the_switch_back(alice, db):
    given = {"region": "eastus", "url": "", "key": ONE, "api_version": "v3.2", "name": "Contoso"}
    resource = register(**given)
    Resource.objects.update(second_key=Secret.of(TWO))
    switch(alice, resource)
    register(**given)
    assert key_of(resource) == TWO


def test_another_address_has_no_second_key(alice, regional):
    moved = REGIONAL | {"region": "westus", "new_key": NEW}
    assert save(alice, moved, regional).status_code == 302
    assert Resource.objects.get().second_key is None


def test_a_new_name_keeps_the_second_key(alice, regional):
    assert save(alice, REGIONAL | {"name": "Renamed"}, regional).status_code == 302
    assert Resource.objects.get().second_key.open() == TWO


def test_the_key_in_use_is_not_taken_as_the_second(alice, regional):
    answer = alice.post(page_of(regional), {"new_key": ONE})
    assert answer.status_code == 422
    assert "This key is already in use." in text_of(answer)


@pytest.mark.parametrize(("key", "words"), [("", "Enter the second key."), ("short", "Enter a key of 32 characters")])
def test_a_key_in_another_form_is_refused_in_words(alice, regional, key, words):
    answer = alice.post(page_of(regional), {"new_key": key})
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_without_a_second_key_nothing_is_switched(alice, resource):
    switch(alice, resource)
    assert key_of(resource) == KEY
    assert not Event.objects.filter(verb=Verb.RESOURCE_CHANGED).exists()


def test_a_resource_that_signs_in_with_entra_has_no_keys(alice, regional):
    Resource.objects.update(auth="managed-identity")
    assert alice.get(page_of(regional)).status_code == 404


def test_a_draft_of_a_second_key_changes_nothing_else(alice, regional):
    location = alice.post(page_of(regional), {"new_key": NEW})["Location"]
    draft = ConnectionCheck.objects.get()
    edit = f"{reverse('endpoints:resource-edit', args=[regional.pk])}?draft={draft.pk}"
    assert alice.get(edit).status_code == 404
    switch(alice, regional)
    refused = alice.post(location, {"action": "use"}, follow=True)
    assert "Someone changed this resource in the meantime." in text_of(refused)
    resource = Resource.objects.get()
    assert (resource.key.open(), resource.second_key.open()) == (TWO, ONE)


def test_while_secrets_are_locked_no_key_is_switched_or_taken(alice, regional, settings):
    encrypted_values.record_key()
    before = Resource.objects.values_list("key", "second_key").get()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "Stored keys and secrets are locked" in text_of(switch(alice, regional))
    assert alice.post(page_of(regional), {"new_key": NEW}).status_code == 422
    assert Resource.objects.values_list("key", "second_key").get() == before
