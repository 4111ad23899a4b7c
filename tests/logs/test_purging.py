"""Purge: deleted at the service and here, followed until nothing is left, and a receipt."""

import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from endpoints.access import roles
from endpoints.azure.entities import LogFile as Listed
from endpoints.logs.download import requests as downloads
from endpoints.logs.fetch import listing
from endpoints.logs.purge import requests as purging
from endpoints.mirror.removals import remove_resource
from endpoints.models import Event, Grant, LogDay, LogEntry, LogFile, Purge, Resource, RoleName
from endpoints.models.search import LOG_TEXT
from tests.logs.steps import refresh, step

DAY = 24 * 3600
REFUSED = {"code": "InvalidRequest", "message": "Not now.", "innerError": {"code": "InvalidLogDate"}}


def ask(person, endpoint, entries=(), **more):
    """As the page asks; returns the purge."""
    address = reverse("endpoints:logs-purge", args=[endpoint.pk])
    typed = {"key": str(uuid.uuid4()), "reason": "Asked by a customer", "entry": [one.pk for one in entries], **more}
    answer = person.post(address, typed)
    assert answer.status_code == 302, answer.content.decode()
    return Purge.objects.get(pk=typed["key"])


def until_today(person, endpoint):
    day = timezone.now().date().isoformat()
    return ask(person, endpoint, until=day, typed=day)


def at_service(world, endpoint):
    return [
        file["self"].rpartition("/")[2]
        for file in world.call("GET", f"/endpoints/{endpoint.remote_id}/files/logs")["values"]
    ]


def stored():
    return [file.stored_as for file in LogFile.objects.stored()]


def test_a_single_entry_goes_with_both_halves_at_both_places(kept, world, alice):
    entry = LogEntry.objects.first()
    names = [file.stored_as for file in entry.files.all()]
    purge = step(ask(alice, kept, [entry]))
    assert purge.done
    assert not [one for one in at_service(world, kept) if one.startswith(entry.key)]
    assert len(at_service(world, kept)) == 6
    assert not any(storages["logs"].exists(name) for name in names)
    assert LogEntry.objects.count() == 3
    assert sum(LogDay.objects.values_list("purged", flat=True)) == 2


def test_everything_up_to_a_day_is_followed_until_the_service_has_none_of_it(kept, world, alice):
    names = stored()
    purge = step(until_today(alice, kept))
    assert purge.state == "waiting"
    assert not LogEntry.objects.exists()
    assert not any(storages["logs"].exists(name) for name in names)
    assert step(purge).state == "waiting"
    assert purge.after["service_files"] == 8
    world.advance(DAY)
    assert step(purge).done
    assert at_service(world, kept) == []


def test_the_receipt_says_what_who_when_and_how_much_before_and_after(kept, world, alice):
    size = sum(LogFile.objects.values_list("size", flat=True))
    purge = step(until_today(alice, kept))
    world.advance(DAY)
    step(purge)
    address = reverse("endpoints:purge-receipt", args=[purge.pk])
    receipt = json.loads(alice.get(address).content)
    assert receipt["counts"]["service_files"] == {"before": 8, "after": 0}
    assert receipt["counts"]["archive_bytes"] == {"before": size, "after": 0}
    assert receipt["counts"]["entries"] == {"before": 4, "after": 0}
    assert (receipt["actor"], receipt["reason"]) == ("alice", "Asked by a customer")
    assert receipt["until"] == timezone.now().date().isoformat()
    lines = alice.get(f"{address}?format=csv").content.decode()
    assert lines.startswith("\ufeffwhat,value\r\n")
    assert "Asked by a customer" in lines
    verbs = list(Event.objects.filter(verb__startswith="purge").order_by("pk").values_list("verb", "actor_name"))
    assert verbs == [("purge-requested", "alice"), ("purged", "alice")]


def test_a_receipt_outlives_its_resource_and_is_found_through_the_activity(kept, world, alice, bob):
    purge = step(ask(alice, kept, LogEntry.objects.all()[:1]))
    address = reverse("endpoints:purge-receipt", args=[purge.pk])
    receipt = json.loads(alice.get(address).content)
    remove_resource(kept.resource, actor=alice.user)
    assert json.loads(alice.get(address).content) == receipt
    assert (receipt["endpoint"], receipt["displayName"]) == (kept.remote_id, kept.display_name)
    assert receipt["resource"] == kept.resource.name
    page = alice.get(purge.get_absolute_url()).content.decode()
    assert kept.display_name in page
    assert address in page
    activity = reverse("endpoints:activity")
    assert purge.get_absolute_url() in alice.get(activity).content.decode()
    assert purge.get_absolute_url() not in bob.get(activity).content.decode()
    assert bob.get(address).status_code == 403


