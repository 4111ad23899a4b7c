"""A purge step by step: what it counts, what it requests, when it is due again, and what its receipt and event say."""

from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.azure.entities import LogFile as Listed
from endpoints.logs.fetch import listing
from endpoints.logs.purge import job, local
from endpoints.mirror.removals import remove_resource
from endpoints.models import Endpoint, Event, LogFile, Purge, Resource
from tests.logs.steps import request_purge, step

DAY = 24 * 3600
REFUSED = {"code": "InvalidRequest", "message": "Not now.", "innerError": {"code": "InvalidLogDate"}}
DENIED = {"error": {"code": "401", "message": "Access denied."}}
ALL, ONE = r"/files/logs($|\?)", r"/files/logs/2"  # paths


def up_to_today(person, endpoint):
    return request_purge(person, endpoint, until=timezone.now().date())


def keys(endpoint, count=None):
    return list(endpoint.log_entries.order_by("pk").values_list("key", flat=True)[:count])


def refuse(world, method, path, status, body, times=1):
    world.fail({"method": method, "path": path, "times": times, "effect": {"status": status, "body": body}})


def deleted(world):
    return [one["path"].rpartition("/")[2] for one in world.ledger("DELETE") if "/files/logs/" in one["path"]]


def due_in(purge):
    return (purge.due_at - timezone.now()).total_seconds()


def test_of_single_entries_their_own_files_are_counted_and_no_others(kept, alice):
    size = sum(LogFile.objects.filter(entry__key__in=keys(kept, 2)).values_list("size", flat=True))
    purge = step(request_purge(alice, kept, keys=keys(kept, 2)))
    assert purge.before == {
        "service_files": 4,
        "service_bytes": size,
        "archive_files": 4,
        "archive_bytes": size,
        "entries": 2,
    }
    assert purge.after == dict.fromkeys(purge.before, 0)


def test_a_file_without_a_size_counts_as_one_of_0_bytes(kept, world, alice):
    (key,) = keys(kept, 1)
    found = {"kind": "Audio", "name": "a.wav", "createdDateTime": "2026-01-01T00:00:00Z"}
    address = world.call("GET", f"/endpoints/{kept.remote_id}/files/logs")["values"][0]["self"].rpartition("/")[0]
    page = {"values": [{**found, "self": f"{address}/{key}_wav"}]}
    world.fail({"method": "GET", "path": ALL, "times": 1, "effect": {"body": page}})
    purge = step(request_purge(alice, kept, keys=[key]))
    assert (purge.before["service_files"], purge.before["service_bytes"]) == (1, 0)


def test_entries_are_deleted_one_by_one_and_after_a_failure_the_rest_is_requested(kept, world, alice, monkeypatch):
    monkeypatch.setattr(job, "DELETED_AT_ONCE", 2)
    listed = world.call("GET", f"/endpoints/{kept.remote_id}/files/logs")["values"]
    ids = [file["self"].rpartition("/")[2] for file in listed]
    refuse(world, "DELETE", f"/files/logs/{ids[4]}", 401, DENIED)
    purge = step(request_purge(alice, kept, keys=keys(kept)))
    assert (purge.state, purge.before["ids"]) == ("deleting", ids[4:])
    assert deleted(world) == ids[:5]
    assert step(purge).done
    assert deleted(world)[5:] == ids[4:]


def test_the_receipt_of_a_purge_that_ended_names_no_files(kept, world, alice):
    single = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert single.done
    assert "ids" not in single.before
    refuse(world, "DELETE", ONE, 400, REFUSED)
    refused = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert refused.state == "failed"
    assert "ids" not in refused.before


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_purge_that_ended_says_when_and_is_never_due_again(kept, world, alice, state):
    if state == "failed":
        refuse(world, "DELETE", ONE, 400, REFUSED)
    begun = timezone.now()
    purge = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert purge.state == state
    assert begun <= purge.finished_at <= timezone.now()
    assert purge.due_at is None


def test_a_purge_whose_resource_was_removed_says_when_it_ended_and_names_no_files(kept, world, alice):
    refuse(world, "DELETE", ONE, 401, DENIED)
    purge = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert len(purge.before["ids"]) == 2
    remove_resource(kept.resource, actor=alice.user)
    assert step(purge).state == "failed"
    assert "ids" not in purge.before
    assert purge.finished_at is not None


