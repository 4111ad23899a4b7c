"""Saving a resource makes a draft that a worker tests at once; nothing uses it until a person does."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.models import ConnectionCheck, Event, Resource
from endpoints.models.event import Verb
from tests.conftest import KEY
from tests.pages.reading import text_of

FIELDS = {"name": "Fabrikam", "region": "westeurope", "api_version": "v3.2", "auth": "key", "new_key": KEY}


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True  # the simulator's address is not https


@pytest.fixture
def form(world):
    return FIELDS | {"url": world.url}


def drafted(person, form, resource=None):
    """The address of the draft that the form makes."""
    address = reverse("endpoints:resource-edit", args=[resource.pk]) if resource else reverse("endpoints:resource-new")
    answer = person.post(address, form)
    assert answer.status_code == 302, text_of(answer)
    assert "/drafts/" in answer["Location"]
    return answer["Location"]


def after_its_test(address):
    """Let a worker test the draft of this address."""
    tasks.check_connection(address.strip("/").rpartition("/")[2])
    return address


def test_a_draft_is_tested_and_nothing_of_it_is_used_until_a_person_says_so(alice, form, world, worker):
    address = drafted(alice, form)
    page = text_of(alice.get(address))
    assert "The connection is being tested." in page
    assert "Save anyway" in page
    assert "Use it" not in page.replace("select Use it", "")
    page = text_of(alice.get(after_its_test(address)))
    assert "The connection works. The resource isn't in use yet." in page
    assert "5 checks passed" in page
    for words in (
        "Address 127.0.0.1 responds.",
        "Accepted.",
        "endpoints, ",
        "No endpoint logs content.",
        "v3.2 works.",
    ):
        assert words in page, words
    assert "Use it" in page
    assert not Resource.objects.exists()
    sent = len(world.ledger())
    worker.run_round()
    tasks.sweep()
    assert len(world.ledger()) == sent
    answer = alice.post(address, {"action": "use"}, follow=True)
    assert "Fabrikam is saved and in use." in text_of(answer)
    assert "5 checks passed" in text_of(answer)
    assert Resource.objects.get().key.open() == KEY
    assert [event.verb for event in Event.objects.all()] == [Verb.RESOURCE_ADDED]
    worker.mirror()
    assert Resource.objects.get().mirrored_at is not None


def test_a_test_changes_nothing_on_the_service(alice, form, world):
    after_its_test(drafted(alice, form))
    assert {entry["method"] for entry in world.ledger()} == {"GET"}


def test_a_wrong_key_is_named_and_can_be_corrected_without_typing_the_rest_again(alice, form):
    address = after_its_test(drafted(alice, form | {"new_key": "wrong"}))
    page = text_of(alice.get(address))
    assert "The connection doesn't work yet." in page
    assert "1 check failed, 1 check passed" in page
    assert "Failed Authentication" in page
    assert "wrong" not in page.replace("Change what is wrong", "").replace("The key is wrong", "")
    pk = address.strip("/").rpartition("/")[2]
    edit = f"{reverse('endpoints:resource-new')}?draft={pk}"
    assert 'value="Fabrikam"' in alice.get(edit).content.decode()
    assert alice.post(edit, form)["Location"] == address
    assert ConnectionCheck.objects.count() == 1
    assert "The connection works." in text_of(alice.get(after_its_test(address)))


def test_an_address_where_nothing_answers_is_named_as_such(alice, form):
    address = after_its_test(drafted(alice, form | {"url": "http://127.0.0.1:9"}))
    page = text_of(alice.get(address))
    assert "Failed Address" in page
    assert "Failed Authentication" not in page


def test_a_server_without_encryption_at_an_https_address_is_named_at_the_certificate(alice, form, world):
    address = after_its_test(drafted(alice, form | {"url": world.url.replace("http:", "https:")}))
    page = text_of(alice.get(address))
    assert "Passed Address" in page
    assert "Failed Certificate" in page
    assert "A secure connection couldn't be established." in page
    assert "SSL" not in page


def test_save_anyway_uses_a_draft_that_failed_or_was_not_tested_yet(alice, form):
    address = drafted(alice, form | {"new_key": "wrong"})
    assert alice.post(address, {"action": "use"}).status_code == 302
    assert Resource.objects.get().key.open() == "wrong"
    assert not ConnectionCheck.objects.drafts().exists()


def test_an_edit_of_the_connection_is_tested_too_and_the_old_one_stays_until_then(alice, resource, form):
    form |= {"name": "Contoso", "region": "eastus", "new_key": "another"}
    address = after_its_test(drafted(alice, form, resource))
    assert Resource.objects.get().key.open() == KEY
    assert "The connection doesn't work yet." in text_of(alice.get(address))
    alice.post(address, {"action": "discard"})
    assert Resource.objects.get().key.open() == KEY
    assert alice.get(address).status_code == 404


def test_a_new_name_needs_no_test(alice, resource, form):
    form |= {"name": "Renamed", "region": "eastus", "new_key": ""}
    answer = alice.post(reverse("endpoints:resource-edit", args=[resource.pk]), form)
    assert answer["Location"] == reverse("endpoints:resources")
    assert Resource.objects.get().name == "Renamed"


def test_a_draft_of_a_resource_that_somebody_changed_meanwhile_is_not_used(alice, resource, form):
    address = drafted(alice, form | {"name": "Contoso", "new_key": "another"}, resource)
    Resource.objects.update(name="Changed meanwhile")
    page = text_of(alice.post(address, {"action": "use"}, follow=True))
    assert "Someone changed this resource in the meantime." in page
    assert Resource.objects.get().name == "Changed meanwhile"


def test_a_name_that_was_taken_meanwhile_is_not_used_twice(alice, form, resource):
    address = drafted(alice, form | {"url": "http://127.0.0.1:9"})
    Resource.objects.update(name="Fabrikam")
    page = text_of(alice.post(address, {"action": "use"}, follow=True))
    assert "Another resource now has this name." in page
    assert Resource.objects.count() == 1


def test_the_key_of_a_draft_is_encrypted_never_shown_and_removed_with_the_draft(alice, form):
    address = drafted(alice, form)
    draft = ConnectionCheck.objects.get()
    assert KEY not in draft.key.sealed
    assert KEY not in alice.get(address).content.decode()
    alice.post(address, {"action": "use"})
    draft.refresh_from_db()
    assert draft.key is None


def test_an_abandoned_draft_is_removed_after_a_day_and_a_test_of_a_resource_stays(alice, resource, form):
    drafted(alice, form | {"url": "http://127.0.0.1:9"})
    alice.post(reverse("endpoints:resource-test", args=[resource.pk]))
    ConnectionCheck.objects.update(updated_at=timezone.now() - timedelta(hours=23))
    tasks.tidy()
    assert ConnectionCheck.objects.drafts().count() == 1
    ConnectionCheck.objects.update(updated_at=timezone.now() - timedelta(hours=25))
    tasks.tidy()
    assert [check.draft for check in ConnectionCheck.objects.all()] == [False]


def test_a_draft_page_polls_while_its_test_runs_and_no_longer(alice, form):
    address = drafted(alice, form)
    poll = alice.get(address).content.decode().split('id="draft"')[1].split('hx-get="')[1].split('"')[0]
    assert alice.get(poll, headers={"HX-Request": "true", "HX-Target": "draft"}).status_code == 204
    after_its_test(address)
    answer = alice.get(poll, headers={"HX-Request": "true", "HX-Target": "draft"})
    assert answer.status_code == 200
    assert "hx-get" not in answer.content.decode()


def test_a_test_that_is_delivered_twice_runs_once(alice, form, world):
    address = after_its_test(drafted(alice, form))
    sent = len(world.ledger())
    after_its_test(address)
    assert len(world.ledger()) == sent


def test_a_drafts_address_belongs_to_its_own_form_only(alice, resource, form):
    pk = drafted(alice, form | {"url": "http://127.0.0.1:9"}).strip("/").rpartition("/")[2]
    assert alice.get(f"{reverse('endpoints:resource-edit', args=[resource.pk])}?draft={pk}").status_code == 404
    assert alice.get(f"{reverse('endpoints:resource-new')}?draft=nothing").status_code == 404