def test_a_purge_whose_resource_is_removed_ends_without_asking_the_service(kept, world, alice):
    purge = step(until_today(alice, kept))
    remove_resource(kept.resource, actor=alice.user)
    asked = len(world.ledger())
    assert alice.get(purge.get_absolute_url()).status_code == 200
    assert step(purge).state == "failed"
    assert (purge.before["service_files"], purge.after, purge.due_at) == (8, {}, None)
    assert len(world.ledger()) == asked
    page = alice.get(purge.get_absolute_url()).content.decode()
    assert "The Speech resource was removed." in page
    assert "Azure refused" not in page


def test_a_look_while_the_service_still_has_them_does_not_bring_them_back(kept, world, alice):
    purge = step(until_today(alice, kept))
    refresh(kept)
    assert not LogFile.objects.exists()
    world.advance(DAY)
    assert step(purge).done
    refresh(kept)
    assert not LogFile.objects.exists()


def test_a_download_that_is_running_does_not_bring_them_back(kept, world, alice, lena, worker):
    download = downloads.request_download(actor=lena.user, endpoint=kept)
    purge = step(until_today(alice, kept))
    worker.download(download)
    assert not LogFile.objects.exists()
    world.advance(DAY)
    assert step(purge).done


def test_a_zip_that_contains_them_goes_too(kept, alice, lena, worker):
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=kept))
    zip_file = download.stored_as
    step(ask(alice, kept, LogEntry.objects.all()[:1]))
    download.refresh_from_db()
    assert not download.ready
    assert not storages["logs"].exists(zip_file)


def test_it_waits_for_a_worker_that_is_fetching_one_of_them(kept, alice):
    entry = LogEntry.objects.first()
    entry.files.update(leased_until=timezone.now() + timedelta(minutes=1))
    purge = step(ask(alice, kept, [entry]))
    assert purge.running
    assert LogEntry.objects.count() == 4
    entry.files.update(leased_until=None)
    assert step(purge).done


def test_a_purge_that_is_refused_waits_for_such_a_worker_too(kept, world, alice):
    entry = LogEntry.objects.first()
    entry.files.update(leased_until=timezone.now() + timedelta(minutes=1))
    world.fail({"method": "GET", "path": "/files/logs", "times": 2, "effect": {"status": 400, "body": REFUSED}})
    purge = step(ask(alice, kept, [entry]))
    assert purge.running
    assert LogEntry.objects.count() == 4
    entry.files.update(leased_until=None)
    assert step(purge).state == "failed"
    assert LogEntry.objects.count() == 3


def stored_blocks():
    """How many blocks of terms each of SQLite's indexes stores; its rows up to 10 are its own bookkeeping."""
    with connection.cursor() as cursor:
        ask = "SELECT count(*) FROM {}_data WHERE id > 10"
        return [cursor.execute(ask.format(index)).fetchone()[0] for index in LOG_TEXT.sqlite]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL frees the space with its next vacuum")
def test_what_was_said_is_no_longer_in_the_index(kept, world, alice):
    assert all(stored_blocks())
    purge = step(until_today(alice, kept))
    world.advance(DAY)
    assert step(purge).done
    assert stored_blocks() == [0, 0]


def test_a_step_that_is_done_twice_changes_nothing_more(kept, world, alice):
    purge = step(until_today(alice, kept))
    Purge.objects.filter(pk=purge.pk).update(state="deleting")
    purge = step(step(purge))
    world.advance(DAY)
    assert step(purge).done
    step(purge)
    assert Event.objects.filter(verb="purged").count() == 1
    assert sum(LogDay.objects.values_list("purged", flat=True)) == 8
    assert purge.before["archive_files"] == 8


def test_pressed_twice_it_is_asked_once(kept, alice):
    key = str(uuid.uuid4())
    for _press in range(2):
        alice.post(
            reverse("endpoints:logs-purge", args=[kept.pk]),
            {"key": key, "reason": "Twice", "entry": [LogEntry.objects.first().pk]},
        )
    assert Purge.objects.count() == 1


def test_a_refusal_of_the_service_is_shown_in_its_words(kept, world, alice):
    refusal = {"code": "InvalidRequest", "message": "Not on a Sunday.", "innerError": {"code": "InvalidLogDate"}}
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": refusal}})
    purge = step(until_today(alice, kept))
    assert purge.state == "failed"
    page = alice.get(purge.get_absolute_url()).content.decode()
    assert "Not on a Sunday." in page
    assert not LogFile.objects.exists(), "our copies are deleted all the same"


