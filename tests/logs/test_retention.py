"""Retention: how many copies are removed, what is left of their entries, and what happens while they are removed."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from endpoints.logs.download import requests as downloads
from endpoints.logs.keep import retention
from endpoints.logs.keep import settings as keeping
from endpoints.logs.storage import orphans
from endpoints.models import Download, Endpoint, Event, LogDay, LogEntry, LogFile
from tests.logs.steps import age, keep_logs


@pytest.fixture
def two(resource, world, worker, alice):
    """Two endpoints with copies of their logs, which stay for 90 and for 10 days."""
    world.begin(endpoints=40, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    one, other = Endpoint.objects.filter(logging_enabled=True, status="Succeeded").order_by("pk")[:2]
    keep_logs(alice, one, 90)
    keep_logs(alice, other, 10)
    return one, other


@pytest.fixture
def removing(monkeypatch):
    """Calls `do(name)` before each file is deleted from the storage."""

    def before_each(do):
        storage = type(storages["logs"])
        delete = storage.delete

        def deleted(self, name):
            do(name)
            delete(self, name)

        monkeypatch.setattr(storage, "delete", deleted)

    return before_each


def test_more_copies_than_are_removed_at_once_are_all_removed_and_counted(kept, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    age(kept.log_files.all(), 100)
    assert retention.enforce(7) == 8
    assert not LogFile.objects.stored().exists()
    assert sum(kept.log_days.values_list("removed", flat=True)) == 8
    assert Event.objects.get(verb="logs-removed").facts == {"files": 8}


def test_each_endpoint_has_its_own_time_and_its_own_event(two):
    one, other = two
    age(LogFile.objects.all(), 20)
    oldest = one.log_entries.order_by("pk").first()
    age(oldest.files.all(), 80)
    assert retention.enforce(7) == 2 + 8
    removed = Event.objects.filter(verb="logs-removed").values_list("endpoint_id", "facts")
    assert dict(removed) == {one.pk: {"files": 2}, other.pk: {"files": 8}}
    assert not other.log_files.stored().exists()
    assert one.log_files.stored().count() == 6
    assert sum(one.log_days.values_list("removed", flat=True)) == 2


def test_old_logs_that_were_fetched_lately_go_too_where_nobody_decided_to_keep_them(kept, alice):
    keeping.change_settings(actor=alice.user, endpoint=kept, keep=False, every_hours=24, retention_days=20)
    oldest = kept.log_entries.order_by("pk").first()
    LogEntry.objects.filter(pk=oldest.pk).update(at=timezone.now() - timedelta(days=21))
    assert retention.enforce(7) == 2
    assert not oldest.files.stored().exists()


def test_nothing_is_recorded_when_nothing_was_removed(kept):
    assert retention.enforce(7) == 0
    assert not Event.objects.filter(verb="logs-removed").exists()
    assert not LogDay.objects.exclude(removed=0).exists()


def test_nobody_fetches_a_copy_again_while_it_is_removed(kept, removing):
    age(kept.log_files.all(), 100)
    free = []
    removing(lambda name: free.append(LogFile.objects.unleased().count()))
    assert retention.enforce(7) == 8
    assert free == [0] * 8


def test_what_was_removed_can_be_fetched_again_at_once(kept, lena, worker):
    keeping.change_settings(actor=lena.user, endpoint=kept, keep=False, every_hours=24, retention_days=None)
    age(kept.log_files.all(), 8)
    assert retention.enforce(7) == 8
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=kept))
    assert (download.state, download.files_done, download.files_missing) == ("ready", 8, 0)


def test_an_entry_whose_copies_were_removed_is_one_that_was_not_read(kept):
    assert kept.log_entries.exclude(outcome="").exclude(confidence=None).count() == 4
    age(kept.log_files.all(), 100)
    retention.enforce(7)
    assert set(kept.log_entries.values_list("text", "outcome", "confidence")) == {("", "", None)}


def test_only_entries_whose_time_is_over_lose_their_text(kept):
    oldest = kept.log_entries.order_by("pk").first()
    age(oldest.files.all(), 100)
    retention.enforce(7)
    assert set(kept.log_entries.filter(text="")) == {oldest}


def test_a_recording_that_was_removed_is_no_longer_waited_for(kept):
    LogFile.objects.update(requested_at=timezone.now())
    age(kept.log_files.all(), 100)
    retention.enforce(7)
    assert not LogFile.objects.exclude(requested_at=None).exists()


def test_a_copy_that_the_storage_does_not_delete_now_is_deleted_with_the_orphans(kept, removing, monkeypatch):
    name = kept.log_files.first().stored_as

    def refuse(one):
        if one == name:
            raise OSError("away")

    age(kept.log_files.all(), 100)
    removing(refuse)
    assert retention.enforce(7) == 8
    monkeypatch.undo()
    assert not LogFile.objects.stored().exists()
    assert storages["logs"].exists(name)
    monkeypatch.setattr(orphans, "OLD", timedelta(seconds=-5))
    assert orphans.delete_orphans() == 1
    assert not storages["logs"].exists(name)


def test_more_entries_than_are_forgotten_at_once_are_all_forgotten(kept, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    LogFile.objects.update(stored_as="", gone_at=timezone.now())
    retention.delete_gone_entries(kept)
    assert not LogEntry.objects.exists()


def test_an_entry_stays_as_long_as_the_service_or_we_have_one_of_its_files(kept):
    here, there, nowhere, both = kept.log_entries.order_by("pk")
    here.files.update(gone_at=timezone.now())
    here.files.filter(kind="Audio").update(stored_as="")
    there.files.update(stored_as="")
    there.files.filter(kind="Audio").update(gone_at=timezone.now())
    nowhere.files.update(stored_as="", gone_at=timezone.now())
    retention.delete_gone_entries(kept)
    assert set(LogEntry.objects.values_list("pk", flat=True)) == {here.pk, there.pk, both.pk}


def test_entries_of_another_endpoint_are_not_forgotten_with_those_of_one(two):
    one, other = two
    LogFile.objects.update(stored_as="", gone_at=timezone.now())
    retention.delete_gone_entries(one)
    assert (one.log_entries.count(), other.log_entries.count()) == (0, 4)


@pytest.fixture
def meanwhile(monkeypatch):
    """Calls `do(endpoint)` while retention waits for the lock on rows of log files, which another worker has."""

    def while_waiting(do):
        lock = retention.lock_logs

        def locked(endpoint):
            do(endpoint)
            lock(endpoint)

        monkeypatch.setattr(retention, "lock_logs", locked)

    return while_waiting


def test_an_entry_that_the_service_lists_again_meanwhile_is_not_forgotten(kept, meanwhile):
    back = kept.log_entries.order_by("pk").first()
    LogFile.objects.update(stored_as="", gone_at=timezone.now())
    meanwhile(lambda endpoint: back.files.update(gone_at=None))
    retention.delete_gone_entries(kept)
    assert LogEntry.objects.get() == back


def test_what_a_download_needs_that_was_requested_meanwhile_stays(kept, lena, meanwhile):
    age(kept.log_files.all(), 100)
    chosen = kept.log_entries.order_by("pk").first()
    what = {"actor": lena.user, "endpoint": kept, "selection": f"entry={chosen.pk}"}
    meanwhile(lambda endpoint: Download.objects.active().exists() or downloads.request_download(**what))
    assert retention.enforce(7) == 6
    assert set(LogFile.objects.stored().values_list("entry", flat=True)) == {chosen.pk}
