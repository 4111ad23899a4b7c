"""The removal of a resource: the page only requests it, and a worker deletes what we have of it in batches."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from endpoints import hints, tasks
from endpoints.access.door.resources_version import ResourcesVersion
from endpoints.gateway import clients
from endpoints.mirror import removals, resources
from endpoints.mirror.refresh import refresh
from endpoints.models import Endpoint, Event, LogEntry, LogFile, Resource, SpeechModel
from endpoints.models.event import Verb
from tests.network import HERE
from tests.pages.reading import text_of


def fill(resource, endpoints, entries):
    """Endpoints with content logs, `entries` of each."""
    now = timezone.now()
    made = Endpoint.objects.bulk_create(
        Endpoint(resource=resource, display_name=f"Endpoint {n}", number=n) for n in range(endpoints)
    )
    logs = LogEntry.objects.bulk_create(
        LogEntry(endpoint=one, key=f"{n}", at=now, day=now.date()) for one in made for n in range(entries)
    )
    LogFile.objects.bulk_create(
        LogFile(endpoint_id=one.endpoint_id, entry=one, remote_id=f"{one.key}.{kind}", name=kind, kind=kind)
        for one in logs
        for kind in ("Audio", "Transcription")
    )
    return made


def request(person, resource, number=""):
    address = reverse("endpoints:resource-remove", args=[resource.pk])
    return person.post(address, {"reason": "No longer used", "number": number})


def queries_of(act):
    with CaptureQueriesContext(
        connection,
    ) as found:
        act()
    return len(found)


def test_requesting_a_removal_costs_the_same_for_any_number_of_endpoints_and_logs(alice, resource):
    fill(resource, 1, 1)
    other = Resource.objects.create(name="Fabrikam", region="eastus")
    fill_other = Endpoint.objects.bulk_create(
        Endpoint(resource=other, display_name=f"{n}", number=1000 + n) for n in range(60)
    )
    request(alice, other)  # without the number, so it only signs in
    few = queries_of(lambda: request(alice, resource))
    many = queries_of(lambda: request(alice, other, number=str(len(fill_other))))
    assert few == many
    assert Resource.objects.removing().count() == 2
    assert Endpoint.objects.count() == 61


def test_a_removal_is_shown_at_once_and_nothing_else_can_be_requested_of_the_resource(alice, endpoint):
    resource = endpoint.resource
    request(alice, resource)
    page = text_of(alice.get(reverse("endpoints:resources")))
    assert "Removing" in page
    assert "Removed by alice" in page
    assert "Test connection" not in page
    for name in ("edit", "pause", "resume", "remove"):
        assert alice.get(reverse(f"endpoints:resource-{name}", args=[resource.pk])).status_code == 404
    assert alice.post(reverse("endpoints:resource-test", args=[resource.pk])).status_code == 404
    for name in ("detail", "change-model", "delete", "logs"):
        assert alice.get(reverse(f"endpoints:{name}", args=[endpoint.pk])).status_code == 404
    resource.refresh_from_db()
    assert (resource.key, resource.log_container) == (None, None)
    assert "paused by" not in text_of(alice.get(reverse("endpoints:list")))


def test_a_second_removal_records_nothing(alice, resource):
    assert removals.request_removal(resource, actor=alice.user)
    assert not removals.request_removal(resource, actor=alice.user)
    assert Event.objects.filter(verb=Verb.RESOURCE_REMOVED).count() == 1


def test_the_page_follows_a_removal(alice, resource, monkeypatch):
    monkeypatch.setattr(removals, "BATCHES", 1)
    monkeypatch.setattr(removals, "ENTRIES_AT_ONCE", 4)
    fill(resource, 2, 6)
    request(alice, resource)
    seen = []
    while Resource.objects.exists():
        version, page = ResourcesVersion.of_all().version, text_of(alice.get(reverse("endpoints:resources")))
        seen.append((version, page))
        Resource.objects.update(due_at=timezone.now())
        tasks.remove(str(resource.pk))
    assert any("10 content logs are deleted so far" in page for _version, page in seen), seen
    cards = [(version, page.partition("Removed by")[2].partition("History stays")[0]) for version, page in seen]
    assert all(one[0] != two[0] for one, two in pairwise(cards) if one[1] != two[1])
    assert "No resources yet" in text_of(alice.get(reverse("endpoints:resources")))
    assert not LogEntry.objects.exists()
    assert not LogFile.objects.exists()


def test_batches_grow_with_the_logs_and_each_has_a_bounded_number_of_queries(resource, alice):
    fill(resource, 60, 100)
    removals.request_removal(resource, actor=alice.user)
    tasks_needed, most = 0, 0
    due = 0.0
    while due is not None:
        with CaptureQueriesContext(connection) as found:
            due = removals.step(resource)
        tasks_needed, most = tasks_needed + 1, max(most, len(found))
    # Each endpoint's 100 entries are a batch, hiding is one, and endpoints are deleted 50 at a time.
    assert tasks_needed == -(-(60 + 1 + 2 + 1) // removals.BATCHES)
    assert most <= removals.BATCHES * 40
    assert not Resource.objects.exists()


@pytest.mark.parametrize("broken", ["_delete_entries", "_delete_endpoints", "_delete_rest"])
def test_a_worker_that_dies_between_batches_is_followed_by_one_that_ends_the_removal(
    alice, resource, broken, monkeypatch
):
    monkeypatch.setattr(removals, "ENTRIES_AT_ONCE", 3)
    fill(resource, 2, 5)
    SpeechModel.objects.create(resource=resource, remote_id="m", display_name="Model", kind="custom")
    removals.request_removal(resource, actor=alice.user)
    with monkeypatch.context() as dying:
        dying.setattr(removals, broken, lambda resource: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            tasks.remove(str(resource.pk))
    assert Resource.objects.get().removing
    assert not Endpoint.objects.present().exists()
    tasks.remove(str(resource.pk))
    assert not Resource.objects.exists()
    assert not Endpoint.objects.exists()


def test_a_refresh_that_is_under_way_brings_nothing_back(alice, mirrored):
    before = Resource.objects.get()  # with the key
    removals.request_removal(mirrored, actor=alice.user)
    count = Endpoint.objects.count()
    removals._hide(mirrored)
    with clients.speech_client(before, HERE) as service:
        refresh(mirrored, service)
    assert Endpoint.objects.count() == count
    assert not Endpoint.objects.present().exists()


def test_sweeps_announce_a_removal_and_no_refresh(alice, resource, monkeypatch):
    removals.request_removal(resource, actor=alice.user)
    sent = []
    monkeypatch.setattr(hints, "send", lambda task, pk: sent.append(task))
    tasks.sweep()
    assert sent == ["remove"]


def test_the_start_may_register_a_resource_that_is_being_removed_again(alice, resource):
    removals.request_removal(resource, actor=alice.user)
    again = resources.register(region="eastus", url="", key="k" * 32, name=resource.name)
    assert (again.pk == resource.pk, again.removing) == (False, False)
