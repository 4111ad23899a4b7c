"""Content logs in a bucket or a container: whole in a backup, and stored again in another bucket or container."""

import errno
import hashlib
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from endpoints.logs.storage.place import open_stored, store
from endpoints.models import Endpoint, Event, LogEntry, LogFile, Resource
from endpoints.upkeep.backups import restoring, stored_logs
from endpoints.upkeep.backups.archive import PIECE
from endpoints.upkeep.backups.stored_logs import Mode, StorageFailed
from tests.logs.places import Bucket, buckets, new_container, use
from tests.logs.steps import keep_logs

FILES = 4  # two recordings, and their transcripts


@pytest.fixture(scope="module")
def s3():
    with buckets() as client:
        yield client


@pytest.fixture(params=["bucket", "container"])
def new_place(request):
    """Makes buckets of S3, or containers of Azure's Blob service."""
    with ExitStack() as opened:
        if request.param == "bucket":
            client = request.getfixturevalue("s3")
            yield lambda: Bucket(client)
        else:
            yield lambda: opened.enter_context(new_container())


@pytest.fixture
def store_in(settings, tmp_path, monkeypatch):
    """Content logs are stored in this place from now on; a copy that breaks off is made again at once."""
    monkeypatch.setattr(stored_logs, "PAUSES", (0, 0))

    def store_in(place, **more):
        use(settings, place.kind, {**place.options, **more}, tmp_path)
        if isinstance(place, Bucket) and not more:
            place.watch()
        return place

    return store_in


@pytest.fixture
def place(new_place, store_in):
    """Where the content logs of an endpoint are stored."""
    return store_in(new_place())


@pytest.fixture
def keep(transactional_db, place, resource, world, worker, alice):
    """Has the content logs of an endpoint stored; returns their contents by name."""

    def keep(log_bytes=5000):
        world.begin(endpoints=12, logs=FILES // 2, log_bytes=log_bytes, rate_limit="0/0")
        worker.mirror()
        keep_logs(alice, Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first())
        found = contents()
        assert place.names() == {*found}
        assert len(found) == FILES
        return found

    return keep


def contents():
    found = {}
    for name in LogFile.objects.stored().values_list("stored_as", flat=True):
        with open_stored(name) as file:
            found[name] = file.read()
    return found


def failing(monkeypatch, method, *errors):
    """The next calls of this method of the storage end with these errors; None is a call that goes well."""
    kind: Any = type(store())
    left = list(errors)
    whole = getattr(kind, method)

    def call(storage, *arguments):
        if left and (error := left.pop(0)):
            raise error
        return whole(storage, *arguments)

    monkeypatch.setattr(kind, method, call)
    return left


def broken_off(monkeypatch, *errors):
    """The next files that are read break off behind their first bytes, with the last of these errors first."""
    kind: Any = type(store())
    whole, left = kind.found, list(errors)

    def found(storage, name):
        size, fetch = whole(storage, name)

        def half(first, count):
            if first and left:
                raise left.pop()
            return fetch(first, count if first or not left else 10)

        return size, half

    monkeypatch.setattr(kind, "found", found)
    return left


def test_all_of_them_are_stored_in_another_place_and_can_be_played(
    keep, new_place, store_in, back_up, elsewhere, restore, lena
):
    before, key = keep(), Resource.objects.get().key.open()
    backup = back_up(logs=Mode.WHOLE)
    there = store_in(new_place())
    assert there.names() == set()
    with elsewhere():
        done = restore(backup)
        assert (done.files, done.missing) == (FILES, 0)
        assert contents() == before
        assert there.names() == {*before}
        for file in LogFile.objects.stored():
            assert hashlib.sha256(before[file.stored_as]).hexdigest() == file.sha256
        assert Resource.objects.get().key.open() == key
        lena.force_login(lena.user)
        for entry in LogEntry.objects.all():
            audio = entry.files.get(kind="Audio")
            answer = lena.get(reverse("endpoints:log-audio", args=[entry.endpoint_id, entry.pk]))
            assert b"".join(answer.streaming_content) == before[audio.stored_as]
            assert entry.text in lena.get(entry.get_absolute_url()).content.decode()


def test_no_more_than_a_piece_of_a_recording_is_fetched_at_once(keep, place, back_up):
    before = keep(log_bytes=6 * PIECE)
    place.given.clear()
    back_up(logs=Mode.WHOLE)
    assert max(place.given) == PIECE
    assert sum(place.given) >= sum(map(len, before.values()))
    assert max(map(len, before.values())) > PIECE


def test_copies_that_break_off_are_made_again_and_a_file_that_is_removed_meanwhile_is_counted(
    keep, new_place, store_in, back_up, elsewhere, restore, monkeypatch
):
    before = keep()
    left = broken_off(monkeypatch, FileNotFoundError("removed"), OSError("the connection was lost"))
    backup = back_up(logs=Mode.WHOLE)
    assert left == []
    store_in(new_place())
    left = failing(monkeypatch, "_save", OSError("503"), OSError("the connection was lost"))
    with elsewhere():
        done = restore(backup)
        assert left == []
        assert (done.files, done.missing) == (FILES - 1, 1)
        assert contents().items() < before.items()
        assert LogFile.objects.missing().count() == 1


def test_a_storage_that_is_away_is_named_and_leaves_no_backup(keep, place, store_in, tmp_path):
    keep()
    store_in(place, **place.away)
    path = tmp_path / "1.backup"
    with pytest.raises(CommandError, match=r"^The storage of content logs can't be read: .+\.$"):
        call_command("backup", str(path), "--logs", "whole")
    assert [*tmp_path.glob("*.backup*")] == []
    assert not Event.objects.filter(verb="backup-made").exists()


@pytest.mark.parametrize("new_place", ["container"], indirect=True)
def test_without_its_storage_nothing_is_restored(keep, place, store_in, back_up, elsewhere):
    keep()
    backup = back_up()
    store_in(place, **place.away)
    with elsewhere():
        with pytest.raises(CommandError, match=r"^Nothing was restored\. The storage of content logs can't be read: "):
            call_command("restore", str(backup))
        restoring.refuse_unless_empty()


@pytest.mark.parametrize("new_place", ["bucket"], indirect=True)
def test_a_restore_that_was_interrupted_goes_on(keep, new_place, store_in, back_up, elsewhere, restore, monkeypatch):
    before = keep()
    backup = back_up(logs=Mode.WHOLE)
    there = store_in(new_place())
    first_name = LogFile.objects.stored().order_by("pk").first().stored_as
    store().save(first_name, ContentFile(b"half of it"))
    full = OSError(errno.EDQUOT, "it is full")
    left = failing(monkeypatch, "_save", None, full, full, full)
    with elsewhere():
        with pytest.raises(StorageFailed, match=r"can't be written: .*it is full"):
            restore(backup)
        assert (left, there.names()) == ([], {first_name})
        assert restore(backup).missing == 0
        assert contents() == before
    assert there.names() == {*before}