def test_a_refusal_after_the_service_has_accepted_is_not_the_end(kept, world, alice):
    purge = step(until_today(alice, kept))
    assert purge.accepted_at is not None
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": REFUSED}})
    step(purge)
    assert (purge.state, purge.failures, purge.finished_at) == ("waiting", 1, None)
    assert "Not now." in purge.error
    assert purge.due_at > timezone.now()
    world.advance(DAY)
    assert step(purge).done
    assert (purge.error, purge.failures) == ("", 0)
    assert at_service(world, kept) == []


def test_a_place_in_the_list_that_is_refused_is_forgotten_and_the_list_read_anew(kept, world, alice):
    purge = until_today(alice, kept)
    place = {"token": "4", "files": 2, "bytes": 2, "ids": [], "later": []}
    Purge.objects.update(state="counting", after={"survey": place})
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": REFUSED}})
    step(purge)
    assert (purge.state, purge.after, purge.failures) == ("counting", {}, 1)
    step(purge)
    assert purge.state == "waiting"
    assert purge.before["service_files"] == 8


def test_a_key_that_is_not_accepted_is_waited_for_and_nothing_is_given_up(kept, world, alice):
    denied = {"error": {"code": "401", "message": "Access denied."}}
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 1, "effect": {"status": 401, "body": denied}})
    purge = step(until_today(alice, kept))
    assert (purge.state, purge.accepted_at, purge.finished_at) == ("deleting", None, None)
    assert "Access denied." in purge.error
    assert step(purge).state == "waiting"


@pytest.mark.parametrize(("hours", "asked"), [(24.9, 1), (25.1, 2)])
def test_after_25_hours_the_service_is_asked_again(kept, world, alice, hours, asked):
    purge = step(until_today(alice, kept))
    Purge.objects.update(accepted_at=timezone.now() - timedelta(hours=hours))
    step(purge)
    assert purge.state == ("waiting" if asked == 1 else "deleting")
    step(purge)
    assert purge.state == "waiting"
    assert len([one for one in world.ledger("DELETE") if "/files/logs" in one["path"]]) == asked
    world.advance(DAY)
    assert step(purge).done


@pytest.mark.parametrize(("ago", "wait"), [(8, 5), (400, 100), (9000, 600)])
def test_what_is_left_is_looked_for_more_and_more_seldom(kept, alice, ago, wait):
    purge = step(until_today(alice, kept))
    Purge.objects.update(accepted_at=timezone.now() - timedelta(seconds=ago))
    step(purge)
    assert purge.state == "waiting"
    assert (purge.due_at - timezone.now()).total_seconds() == pytest.approx(wait, abs=3)


def test_an_endpoint_that_is_gone_has_taken_its_logs_with_it(kept, world, alice):
    purge = step(until_today(alice, kept))
    world.call("DELETE", f"/endpoints/{kept.remote_id}")
    assert step(purge).done
    assert not LogFile.objects.exists()


def test_an_endpoint_that_does_not_log_has_nothing_to_delete_there(kept, world, alice):
    refusal = {"code": "InvalidRequest", "message": "Off.", "innerError": {"code": "EndpointWithoutLogging"}}
    world.fail({"path": "/files/logs", "times": 9, "effect": {"status": 400, "body": refusal}})
    purge = step(until_today(alice, kept))
    assert purge.state == "waiting"
    assert step(purge).done
    assert purge.before["service_files"] == 0


def test_of_an_endpoint_that_is_known_to_be_gone_only_what_is_here_is_deleted(kept, world, alice):
    type(kept).objects.filter(pk=kept.pk).update(gone_at=timezone.now())
    purge = until_today(alice, kept)
    asked = len(world.ledger())
    assert step(purge).done
    assert len(world.ledger()) == asked
    assert "service_files" not in purge.before
    assert not LogFile.objects.exists()


def test_a_purge_that_failed_lets_the_next_look_find_what_the_service_still_has(kept, world, alice):
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": REFUSED}})
    assert step(until_today(alice, kept)).state == "failed"
    refresh(kept)
    assert LogEntry.objects.count() == 4


def test_an_outage_is_waited_for(kept, world, alice):
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 9, "effect": {"status": 503}})
    purge = step(until_today(alice, kept))
    assert purge.running
    assert purge.error
    world.fail()
    assert step(purge).state == "waiting"
    assert not purge.error