def test_a_refusal_before_anything_was_counted_tells_what_was_here(kept, world, alice):
    size = sum(LogFile.objects.values_list("size", flat=True))
    refuse(world, "GET", ALL, 400, REFUSED)
    purge = step(up_to_today(alice, kept))
    assert purge.state == "failed"
    assert purge.before == {"archive_files": 8, "archive_bytes": size, "entries": 4}
    assert purge.after == {"archive_files": 0, "archive_bytes": 0, "entries": 0}


def test_a_refusal_to_delete_leaves_what_the_service_had(kept, world, alice):
    refuse(world, "DELETE", ALL, 400, REFUSED)
    purge = step(up_to_today(alice, kept))
    assert purge.state == "failed"
    left = {name: purge.before[name] for name in ("service_files", "service_bytes")}
    assert left["service_files"] == 8
    assert purge.after == {**left, "archive_files": 0, "archive_bytes": 0, "entries": 0}


def test_while_the_service_deletes_each_check_says_what_is_left(kept, world, alice):
    purge = step(up_to_today(alice, kept))
    assert purge.after == {"archive_files": 0, "archive_bytes": 0, "entries": 0}
    assert purge.before["ids"] == [], "they need not be known to delete everything up to a day"
    assert due_in(purge) == pytest.approx(5, abs=1)
    begun = timezone.now()
    step(purge)
    assert begun <= purge.checked_at <= timezone.now()
    left = {name: purge.before[name] for name in ("service_files", "service_bytes")}
    assert purge.after == {**left, "archive_files": 0, "archive_bytes": 0, "entries": 0}


def test_single_entries_are_checked_in_the_same_task(kept, world, alice):
    purge = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert purge.done
    assert purge.checked_at is not None
    assert purge.accepted_at is not None


def test_while_a_worker_fetches_one_of_its_files_it_is_due_every_few_seconds(kept, alice):
    LogFile.objects.filter(entry__key__in=keys(kept, 1)).update(leased_until=timezone.now() + timedelta(minutes=1))
    purge = step(request_purge(alice, kept, keys=keys(kept, 1)))
    assert purge.state == "deleting"
    assert due_in(purge) == pytest.approx(3, abs=1)


def test_the_error_of_a_purge_is_gone_once_the_service_answers(kept, world, alice):
    purge = request_purge(alice, kept, keys=keys(kept, 1))
    refuse(world, "GET", ALL, 401, DENIED)
    assert (step(purge).failures, bool(purge.error)) == (1, True)
    LogFile.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    assert (step(purge).state, purge.failures, purge.error) == ("deleting", 0, "")


def test_the_error_of_a_check_is_gone_with_the_next_one(kept, world, alice):
    purge = step(up_to_today(alice, kept))
    refuse(world, "GET", ALL, 401, DENIED)
    assert (step(purge).failures, bool(purge.error)) == (1, True)
    assert (step(purge).state, purge.failures, purge.error) == ("waiting", 0, "")


def found_anyway(endpoint, at):
    """A recording that is recorded although a purge deletes it, as a process of an older version might do."""
    Purge.objects.update(state="failed")
    name = {"id": f"{at:%Y-%m-%d_%H%M%S}__0a1b_wav", "name": "a.wav"}
    listing.record(endpoint, [Listed(kind="Audio", size=1, created=at, **name)])
    Purge.objects.update(state="waiting")


def test_what_is_found_here_at_the_end_is_deleted_before_the_purge_is_done(kept, world, alice):
    purge = step(up_to_today(alice, kept))
    world.advance(DAY)
    found_anyway(kept, timezone.now() - timedelta(days=1))
    LogFile.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    assert step(purge).state == "waiting"
    assert due_in(purge) == pytest.approx(3, abs=1)
    assert not Event.objects.filter(verb="purged").exists()
    LogFile.objects.update(leased_until=None)
    assert step(purge).done
    assert not LogFile.objects.exists()
    assert purge.after == dict.fromkeys(purge.before, 0)


@pytest.mark.parametrize(("here", "files"), [(8, 8), (0, 0)])
def test_the_event_says_how_many_files_were_deleted(kept, alice, here, files):
    """Of an endpoint that is gone, only those here count."""
    Endpoint.objects.filter(pk=kept.pk).update(gone_at=timezone.now())
    if not here:
        kept.log_entries.all().delete()
    purge = step(up_to_today(alice, kept))
    event = Event.objects.get(verb="purged")
    assert event.facts == {"purge": str(purge.pk), "files": files}
    assert (event.endpoint_id, event.actor_name, event.detail) == (kept.pk, "alice", "Law")


