"""What an installation has after a restore."""

import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import tasks
from endpoints.audit import sealing, verifying
from endpoints.logs.storage.place import open_stored, store
from endpoints.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    Download,
    Endpoint,
    Event,
    HookCall,
    LogFile,
    Purge,
    Resource,
    Seal,
)
from endpoints.models.event import Verb
from endpoints.models.secret import locked
from endpoints.upkeep.backups import settling, tables
from endpoints.upkeep.backups.stored_logs import Mode
from tests.changes.requests import request_create
from tests.logs.steps import keep_logs


@pytest.fixture
def kept(resource, world, worker, alice):
    """An endpoint whose content logs are saved here."""
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    return keep_logs(alice, Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first())


@pytest.fixture
def other_storage(settings, tmp_path):
    """Content logs are stored in another, empty directory from now on."""

    def other_storage():
        logs = settings.STORAGES["logs"]
        there = {**logs, "OPTIONS": {**logs["OPTIONS"], "location": str(tmp_path / "other logs")}}
        settings.STORAGES = {**settings.STORAGES, "logs": there}

    return other_storage


def everything():
    """All rows of a backup as lines of JSON, by table."""
    return {tables.label(model): [*tables.lines(model)] for model in tables.kept(apps)}


def contents():
    """Of all saved logs that rows name and that are in the storage."""
    found = {}
    for name in LogFile.objects.stored().values_list("stored_as", flat=True):
        if store().exists(name):
            with open_stored(name) as file:
                found[name] = file.read()
    return found


def test_it_has_the_same_rows_and_activity_can_be_verified(alice, kept, back_up, elsewhere, restore):
    request_create(alice, kept.model)
    Resource.objects.update(due_at=Now())
    claimed = Resource.objects.claim(Resource.objects.get().pk, seconds=600)
    assert claimed
    HookCall.objects.create(invocation_id="1")
    sealing.seal_all()
    sealed, key = Seal.objects.latest("number").hash, Resource.objects.get().key.open()
    backup, before = back_up(), everything()
    assert Event.objects.latest("pk").verb == Verb.BACKED_UP
    with elsewhere():
        done = restore(backup)
        assert (done.missing, done.unreadable) == (0, 0)
        after = everything()
        # What a restore changes, and what it records.
        changed = {table for table in before if before[table] != after[table]}
        assert changed == {"endpoints.Change", "endpoints.Event", "endpoints.Resource", "endpoints.Restoration"}
        assert after["endpoints.Event"][:-2] == before["endpoints.Event"][:-1]
        assert [*Event.objects.order_by("pk").values_list("verb", flat=True)][-2:] == [
            Verb.RESTORED,
            Verb.RESOURCE_PAUSED,
        ]
        assert "restored from a backup of" in Event.objects.get(verb=Verb.RESTORED).text
        assert not HookCall.objects.exists()
        assert not Session.objects.exists()
        resource = Resource.objects.get()
        assert (resource.key.open(), resource.lease, locked()) == (key, None, False)
        sealing.seal_all()
        assert verifying.verify(expected=sealed).problem is None


def test_it_can_be_searched_and_its_events_stay_append_only(alice, kept, back_up, elsewhere, restore):
    backup = back_up()
    with elsewhere():
        restore(backup)
        word = kept.display_name.split()[0].lower()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM endpoints_words WHERE endpoints_words MATCH %s", [f'"{word}"'])
            assert cursor.fetchone()[0] >= 1
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM endpoints_event")


def test_no_id_is_given_to_somebody_else(alice, back_up, elsewhere, restore):
    gone = get_user_model().objects.create_user("gone")
    number = gone.pk
    gone.delete()
    backup = back_up()
    with elsewhere():
        restore(backup)
        assert get_user_model().objects.create_user("new").pk > number


def test_saved_logs_that_are_in_the_file_are_stored_again(kept, back_up, elsewhere, restore, other_storage):
    before = contents()
    backup = back_up(logs=Mode.WHOLE)
    other_storage()
    with elsewhere():
        done = restore(backup)
        assert (done.files, done.missing) == (len(before), 0)
        assert contents() == before


def test_saved_logs_that_are_nowhere_are_fetched_again(kept, back_up, elsewhere, restore, other_storage, world):
    count = LogFile.objects.stored().count()
    backup = back_up()
    other_storage()
    with elsewhere():
        assert restore(backup).missing == count
        assert LogFile.objects.missing().count() == count


def test_saved_logs_stay_where_they_are_until_the_old_installation_is_off(
    kept, worker, copy, elsewhere, settle, settings
):
    copy()
    settings.DOWNLOAD_DAYS = 1
    before = contents()
    LogFile.objects.update(stored_as="")  # by the old installation, which has others that the copy doesn't know
    with elsewhere():
        settle()
        LogFile.objects.exclude(stored_as="").update(stored_at=Now() - timedelta(days=400))
        keep = LogFile.objects.first().endpoint.log_archive
        keep.keep = False
        keep.save()
        tasks.tidy()
        tasks.sweep_storage()
        assert contents() == before
        settling.resume()
        tasks.tidy()
        assert not contents()


def test_zips_expire_and_downloads_in_progress_begin_anew(alice, kept, copy, elsewhere, settle):
    facts = {"endpoint": kept, "actor": alice.user}
    Download.objects.create(**facts, selection="a=1", state="ready", stored_as="x/ready.zip")
    Download.objects.create(**facts, selection="a=2", state="packing", position="7", lease=uuid.uuid4())
    Purge.objects.create(endpoint=kept, lease=uuid.uuid4(), leased_until=Now() + timedelta(hours=1))
    copy()
    with elsewhere():
        settle()
        ready, packing = Download.objects.order_by("selection")
        assert (ready.state, ready.stored_as) == ("expired", "")
        assert (packing.state, packing.position, packing.lease) == ("queued", "", None)
        assert Purge.objects.get().lease is None


def test_each_table_is_in_a_backup_or_left_out_for_a_reason():
    in_it = {tables.label(model) for model in tables.kept(apps)}
    known = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert in_it | {*tables.LEFT_OUT} == known
    assert all(tables.LEFT_OUT.values())
    seen = set()
    for model in tables.kept(apps):  # others are written before what refers to them
        assert tables.references(model) & in_it <= seen
        seen.add(tables.label(model))


def test_people_are_told_nothing_again_and_nothing_new_until_the_old_installation_is_off(
    alice, mirrored, back_up, elsewhere, restore
):
    channel = AlertChannel.objects.create(person=alice.user, name="Mail", kind="mail")
    waiting = AlertDelivery.objects.create(channel=channel)
    backup = back_up()
    with elsewhere():
        restore(backup)
        assert not AlertDelivery.objects.waiting().exists()
        assert AlertDelivery.objects.get().pk == waiting.pk
        Resource.objects.update(failing_since=timezone.now() - timedelta(days=1), paused_at=None)
        tasks.alert()
        assert not Alert.objects.exists()
        settling.resume()
        Resource.objects.update(failing_since=timezone.now() - timedelta(days=1))
        tasks.alert()
        assert Alert.objects.exists()