REFUSALS = {
    503: {"code": "ServiceUnavailable", "message": "Busy."},
    401: {"error": {"code": "401", "message": "Access denied."}},
}


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize(("method", "state"), [("GET", "counting"), ("DELETE", "deleting")])
def test_a_service_that_fails_during_a_purge_shows_on_the_resource_until_it_answers(
    kept, world, alice, status, method, state
):
    failure = {"status": status, "body": REFUSALS[status]}
    world.fail({"method": method, "path": "/files/logs", "times": 20, "effect": failure})
    purge = step(until_today(alice, kept))
    assert (purge.state, purge.failures, purge.finished_at) == (state, 1, None)
    resource = Resource.objects.get()
    assert resource.failing_since is not None
    assert resource.failure == purge.error != ""
    assert escape(resource.failure) in alice.get(reverse("endpoints:resources")).content.decode()
    world.fail()
    assert step(purge).state == "waiting"
    resource.refresh_from_db()
    assert (resource.failing_since, resource.failure) == (None, "")


def test_from_a_container_of_ones_own_nothing_can_be_deleted_and_the_page_says_so(kept, world, alice):
    kept.resource.log_container = type(kept.resource.key).of(world.container())
    kept.resource.save()
    page = alice.get(f"{reverse('endpoints:logs-purge', args=[kept.pk])}?until={timezone.now():%Y-%m-%d}").content
    assert "storage container" in page.decode()
    purge = step(until_today(alice, kept))
    assert purge.done
    assert "service_files" not in purge.before
    assert not LogFile.objects.exists()
    refresh(kept)
    assert not LogFile.objects.exists()


def test_a_day_has_to_be_typed_and_may_not_be_to_come(kept, alice):
    address = reverse("endpoints:logs-purge", args=[kept.pk])
    today, tomorrow = timezone.now().date(), timezone.now().date() + timedelta(days=1)
    for until, typed in ((today, ""), (today, "yes"), (tomorrow, tomorrow.isoformat())):
        asked = {"key": str(uuid.uuid4()), "reason": "Law", "until": until.isoformat(), "typed": typed}
        assert alice.post(address, asked).status_code == 422
    assert not Purge.objects.exists()
    ask(alice, kept, until=today.isoformat(), typed=kept.display_name)


def test_an_earlier_day_leaves_the_later_ones(kept, world, alice):
    days = sorted(set(LogEntry.objects.values_list("day", flat=True)))
    first = days[0]
    later = LogEntry.objects.filter(day__gt=first).count()
    purge = step(ask(alice, kept, until=first.isoformat(), typed=first.isoformat()))
    world.advance(DAY)
    assert step(purge).done
    assert LogEntry.objects.count() == later
    assert len(at_service(world, kept)) == 2 * later
    refresh(kept)
    assert LogFile.objects.stored().count() == 2 * later


def listed(entry):
    """What a list of the service says of a recording."""
    file = entry.files.filter(kind="Audio").get()
    return Listed(id=file.remote_id, name=file.name, kind=file.kind, size=1, created=file.created_at)


def test_what_a_list_names_although_it_was_purged_is_not_written_down(kept, alice):
    named = listed(LogEntry.objects.first())
    step(ask(alice, kept, LogEntry.objects.all()[:1]))
    assert listing.record(kept, [named]) == []


def test_what_is_recorded_later_on_the_last_day_is_not_meant(kept, alice):
    now = timezone.now()
    key = f"{now:%Y-%m-%d_%H%M%S}__0a1b"
    named = {"name": "new.wav", "kind": "Audio", "size": 1}
    earlier = Listed(id=f"{key}_wav", created=now - timedelta(seconds=1), **named)
    later = Listed(id=f"{key}_later_wav", created=now + timedelta(minutes=1), **named)
    purge = until_today(alice, kept)
    assert listing.record(kept, [earlier, later]) == [], "the service has not been asked yet"
    step(purge)
    assert [file.id for file in listing.record(kept, [earlier, later])] == [later.id]


def test_what_was_recorded_later_on_the_last_day_is_still_here_when_the_purge_is_done(kept, world, alice):
    recording = world.call("GET", f"/endpoints/{kept.remote_id}/files/logs")["values"][0]
    purge = step(until_today(alice, kept))
    at = timezone.now() + timedelta(minutes=1)
    found = {"id": f"{purge.until}_235959__0a1b_wav", "name": "later.wav", "kind": "Audio"}
    listing.record(kept, [Listed(size=1, created=at, **found)])
    world.advance(DAY)
    address = f"{recording['self'].rpartition('/')[0]}/{found['id']}"
    later = {**recording, **found, "self": address, "createdDateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    del later["id"]
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"body": {"values": [later]}}})
    assert step(purge).done
    assert LogFile.objects.get().remote_id == found["id"]
    assert (purge.after["service_files"], purge.after["entries"]) == (0, 0)


