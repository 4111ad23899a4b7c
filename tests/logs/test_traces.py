"""What a purge deletes besides the copies: partial files, files that no row knows, forgotten zips, deleted rows."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from endpoints.logs.download import requests as downloads
from endpoints.logs.purge import local
from endpoints.logs.storage import partials
from endpoints.models import Download, Endpoint, LogEntry, LogFile
from tests.logs.steps import request_purge, step

DAY = 24 * 3600


def complete(purge, world):
    """Let the service delete what the purge requested."""
    step(purge)
    world.advance(DAY)
    assert step(purge).done
    return purge


def today():
    return timezone.now().date()


def partial(name):
    """A file that a killed worker had begun to receive or to pack."""
    path = partials.place() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half of it")
    return path


def test_what_was_received_in_part_is_deleted_with_its_entry(kept, alice):
    chosen, other = kept.log_entries.order_by("pk")[:2]
    half, others = (partial(f"{entry.files.first().pk}.part") for entry in (chosen, other))
    assert step(request_purge(alice, kept, keys=[chosen.key])).done
    assert (half.exists(), others.exists()) == (False, True)
    others.unlink()


def test_a_zip_that_a_killed_worker_had_begun_is_deleted_unless_a_worker_packs_it(kept, alice, lena):
    killed, packing, elsewhere = (
        Download.objects.create(endpoint=endpoint, actor=lena.user, selection=selection)
        for endpoint, selection in (
            (kept, "q=one"),
            (kept, "q=two"),
            (Endpoint.objects.exclude(pk=kept.pk).first(), ""),
        )
    )
    Download.objects.filter(pk=packing.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    zips = [partial(f"{one.pk}.zip") for one in (killed, packing, elsewhere)]
    assert step(request_purge(alice, kept, keys=[kept.log_entries.first().key])).done
    assert [path.exists() for path in zips] == [False, True, True]
    for path in zips:
        path.unlink(missing_ok=True)


def test_a_zip_whose_deletion_was_forgotten_is_deleted(kept, alice, lena):
    name = storages["logs"].save(f"{kept.pk}/forgotten.zip", ContentFile(b"PK"))
    Download.objects.create(endpoint=kept, actor=lena.user, state="canceled", stored_as=name)
    assert step(request_purge(alice, kept, keys=["none"])).done
    assert not storages["logs"].exists(name)


def saved(endpoint, key):
    """A file in the storage that no row knows."""
    return storages["logs"].save(f"{endpoint.pk}/9999-{key}_wav", ContentFile(b"lost"))


def test_files_of_its_entries_that_no_row_knows_are_deleted_and_no_others(kept, alice):
    chosen, other = kept.log_entries.order_by("pk")[:2]
    lost, others = saved(kept, chosen.key), saved(kept, other.key)
    elsewhere = saved(Endpoint.objects.exclude(pk=kept.pk).first(), chosen.key)
    assert step(request_purge(alice, kept, keys=[chosen.key])).done
    assert [storages["logs"].exists(name) for name in (lost, others, elsewhere)] == [False, True, True]
    assert all(storages["logs"].exists(file.stored_as) for file in LogFile.objects.stored())
    for name in (others, elsewhere):
        storages["logs"].delete(name)


def test_files_up_to_its_day_that_no_row_knows_are_deleted_and_no_later_ones(kept, world, alice):
    last = today() - timedelta(days=3)
    before, same, after = (saved(kept, f"{last + timedelta(days=days)}_101503__0a1b") for days in (-1, 0, 1))
    foreign = saved(kept, "a-name-without-a-day")
    complete(request_purge(alice, kept, until=last), world)
    exist = [storages["logs"].exists(name) for name in (before, same, after, foreign)]
    assert exist == [False, False, True, True]
    for name in (after, foreign):
        storages["logs"].delete(name)


def written(name, at):
    os.utime(storages["logs"].path(name), (at.timestamp(), at.timestamp()))


def test_on_its_last_day_a_file_that_came_after_the_request_may_just_be_received_and_stays(kept, world, alice):
    purge = step(request_purge(alice, kept, until=today()))
    earlier, later = saved(kept, f"{today()}_000001__0a1b"), saved(kept, f"{today()}_000002__0a1b")
    written(earlier, purge.accepted_at - timedelta(minutes=1))
    written(later, purge.accepted_at + timedelta(milliseconds=1))
    world.advance(DAY)
    assert step(purge).done
    assert [storages["logs"].exists(name) for name in (earlier, later)] == [False, True]
    storages["logs"].delete(later)


def test_of_earlier_days_a_file_that_came_after_the_request_is_deleted_too(kept, world, alice):
    purge = step(request_purge(alice, kept, until=today() - timedelta(days=1)))
    late = saved(kept, f"{purge.until}_000001__0a1b")
    written(late, purge.accepted_at + timedelta(milliseconds=1))
    world.advance(DAY)
    assert step(purge).done
    assert not storages["logs"].exists(late)


def test_where_nothing_is_deleted_on_the_service_a_file_that_no_row_knows_is_deleted(kept, alice):
    Endpoint.objects.filter(pk=kept.pk).update(gone_at=timezone.now())
    lost = saved(kept, f"{today()}_000001__0a1b")
    assert step(request_purge(alice, kept, until=today())).done
    assert not storages["logs"].exists(lost)


def test_more_entries_than_are_deleted_at_once_are_all_deleted_and_counted(kept, alice, monkeypatch):
    monkeypatch.setattr(local, "AT_ONCE", 3)
    names = [file.stored_as for file in LogFile.objects.all()]
    purge = step(request_purge(alice, kept, keys=list(kept.log_entries.values_list("key", flat=True))))
    assert purge.done
    assert not LogEntry.objects.exists()
    assert not any(storages["logs"].exists(name) for name in names)
    assert sum(kept.log_days.values_list("purged", flat=True)) == 8


def test_nobody_begins_to_fetch_what_a_purge_waits_for(kept, world, alice, lena, worker):
    """One half of an entry is being fetched, so the purge waits; meanwhile nobody begins with the other half."""
    entry = kept.log_entries.order_by("pk").first()
    transcript, audio = entry.files.get(kind="Transcription"), entry.files.get(kind="Audio")
    entry.files.update(stored_as="")
    LogFile.objects.filter(pk=transcript.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    purge = step(request_purge(alice, kept, keys=[entry.key]))
    assert purge.running
    before = len(world.ledger("GET"))
    worker.download(downloads.request_download(actor=lena.user, endpoint=kept, selection=f"entry={entry.pk}"))
    assert [one["path"] for one in world.ledger("GET")[before:] if audio.name in one["path"]] == []
    LogFile.objects.filter(pk=transcript.pk).update(leased_until=None)
    assert step(purge).done


def test_entries_that_are_not_to_be_deleted_neither_delay_a_purge_nor_count_as_gone(kept, alice):
    chosen, other = kept.log_entries.order_by("pk")[:2]
    other.files.update(stored_as="", leased_until=timezone.now() + timedelta(minutes=1))
    assert step(request_purge(alice, kept, keys=[chosen.key])).done
    assert other.files.filter(gone_at=None).count() == 2


def test_a_purge_that_the_service_refuses_leaves_no_traces_here_either(kept, world, alice):
    lost = saved(kept, f"{today()}_000001__0a1b")
    refusal = {"code": "InvalidRequest", "message": "No.", "innerError": {"code": "InvalidLogDate"}}
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": refusal}})
    assert step(request_purge(alice, kept, until=today())).state == "failed"
    assert not storages["logs"].exists(lost)


def test_a_zip_that_is_ready_while_a_purge_waits_for_the_lock_is_deleted_too(
    kept, alice, lena, monkeypatch, django_capture_on_commit_callbacks
):
    chosen = kept.log_entries.order_by("pk").first()
    lock, name = local.lock_logs, storages["logs"].save(f"{kept.pk}/ready.zip", ContentFile(b"PK"))

    def locked(endpoint):
        facts = {"stored_as": name, "expires_at": timezone.now() + timedelta(days=1)}
        Download.objects.create(endpoint=endpoint, actor=lena.user, state="ready", **facts)
        lock(endpoint)

    monkeypatch.setattr(local, "lock_logs", locked)
    with django_capture_on_commit_callbacks(execute=True):
        assert step(request_purge(alice, kept, keys=[chosen.key])).done
    assert (Download.objects.get().state, storages["logs"].exists(name)) == ("expired", False)


def on_disk(text):
    """In which files of the database these bytes are."""
    name = str(connection.settings_dict["NAME"])
    return [path for path in (name, f"{name}-wal") if Path(path).exists() and text.encode() in Path(path).read_bytes()]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL frees the space with its next vacuum")
@pytest.mark.django_db(transaction=True)
def test_what_was_said_is_no_longer_in_the_files_of_the_database(kept, world, alice):
    with connection.cursor() as cursor:  # as SQLite is where it was built without secure deletion
        cursor.execute("PRAGMA secure_delete = OFF")
    said = kept.log_entries.exclude(text="").first().text
    assert on_disk(said)
    complete(request_purge(alice, kept, until=today()), world)
    assert on_disk(said) == []
