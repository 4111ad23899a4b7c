"""Keep: looks, the archive before the service removes it, the ledger of days, retention, the countdown."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from endpoints import tasks
from endpoints.azure.entities import LogFile as Listed
from endpoints.logs.download import requests as downloads
from endpoints.logs.fetch import listing
from endpoints.logs.keep import retention
from endpoints.logs.keep import settings as keeping
from endpoints.logs.storage import orphans
from endpoints.mirror.removals import remove_resource
from endpoints.models import Change, Download, Event, LogArchive, LogDay, LogEntry, LogFile, Resource
from endpoints.pages.content_logs import days as log_days
from tests.logs.steps import age, refresh

DAY = 24 * 3600


def keep(person, endpoint, **more):
    asked = {"keep": "on", "every_hours": "6", "retention_days": "90", **more}
    return person.post(reverse("endpoints:logs-keep", args=[endpoint.pk]), asked)


def sums(endpoint):
    names = ("seen", "archived", "vanished", "removed", "purged", "entries", "orphans", "empty")
    return {name: endpoint.log_days.aggregate(sum=Sum(name))["sum"] or 0 for name in names}


def test_a_look_lists_all_and_reads_transcripts_and_leaves_recordings_where_they_are(logging):
    row = refresh(logging)
    assert row.checked_at
    assert LogEntry.objects.exclude(text="").count() == 4
    assert {file.kind for file in LogFile.objects.stored()} == {"Transcription"}
    assert sums(logging) | {"archived": 4, "seen": 8, "entries": 4} == sums(logging)


def test_keeping_archives_everything_before_the_service_removes_it(kept, world):
    assert LogFile.objects.stored().count() == 8
    world.advance(31 * DAY)
    refresh(kept)
    assert LogFile.objects.stored().count() == LogFile.objects.exclude(gone_at=None).count() == 8
    assert sums(kept) | {"seen": 8, "archived": 8, "vanished": 0} == sums(kept)


def test_a_page_of_the_list_gives_the_addresses_so_no_file_is_asked_for_by_itself(kept, world):
    assert [one["path"] for one in world.ledger("GET") if "/files/logs/2" in one["path"]] == []


def test_several_looks_count_nothing_twice(kept):
    before = sums(kept)
    for _again in range(3):
        refresh(kept)
    assert sums(kept) == before
    assert LogFile.objects.count() == 8


def test_what_vanishes_soon_is_fetched_first(logging, world, alice):
    refresh(logging)
    newest = LogFile.objects.filter(kind="Audio").order_by("-created_at").first()
    LogFile.objects.filter(pk=newest.pk).update(created_at=timezone.now() - timedelta(days=29))
    before = len(world.ledger("GET"))
    keep(alice, logging)
    refresh(logging)
    fetched = [one["path"] for one in world.ledger("GET")[before:] if "/speechtotext/" not in one["path"]]
    assert newest.name in fetched[0]


def test_what_was_gone_before_we_came_is_counted_and_forgotten(logging, world):
    refresh(logging)
    LogFile.objects.filter(kind="Transcription").update(stored_as="")
    world.advance(31 * DAY)
    refresh(logging)
    assert sums(logging)["vanished"] == 4, "the transcripts had a copy once"
    assert sums(logging)["entries"] == 4
    assert not LogEntry.objects.exists()


def test_an_entry_of_which_we_have_a_copy_stays_when_the_service_has_it_no_longer(logging, world):
    refresh(logging)
    world.advance(31 * DAY)
    refresh(logging)
    assert LogEntry.objects.exclude(text="").count() == 4


def test_a_look_goes_on_where_a_killed_worker_was(logging, world, alice):
    keep(alice, logging)
    world.fail({"method": "GET", "path": r"\.wav", "times": 20, "effect": {"status": 500}})
    keeping.request_refresh(logging)
    tasks.collect(str(logging.pk))
    row = LogArchive.objects.get()
    assert row.stage
    world.fail()
    refresh(logging)
    assert sums(logging) | {"seen": 8, "archived": 8} == sums(logging)


def test_two_workers_do_not_look_at_the_same_time(kept, world):
    row = keeping.request_refresh(kept)
    LogArchive.objects.filter(pk=row.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    before = len(world.ledger())
    tasks.collect(str(row.pk))
    assert len(world.ledger()) == before


def test_a_refused_look_ends_with_the_reason_and_is_not_repeated_for_ever(logging, world):
    refusal = {"code": "InvalidRequest", "message": "Logging is off.", "innerError": {"code": "EndpointWithoutLogging"}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": refusal}})
    row = refresh(logging)
    assert "Logging is off." in row.error
    assert row.due_at is None


def test_turning_keep_on_looks_at_once_and_is_written_down(logging, alice):
    keep(alice, logging, every_hours="1", retention_days="")
    row = LogArchive.objects.get()
    assert (row.keep, row.every_hours, row.retention_days) == (True, 1, None)
    assert row.refreshing
    event = Event.objects.get(verb="logs-kept")
    assert (event.actor_name, event.facts) == ("alice", {"keep": True, "every_hours": 1, "retention_days": None})
    assert event.text.endswith("saved automatically, checked every hour; copies are kept forever")


def test_after_a_look_the_next_one_is_due_by_the_schedule(kept):
    row = LogArchive.objects.get()
    assert timedelta(hours=23, minutes=59) < row.due_at - timezone.now() <= timedelta(hours=24)


def test_a_retention_that_removes_something_is_shown_before_it_is_saved(kept, alice):
    age(kept.log_files.all(), 20)
    answer = keep(alice, kept, retention_days="10").content.decode()
    assert "8 files" in answer
    assert LogArchive.objects.get().retention_days == 90
    keep(alice, kept, retention_days="10", confirmed="True-10")
    assert LogArchive.objects.get().retention_days == 10


def test_copies_go_after_their_time_with_what_they_said(kept):
    age(kept.log_files.all(), 100)
    names = [file.stored_as for file in LogFile.objects.all()]
    assert retention.enforce(7) == 8
    assert not any(storages["logs"].exists(name) for name in names)
    assert not LogEntry.objects.exclude(text="").exists()
    assert sums(kept)["removed"] == 8
    assert Event.objects.get(verb="logs-removed").facts == {"files": 8}
    assert retention.enforce(7) == 0
    refresh(kept)
    assert not LogFile.objects.stored().exists(), "what is too old is not fetched again"


def test_copies_that_nobody_decided_to_keep_go_sooner(logging):
    refresh(logging)
    age(logging.log_files.all(), 6)
    assert retention.enforce(7) == 0
    age(logging.log_files.all(), 2)
    assert retention.enforce(7) == 4
    assert LogEntry.objects.exclude(text="").count() == 4, "the service still has them"


def test_what_a_running_download_needs_stays_until_it_is_done(kept, lena, worker):
    age(kept.log_files.all(), 100)
    download = downloads.request_download(actor=lena.user, endpoint=kept)
    assert retention.enforce(7) == 0
    worker.download(download)
    assert download.ready
    assert retention.enforce(7) == 8
    download.refresh_from_db()
    assert not download.ready, "its zip contained what was removed"


def test_only_what_a_running_download_is_to_contain_stays_for_it(kept, lena, worker):
    age(kept.log_files.all(), 100)
    entries = list(LogEntry.objects.order_by("pk"))
    chosen = entries[1:3]
    asked = [
        downloads.request_download(actor=lena.user, endpoint=kept, selection=f"entry={entry.pk}") for entry in chosen
    ]
    assert retention.enforce(7) == 4
    held = LogFile.objects.stored()
    assert set(held.values_list("entry", flat=True)) == {entry.pk for entry in chosen}
    assert all(storages["logs"].exists(file.stored_as) for file in held)
    assert set(LogEntry.objects.exclude(text="").values_list("pk", flat=True)) == {entry.pk for entry in chosen}
    for download in asked:
        worker.download(download)
        assert (download.state, download.files_done, download.files_missing) == ("ready", 2, 0)
    assert retention.enforce(7) == 4
    assert not LogFile.objects.stored().exists()


@pytest.mark.parametrize("ended", ["canceled", "paused", "failed"])
def test_a_download_that_is_not_running_keeps_no_copy(kept, lena, ended):
    age(kept.log_files.all(), 100)
    download = downloads.request_download(actor=lena.user, endpoint=kept)
    Download.objects.filter(pk=download.pk).update(state=ended)
    assert retention.enforce(7) == 8


def test_a_download_of_another_endpoint_keeps_no_copy(kept, lena):
    age(kept.log_files.all(), 100)
    other = type(kept).objects.exclude(pk=kept.pk).exclude(remote_id=None).first()
    downloads.request_download(actor=lena.user, endpoint=other)
    assert retention.enforce(7) == 8


def test_what_a_running_download_is_to_contain_is_not_forgotten_although_the_service_has_it_no_longer(kept, lena):
    LogFile.objects.update(stored_as="", gone_at=timezone.now())
    one = LogEntry.objects.order_by("pk")[1]
    downloads.request_download(actor=lena.user, endpoint=kept, selection=f"entry={one.pk}")
    retention.delete_gone_entries(kept)
    assert LogEntry.objects.get() == one


def test_what_neither_the_service_nor_we_have_any_longer_is_forgotten_with_the_last_copy(kept):
    one = LogEntry.objects.order_by("pk")[1]
    LogFile.objects.exclude(entry=one).update(gone_at=timezone.now())
    assert retention.enforce(7) == 0
    assert LogEntry.objects.count() == 4
    age(kept.log_files.all(), 100)
    assert retention.enforce(7) == 8
    assert LogEntry.objects.get() == one


def test_a_zip_stays_for_its_own_time_when_copies_go_that_nobody_decided_to_keep(logging, lena, worker):
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    age(logging.log_files.all(), 8)
    assert retention.enforce(7) == 8
    download.refresh_from_db()
    assert download.ready
    assert storages["logs"].exists(download.stored_as)


def test_copies_stay_to_the_last_day_of_their_time(kept):
    LogEntry.objects.update(at=timezone.now() - timedelta(days=90) + timedelta(minutes=5))
    assert retention.enforce(7) == 0
    LogEntry.objects.update(at=timezone.now() - timedelta(days=90, minutes=5))
    assert retention.enforce(7) == 8


def test_copies_without_end_stay(kept):
    LogArchive.objects.update(retention_days=None)
    age(kept.log_files.all(), 5000)
    assert retention.enforce(7) == 0
    assert LogEntry.objects.exclude(text="").count() == 4


def test_files_that_no_row_knows_are_swept_when_they_are_old(kept, monkeypatch):
    store = storages["logs"]
    lost = store.save(f"{kept.pk}/2026-01-01_000000__lost_wav", ContentFile(b"lost"))
    foreign = store.save("somebody/else.wav", ContentFile(b"theirs"))
    assert orphans.delete_orphans() == 0
    monkeypatch.setattr(orphans, "OLD", timedelta(seconds=-5))
    assert orphans.delete_orphans() == 1
    assert (store.exists(lost), store.exists(foreign)) == (False, True)
    assert LogFile.objects.stored().count() == 8
    store.delete(foreign)


def test_copies_of_an_endpoint_whose_resource_was_removed_are_deleted_too(kept, alice, monkeypatch):
    copies = list(LogFile.objects.stored().values_list("stored_as", flat=True))
    foreign = storages["logs"].save("somebody/else.wav", ContentFile(b"theirs"))
    remove_resource(kept.resource, actor=alice.user)
    monkeypatch.setattr(orphans, "OLD", timedelta(seconds=-5))
    assert orphans.delete_orphans() == len(copies) > 0
    assert [name for name in copies if storages["logs"].exists(name)] == []
    assert storages["logs"].exists(foreign)
    storages["logs"].delete(foreign)


def ledger_of(person, endpoint, *days, listed=()):
    LogDay.objects.filter(endpoint=endpoint).delete()
    today = timezone.now().date()
    for ago in (*days, *listed):
        LogDay.objects.create(endpoint=endpoint, day=today - timedelta(days=ago), seen=2 * (ago in days))
    return [(line.state, line.days) for line in log_days.day_spans(person.user, endpoint)]


def test_a_day_without_entries_between_days_with_entries_is_a_gap(logging, lena):
    assert ledger_of(lena, logging, 1, 4, listed=(2, 3)) == [("", 1), ("nothing", 2), ("", 1)]


def test_days_on_which_content_logging_was_off_are_no_gap(logging, lena):
    now = timezone.now()
    for ago, on in ((4, False), (2, True)):
        states = {"before": {"logging_enabled": not on}, "desired": {"logging_enabled": on}}
        Change.objects.create(
            endpoint=logging, kind="edit", state="done", closed_at=now - timedelta(days=ago), **states
        )
    assert ledger_of(lena, logging, 1, 5, listed=(2, 3, 4)) == [
        ("", 1),
        ("nothing", 1),
        ("off", 1),
        ("nothing", 1),
        ("", 1),
    ]


def test_orphaned_halves_and_empty_files_are_counted(logging, lena):
    now = timezone.now()
    day = f"{now - timedelta(days=1):%Y-%m-%d}"
    sizes = {f"{day}_000001__a1_wav": 10, f"{day}_000002__b2_wav": 0, f"{day}_000002__b2_v2_json": 10}
    files = [
        Listed(id=id, name=id, kind="Audio" if id.endswith("wav") else "Transcription", size=size, created=now)
        for id, size in sizes.items()
    ]
    listing.record(logging, files)
    listing.complete(logging, now - timedelta(minutes=1))
    assert sums(logging) | {"seen": 3, "entries": 2, "orphans": 1, "empty": 1} == sums(logging)
    page = lena.get(reverse("endpoints:log-days", args=[logging.pk])).content.decode()
    assert "1 with a missing file" in page
    assert "1 with an empty file" in page


def test_days_on_which_nobody_looked_in_time_are_unknown(logging, lena):
    assert ledger_of(lena, logging, 1, 40) == [("perhaps", 1), ("unknown", 38), ("perhaps", 1)]


def test_days_are_looked_through_as_far_as_the_service_remembers(logging, lena):
    refresh(logging)
    LogDay.objects.create(endpoint=logging, day=timezone.now().date() - timedelta(days=60), seen=1)
    refresh(logging)
    unknown = [line.days for line in log_days.day_spans(lena.user, logging) if line.state == "unknown"]
    assert unknown == [30], "29 days before today are looked through, 60 days ago there was something"


def test_the_ledger_is_a_table_with_a_link_for_each_day(kept, lena):
    page = lena.get(reverse("endpoints:log-days", args=[kept.pk])).content.decode()
    day = LogEntry.objects.first().day
    assert f"{reverse('endpoints:logs', args=[kept.pk])}?from={day}&amp;to={day}" in page


def test_the_countdown_says_what_vanishes_and_what_is_not_archived(logging, lena, bob):
    refresh(logging)
    page = logging.get_absolute_url()
    LogFile.objects.update(created_at=timezone.now() - timedelta(days=28))
    shown = lena.get(page).content.decode()
    assert "8 files will be deleted within 3 days" in shown
    assert "4 not saved" in shown
    assert "will be deleted within" not in bob.get(page).content.decode()


def test_of_a_container_of_ones_own_nothing_is_said_to_vanish(logging, lena, world):
    refresh(logging)
    LogFile.objects.update(created_at=timezone.now() - timedelta(days=28))
    logging.resource.log_container = logging.resource.key
    logging.resource.save()
    assert "will be deleted within" not in lena.get(logging.get_absolute_url()).content.decode()


def test_who_only_reads_logs_decides_nothing(logging, lena):
    assert keep(lena, logging).status_code == 403
    assert not Download.objects.exists()


REFUSALS = {
    503: {"code": "ServiceUnavailable", "message": "Busy."},
    401: {"error": {"code": "401", "message": "Access denied."}},
}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_service_that_fails_while_logs_are_kept_shows_on_the_resource_until_it_answers(logging, world, alice, status):
    keep(alice, logging)
    failure = {"status": status, "body": REFUSALS[status]}
    world.fail({"method": "GET", "path": "/files/logs", "times": 20, "effect": failure})
    tasks.collect(str(logging.pk))
    archive = LogArchive.objects.get()
    assert (archive.stage, archive.failures, archive.due_at is not None) == ("listing", 1, True)
    resource = Resource.objects.get()
    assert resource.failing_since is not None
    assert resource.failure == archive.error != ""
    assert escape(resource.failure) in alice.get(reverse("endpoints:resources")).content.decode()
    world.fail()
    refresh(logging)
    resource.refresh_from_db()
    assert (resource.failing_since, resource.failure) == (None, "")
    assert LogFile.objects.stored().count() == 8


def test_a_service_that_has_too_many_requests_while_logs_are_kept_is_not_failing(logging, world, alice):
    keep(alice, logging)
    slow = {"status": 429, "headers": {"Retry-After": "120"}, "body": {"code": "TooManyRequests", "message": "Slow."}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": slow})
    tasks.collect(str(logging.pk))
    archive = LogArchive.objects.get()
    assert 110 < (archive.due_at - timezone.now()).total_seconds() <= 120
    assert Resource.objects.get().failing_since is None


def test_a_listing_with_a_log_that_cannot_be_read_marks_none_as_gone(logging, world):
    refresh(logging)
    before = LogFile.objects.filter(gone_at=None).count()
    listed = world.call("GET", f"/endpoints/{logging.remote_id}/files/logs")["values"]
    for values, left in (([*listed[1:], {**listed[0], "self": None}], before), ([listed[0]], 1)):
        page = {"method": "GET", "path": "/files/logs", "times": 1, "effect": {"body": {"values": values}}}
        world.fail(page)
        refresh(logging)
        assert LogFile.objects.filter(gone_at=None).count() == left