def test_who_only_reads_logs_deletes_nothing(kept, lena):
    assert lena.get(reverse("endpoints:logs-purge", args=[kept.pk])).status_code == 403
    assert lena.post(reverse("endpoints:logs-purge", args=[kept.pk])).status_code == 403


def test_who_may_manage_logs_but_not_read_them_deletes_nothing(kept, nemo, monkeypatch):
    monkeypatch.setitem(roles.ROLES, "only-manages", roles.Role("", frozenset({roles.VIEW, roles.MANAGE_LOGS})))
    Grant.objects.create(person=nemo.user, role="only-manages")
    address = reverse("endpoints:logs-purge", args=[kept.pk])
    day = timezone.now().date().isoformat()
    assert nemo.get(address).status_code == 403
    typed = {"key": str(uuid.uuid4()), "reason": "Law", "until": day, "typed": day}
    assert nemo.post(address, typed).status_code == 403
    assert not Purge.objects.exists()
    Grant.objects.create(person=nemo.user, role=RoleName.LOG_ADMIN)
    assert nemo.post(address, typed).status_code == 302


def test_as_many_entries_as_the_page_offers_to_delete_can_be_deleted(endpoint, alice):
    now = timezone.now()
    LogEntry.objects.bulk_create(
        LogEntry(endpoint=endpoint, key=str(n), at=now, day=now.date(), text="invoice")
        for n in range(purging.MOST_KEYS)
    )
    page = alice.get(f"{reverse('endpoints:logs-purge', args=[endpoint.pk])}?q=invoice")
    assert page.context["possible"]
    purge = ask(alice, endpoint, LogEntry.objects.all(), number=purging.MOST_KEYS)
    assert len(purge.keys) == purging.MOST_KEYS


@pytest.mark.parametrize(
    "query",
    [
        "entry=x",
        "entry=",
        "entry=-1",
        "entry=1,2",
        f"entry={'9' * 30}",
        "from=garbage",
        "longer=much",
        "result=none-such",
    ],
)
def test_a_selection_that_cannot_be_read_deletes_nothing(kept, alice, query):
    address = reverse("endpoints:logs-purge", args=[kept.pk]) + f"?{query}"
    page = alice.get(address)
    assert page.status_code == 422
    assert "No entry matches" in page.content.decode()
    typed = {"key": str(uuid.uuid4()), "reason": "x", **dict([query.split("=", 1)])}
    assert alice.post(address, typed).status_code == 422
    assert not Purge.objects.exists()


@pytest.mark.parametrize("page", ["logs-purge", "download"])
@pytest.mark.parametrize("state", ["", "&q=hello", "&from=2020-01-01"])
def test_nothing_selected_means_that_nothing_happens(kept, alice, page, state):
    answer = alice.get(reverse(f"endpoints:{page}", args=[kept.pk]) + f"?selected=1{state}", follow=True)
    assert answer.redirect_chain[0][0].startswith(reverse("endpoints:logs", args=[kept.pk]))
    assert state.removeprefix("&") in answer.redirect_chain[0][0]
    assert "Nothing selected." in answer.content.decode()


def test_all_that_match_is_a_choice_of_its_own(kept, alice):
    count = LogEntry.objects.count()
    address = reverse("endpoints:logs-purge", args=[kept.pk])
    page = alice.get(f"{address}?selected=1&all=1&entry={LogEntry.objects.first().pk}")
    assert page.status_code == 200
    assert page.content.decode().count('type="hidden" name="entry"') == count


def test_the_number_of_many_entries_is_typed(endpoint, alice):
    now = timezone.now()
    LogEntry.objects.bulk_create(LogEntry(endpoint=endpoint, key=str(n), at=now, day=now.date()) for n in range(21))
    address = reverse("endpoints:logs-purge", args=[endpoint.pk])
    pks = list(LogEntry.objects.values_list("pk", flat=True))
    query = "&".join(f"entry={pk}" for pk in pks)
    assert "Number of entries" in alice.get(f"{address}?selected=1&{query}").content.decode()
    assert "Number of entries" not in alice.get(f"{address}?selected=1&entry={pks[0]}").content.decode()
    for typed, status in (("", 422), ("20", 422), ("21", 302)):
        form = {"key": str(uuid.uuid4()), "reason": "x", "entry": pks, "number": typed}
        assert alice.post(address, form).status_code == status
    assert Purge.objects.count() == 1