def test_the_event_counts_what_the_service_had_when_it_had_more(kept, alice):
    LogFile.objects.filter(kind="Audio").update(stored_as="")
    purge = step(request_purge(alice, kept, keys=keys(kept)))
    assert (purge.before["archive_files"], purge.before["service_files"]) == (4, 8)
    assert Event.objects.get(verb="purged").facts["files"] == 8


def test_a_purge_that_another_worker_ended_meanwhile_has_one_event(kept, alice, monkeypatch):
    purge = request_purge(alice, kept, keys=keys(kept, 1))
    traces = local.delete_traces

    def ended_by_another(row):
        traces(row)
        Purge.objects.update(state="done")

    monkeypatch.setattr(local, "delete_traces", ended_by_another)
    assert step(purge).done
    assert not Event.objects.filter(verb="purged").exists(), "the other worker recorded it"


def recorded_later(endpoint, world, purge):
    """A recording of the last day that came after the purge was accepted, as the service lists it."""
    at = timezone.now() + timedelta(minutes=1)
    found = {"id": f"{purge.until}_235959__0a1b_wav", "name": "later.wav", "kind": "Audio"}
    listing.record(endpoint, [Listed(size=1, created=at, **found)])
    listed = world.call("GET", f"/endpoints/{endpoint.remote_id}/files/logs")["values"][0]
    address = f"{listed['self'].rpartition('/')[0]}/{found['id']}"
    later = {**listed, "self": address, "createdDateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return {**later, "name": found["name"], "kind": found["kind"]}


def test_what_was_recorded_later_on_the_last_day_is_not_counted_as_left(kept, world, alice):
    recording = world.call("GET", f"/endpoints/{kept.remote_id}/files/logs")["values"][0]
    purge = step(up_to_today(alice, kept))
    page = {"values": [recording, recorded_later(kept, world, purge)]}
    world.fail({"method": "GET", "path": ALL, "times": 1, "effect": {"body": page}})
    assert step(purge).state == "waiting"
    assert (purge.after["service_files"], purge.after["entries"]) == (1, 0)


def test_only_what_was_recorded_later_on_the_last_day_stays_at_the_end(kept, world, alice):
    purge = step(up_to_today(alice, kept))
    page = {"values": [recorded_later(kept, world, purge)]}
    later = kept.log_files.get()
    found_anyway(kept, timezone.now() - timedelta(days=1))
    world.fail({"method": "GET", "path": ALL, "times": 1, "effect": {"body": page}})
    assert step(purge).done
    assert list(LogFile.objects.all()) == [later]


def test_a_request_is_recorded_with_who_requested_what_and_why(kept, alice):
    purge = request_purge(alice, kept, keys=keys(kept, 2))
    event = Event.objects.get(verb="purge-requested")
    assert (event.actor_name, event.endpoint_id, event.detail) == ("alice", kept.pk, "Law")
    assert event.facts == {"entries": 2, "purge": str(purge.pk)}
    assert "2 entries" in event.text
    assert (purge.endpoint_remote_id, purge.actor_name, purge.until) == (kept.remote_id, "alice", None)


def test_of_an_endpoint_that_the_service_does_not_have_only_what_is_here_is_deleted(kept, world, alice):
    Endpoint.objects.filter(pk=kept.pk).update(remote_id=None)
    kept.refresh_from_db()
    purge = up_to_today(alice, kept)
    assert purge.endpoint_remote_id == ""
    before = len(world.ledger())
    assert step(purge).done
    assert len(world.ledger()) == before
    assert not LogFile.objects.exists()


def test_of_an_api_version_without_content_logs_only_what_is_here_is_deleted(kept, world, alice):
    Resource.objects.update(capabilities={**kept.resource.capabilities, "logs": False})
    purge = up_to_today(alice, kept)
    before = len(world.ledger())
    assert step(purge).done
    assert len(world.ledger()) == before
    assert (purge.before["archive_files"], purge.after["archive_files"]) == (8, 0)


def test_a_log_that_cannot_be_read_delays_the_end_of_a_purge_and_troubles_no_other_work(kept, alice, world):
    logs = world.call("GET", f"/endpoints/{kept.remote_id}/files/logs")["values"]
    odd = [{**logs[0], "links": 5, "name": 7, "self": 3}, *logs[1:]]
    unreadable = {"method": "GET", "path": ALL, "times": None, "effect": {"body": {"values": odd}}}
    world.fail(unreadable)
    purge = up_to_today(alice, kept)
    for _step in range(4):
        step(purge)
    assert Resource.objects.get().failing_since is None
    assert not LogFile.objects.stored().exists()
    assert "lists a log that can't be read" in purge.error
    world.fail()
    world.advance(DAY)
    assert step(purge).done
