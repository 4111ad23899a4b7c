"""Downloads of content logs: asked for once, fetched whole, packed into one zip, thrown away in time."""

import csv
import hashlib
import io
import json
import logging as python_logging
import re
import shutil
import subprocess
import threading
import tracemalloc
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.logs.download import expiry, job, packing, zip_file
from endpoints.logs.download import requests as downloads
from endpoints.logs.download.zip_file import ZipFile
from endpoints.logs.storage import partials
from endpoints.logs.storage.place import make_private
from endpoints.messages import mail as notices
from endpoints.models import Download, Endpoint, Event, LogArchive, LogEntry, LogFile, Preferences, Sweep
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from tests.demo import until as wait_for

ALL = "/downloads/"


def content(download):
    with storages["logs"].open(download.stored_as) as stored:
        return zipfile.ZipFile(io.BytesIO(stored.read()))


def manifest(download):
    return json.loads(content(download).read("manifest.json"))


def table(download):
    """The rows of transcripts.csv, and those of transcripts.jsonl."""
    text = content(download).read("transcripts.csv").decode("utf-8-sig")
    lines = content(download).read("transcripts.jsonl").decode().splitlines()
    return list(csv.DictReader(io.StringIO(text))), [json.loads(line) for line in lines]


def page_of(endpoint, query=""):
    return reverse("endpoints:download", args=[endpoint.pk]) + (f"?{query}" if query else "")


def act(person, what, download):
    return person.post(reverse(f"endpoints:download-{what}", args=[download.pk]))


def take(person, download, **headers):
    return person.get(reverse("endpoints:download-file", args=[download.pk]), headers=headers)


def fetched(world, since=0):
    """The paths of the contents that were asked for."""
    return [entry["path"] for entry in world.ledger("GET")[since:] if "/speechtotext/" not in entry["path"]]


def lists(world, since=0):
    return [entry for entry in world.ledger("GET")[since:] if re.search(r"/files/logs($|\?)", entry["path"])]


def zips(download):
    """What of its zip is in the storage, finished or not."""
    return list(Path(storages["logs"].location).rglob(f"{download.pk}*"))


def until(download, state):
    """The worker takes it further until it is in this state, in steps as short as can be."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("endpoints.logs.job.WORK_SECONDS", 0)
        while download.state != state:
            Download.objects.filter(pk=download.pk).update(due_at=timezone.now() - timedelta(seconds=1))
            tasks.fetch(str(download.pk))
            download.refresh_from_db()


@pytest.fixture
def ready(lena, logging, worker):
    """A download of everything that lena asked for."""
    return worker.download(downloads.request_download(actor=lena.user, endpoint=logging))


# What is asked for


@pytest.mark.parametrize(
    ("name", "in_ascii", "in_unicode"),
    [
        ("Hotline 2", "Hotline 2", None),
        ("東京 ホットライン", "__ ______", "東京 ホットライン"),
        ("Große Pru\u0308fung", "Grosse Prufung", "Große Prüfung"),
        ("ईमेल", "____", "ईमेल"),
        ('..\\a/b:"c"\r\n\u202e<d>', "a_b__c_____d", None),
        ("\u202e…", "endpoint", None),
        ("語" * 100, "_" * 50, "語" * 50),
    ],
)
def test_a_zip_is_named_after_its_endpoint_in_its_own_script(lena, ready, name, in_ascii, in_unicode):
    Endpoint.objects.filter(pk=ready.endpoint_id).update(display_name=name)
    header = lena.head(reverse("endpoints:download-file", args=[ready.pk]))["Content-Disposition"]
    found = re.fullmatch(r"""attachment; filename="([^"]+)"(?:; filename\*=UTF-8''(\S+))?""", header)
    day = r"-\d{8}-\d{6}\.zip"
    assert re.fullmatch(f"content-logs-{re.escape(in_ascii)}{day}", found[1])
    if in_unicode is None:
        assert found[2] is None
    else:
        assert re.fullmatch(f"content-logs-{re.escape(in_unicode)}{day}", unquote(found[2]))
        assert len(unquote(found[2]).encode()) <= 255


def test_a_listener_gets_one_zip_with_recordings_transcripts_and_tables(lena, logging, worker):
    lena.post(page_of(logging))
    download = worker.download(Download.objects.get())
    assert download.state == DownloadState.READY
    assert (download.files_done, download.files_total, download.percent) == (8, 8, 100)

    answer = take(lena, download)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store, private"
    data = b"".join(answer.streaming_content)
    assert (len(data), hashlib.sha256(data).hexdigest()) == (download.size, download.sha256)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert sum(name.endswith(".wav") for name in archive.namelist()) == 4
    assert {"manifest.json", "transcripts.csv", "transcripts.jsonl"} < set(archive.namelist())
    said = json.loads(archive.read("manifest.json"))
    assert (said["endpoint"], said["askedBy"], said["missing"]) == (logging.remote_id, "lena", [])
    assert len(said["files"]) == said["filesCount"] == 8
    for file in said["files"]:
        inside = archive.read(file["name"])
        assert (len(inside), hashlib.sha256(inside).hexdigest()) == (file["size"], file["sha256"])
        assert file["id"].startswith(file["createdDateTime"][:10])
    assert download.sha256 in lena.get(ALL).content.decode()


def test_one_entry_is_fetched_without_the_others_and_without_the_list(lena, logging, world, worker):
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    one = LogEntry.objects.first()
    LogFile.objects.update(stored_as="", stored_at=None)
    before = len(world.ledger("GET"))
    lena.post(page_of(logging), {"entry": [one.pk]})
    download = worker.download(Download.objects.first())
    assert len(fetched(world, before)) == 2
    assert {file["id"] for file in manifest(download)["files"]} == {file.remote_id for file in one.files.all()}
    assert "1 entry" in lena.get(ALL).content.decode()


def test_days_and_filters_select_and_are_said_in_words(lena, logging, worker):
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    days = sorted(LogEntry.objects.values_list("day", flat=True))
    LogEntry.objects.filter(day=days[0]).update(confidence=0.4)
    LogEntry.objects.exclude(day=days[0]).update(confidence=0.9)
    lena.post(page_of(logging), {"from": f"{days[0]}", "to": f"{days[-1]}", "below": "60", "nonsense": "1"})
    download = worker.download(Download.objects.first())
    assert download.selection == f"from={days[0]}&to={days[-1]}&below=60"
    expected = LogEntry.objects.filter(day=days[0]).count() * 2
    assert download.files_done == len(manifest(download)["files"]) == expected
    assert manifest(download)["selection"] == {"from": [f"{days[0]}"], "to": [f"{days[-1]}"], "below": ["60"]}
    page = lena.get(ALL).content.decode()
    assert "below 60 %" in page
    assert "Everything" in page


def test_the_page_says_how_much_that_is_and_shows_other_days_without_asking(lena, logging, ready):
    page = lena.get(page_of(logging)).content.decode()
    assert "Everything" in page
    assert "4 entries" in page
    assert "8 files" in page
    day = LogEntry.objects.values_list("day", flat=True).first()
    answer = lena.post(page_of(logging), {"from": f"{day}", "to": f"{day}", "preview": "1"})
    assert answer["Location"] == page_of(logging, f"from={day}&to={day}")
    count = LogEntry.objects.filter(day=day).count()
    assert f"{count} entr" in lena.get(answer["Location"]).content.decode()
    assert lena.post(page_of(logging), {"from": "2026-03-09", "to": "2026-03-02"}).status_code == 422
    assert Download.objects.count() == 1


def test_entries_of_another_endpoint_are_not_in_it(lena, logging, ready, worker):
    other = Endpoint.objects.exclude(pk=logging.pk).exclude(remote_id=None).first()
    download = downloads.request_download(
        actor=lena.user, endpoint=other, selection=f"entry={LogEntry.objects.first().pk}"
    )
    assert download.entries.count() == 0
    lena.post(page_of(other), {"entry": [LogEntry.objects.first().pk]})
    assert Download.objects.first().entries.count() == 0


def test_where_a_purpose_is_required_nothing_is_asked_without_one(lena, logging, settings):
    settings.PURPOSE_REQUIRED = True
    assert lena.post(page_of(logging)).url == page_of(logging)
    refreshing = {"purpose": "", "from": "2026-03-02", "preview": "1"}
    assert lena.post(page_of(logging), refreshing).url == page_of(logging, "from=2026-03-02")
    refused = lena.post(page_of(logging), {"purpose": " "})
    assert refused.status_code == 422
    assert not Download.objects.exists()
    lena.post(page_of(logging), {"purpose": "Complaint 4711"})
    assert Download.objects.get().purpose == "Complaint 4711"
    assert Event.objects.get(verb="logs-requested").detail == "Complaint 4711"
    assert "Complaint 4711" in lena.get(ALL).content.decode()


def test_download_log_pressed_twice_makes_one_download(lena, logging):
    for _press in range(2):
        lena.post(page_of(logging))
    assert Download.objects.count() == 1


# Fetched once, whole, and gone on with


def test_files_that_we_hold_are_not_fetched_again(lena, logging, world, worker):
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    before = len(world.ledger("GET"))
    second = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    assert second.state == DownloadState.READY
    assert fetched(world, before) == []
    assert len(content(second).namelist()) == 11


def test_a_list_that_is_younger_than_a_minute_is_not_asked_for_again(lena, logging, world, worker, ready):
    before = len(world.ledger("GET"))
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging, selection="below=60"))
    assert lists(world, before) == []
    LogArchive.objects.update(listed_at=timezone.now() - timedelta(minutes=2))
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging, selection="below=50"))
    assert len(lists(world, before)) == 1


@pytest.mark.parametrize("effect", [{"truncate": 100}, {"close": True}, {"status": 500}], ids=str)
def test_a_file_that_did_not_arrive_whole_is_fetched_again(lena, logging, world, worker, effect):
    # As often as the client itself would try, and once more.
    world.fail({"method": "GET", "path": r"\.wav", "times": 4, "stage": "before", "effect": effect})
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    assert download.state == DownloadState.READY
    sizes = {file.name: file.size for file in LogFile.objects.all()}
    assert all(size > 0 for size in sizes.values())
    assert content(download).testzip() is None
    assert download.bytes_done == download.bytes_total == sum(sizes.values())


def test_a_file_deleted_meanwhile_is_named_in_the_manifest(lena, logging, world, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.FETCHING)
    gone = LogFile.objects.filter(kind="Audio").first()
    world.call("DELETE", f"/endpoints/{logging.remote_id}/files/logs/{gone.remote_id}")
    worker.download(download)
    assert (download.state, download.files_missing) == (DownloadState.READY, 1)
    said = manifest(download)
    assert [(file["id"], file["reason"]) for file in said["missing"]] == [(gone.remote_id, "gone")]
    assert (len(said["files"]), said["missingCount"]) == (7, 1)
    assert "1 file is missing" in lena.get(ALL).content.decode()


def test_a_damaged_copy_is_left_out_said_and_fetched_anew_by_the_next_try(lena, logging, world, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.PACKING)
    spoiled = LogFile.objects.filter(kind="Audio").order_by("pk")[1]
    lost = LogFile.objects.filter(kind="Audio").order_by("pk")[2]
    path = Path(storages["logs"].path(spoiled.stored_as))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    storages["logs"].delete(lost.stored_as)
    until(download, DownloadState.READY)
    said = manifest(download)
    assert {(file["id"], file["reason"]) for file in said["missing"]} == {
        (spoiled.remote_id, "damaged"),
        (lost.remote_id, "damaged"),
    }
    assert content(download).testzip() is None
    assert len(content(download).namelist()) == 9
    assert (download.files_missing, download.files_done) == (2, 6)

    before, first = len(world.ledger("GET")), download.stored_as
    act(lena, "retry", download)
    download.refresh_from_db()
    worker.download(download)
    assert len(fetched(world, before)) == 2
    assert (download.state, download.files_missing, len(content(download).namelist())) == ("ready", 0, 11)
    assert not storages["logs"].exists(first)


def test_what_failed_is_tried_again_and_only_what_is_missing_is_fetched(lena, logging, world, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.PACKING)
    last = LogFile.objects.order_by("pk").last()
    LogFile.objects.filter(pk=last.pk).update(stored_as="", problem="It never arrives.")
    Download.objects.filter(pk=download.pk).update(state=DownloadState.FAILED, error="No luck.", due_at=None)
    assert "Try again" in lena.get(ALL).content.decode()
    before = len(world.ledger("GET"))
    act(lena, "retry", download)
    download.refresh_from_db()
    worker.download(download)
    assert download.state == DownloadState.READY
    assert len(fetched(world, before)) == 1


def test_what_cannot_be_fetched_is_missing_with_its_reason(lena, logging, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.FETCHING)
    one = LogFile.objects.filter(kind="Audio").first()
    LogFile.objects.filter(pk=one.pk).update(problem="The bytes are not those of its checksum.")
    worker.download(download)
    assert (download.state, download.files_missing) == (DownloadState.READY, 1)
    (missing,) = manifest(download)["missing"]
    assert (missing["reason"], missing["why"]) == ("failed", "The bytes are not those of its checksum.")


def test_a_refusal_ends_the_download_with_the_reason(lena, logging, world, worker):
    refusal = {"code": "InvalidRequest", "message": "Logging is off.", "innerError": {"code": "EndpointWithoutLogging"}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": refusal}})
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    assert download.state == DownloadState.FAILED
    assert "Logging is off." in download.error


def test_a_key_that_is_not_accepted_puts_the_download_off_and_says_so(lena, logging, world, worker):
    denied = {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 401, "body": denied}})
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    tasks.fetch(str(download.pk))
    download.refresh_from_db()
    assert (download.active, download.finished_at, download.failures) == (True, None, 1)
    assert "invalid subscription key" in download.error
    assert 0 < (download.due_at - timezone.now()).total_seconds() < 10
    logging.resource.refresh_from_db()
    assert "invalid subscription key" in logging.resource.failure
    assert worker.download(download).state == DownloadState.READY
    logging.resource.refresh_from_db()
    assert logging.resource.failing_since is None


def test_too_many_requests_put_the_download_off_for_as_long_as_the_service_says(lena, logging, world):
    slow = {"status": 429, "headers": {"Retry-After": "120"}, "body": {"code": "TooManyRequests", "message": "Slow."}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": slow})
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    tasks.fetch(str(download.pk))
    download.refresh_from_db()
    assert (download.active, download.failures) == (True, 0)
    assert 110 < (download.due_at - timezone.now()).total_seconds() <= 120
    logging.resource.refresh_from_db()
    assert logging.resource.failing_since is None


def test_a_download_that_fails_again_and_again_ends_with_the_reason(lena, logging, world):
    world.fail({"method": "GET", "path": "/files/logs", "times": 99, "effect": {"status": 400, "body": "<html>"}})
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    Download.objects.update(failures=job.GIVE_UP_AFTER - 2)
    for state in ("listing", "failed"):
        Download.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        tasks.fetch(str(download.pk))
        download.refresh_from_db()
        assert download.state == state
    assert (download.due_at, bool(download.finished_at), bool(download.error)) == (None, True, True)


# Pause, resume, cancel


def test_a_paused_download_is_left_alone_and_goes_on_with_what_is_missing(lena, logging, world, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.PACKING)
    act(lena, "pause", download)
    download.refresh_from_db()
    assert download.state == DownloadState.PAUSED
    assert not Download.objects.due().filter(pk=download.pk).exists()
    tasks.fetch(str(download.pk))
    assert Download.objects.get().state == DownloadState.PAUSED
    assert "Paused" in lena.get(ALL).content.decode()

    before = len(world.ledger("GET"))
    act(lena, "resume", download)
    download.refresh_from_db()
    assert worker.download(download).state == DownloadState.READY
    assert fetched(world, before) == []
    assert lists(world, before) == []


def test_a_worker_that_was_paused_and_resumed_meanwhile_does_not_put_the_new_one_off(lena, logging, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    held = Download.objects.active().claim(download.pk, seconds=20)
    lease = held.lease
    downloads.pause(Download.objects.get(), actor=lena.user)
    assert not Download.objects.move(held, DownloadState.FETCHING)
    downloads.resume(Download.objects.get(), actor=lena.user)
    assert not Download.objects.move(held, DownloadState.FETCHING)
    Download.objects.release(lease, seconds=None)
    assert Download.objects.due().filter(pk=download.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_running_worker_stops_within_seconds_of_a_pause(lena, logging, world):
    slow = {"method": "GET", "path": r"\.(wav|json)", "times": 99, "stage": "before", "effect": {"delay": 0.5}}
    world.fail(slow)
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.FETCHING)

    def work():
        tasks.fetch(str(download.pk))
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    wait_for(lambda: fetched(world))
    act(lena, "pause", download)
    worker.join(5)
    assert not worker.is_alive()
    download.refresh_from_db()
    assert (download.state, download.due_at) == (DownloadState.PAUSED, None)


CHANGES = {
    "pause": (DownloadState.QUEUED, DownloadState.PAUSED, Verb.DOWNLOAD_PAUSED, "paused a download of content logs"),
    "resume": (DownloadState.PAUSED, DownloadState.QUEUED, Verb.DOWNLOAD_RESUMED, "resumed a download of content logs"),
    "cancel": (
        DownloadState.QUEUED,
        DownloadState.CANCELED,
        Verb.DOWNLOAD_CANCELED,
        "canceled a download of content logs",
    ),
    "retry": (
        DownloadState.FAILED,
        DownloadState.QUEUED,
        Verb.DOWNLOAD_RETRIED,
        "restarted a download of content logs",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_who_changed_a_download_stands_in_activity_once_however_often_it_was_pressed(lena, alice, logging, what):
    before, after, verb, words = CHANGES[what]
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    Download.objects.update(state=before)
    for _press in range(2):
        act(alice, what, download)
    download.refresh_from_db()
    assert download.state == after
    event = Event.objects.get(verb=verb)
    assert (event.actor_name, event.endpoint_id, event.facts) == ("alice", logging.pk, {"download": str(download.pk)})
    assert words in alice.get(reverse("endpoints:activity")).content.decode()


@pytest.mark.parametrize("what", CHANGES)
def test_a_download_stays_as_it_is_when_its_event_cannot_be_saved(lena, logging, monkeypatch, what):
    before, _after, verb, _words = CHANGES[what]
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    Download.objects.update(state=before, stored_as=f"{logging.pk}/downloads/old.zip")
    download.refresh_from_db()
    storages["logs"].save(download.stored_as, ContentFile(b"old"))

    def refuse(*_, **__):
        raise RuntimeError("The disk is full.")

    monkeypatch.setattr(Event, "save", refuse)
    with pytest.raises(RuntimeError):
        getattr(downloads, what)(download, actor=lena.user)
    download.refresh_from_db()
    assert download.state == before
    assert storages["logs"].exists(download.stored_as)
    assert not Event.objects.filter(verb=verb).exists()


def test_a_canceled_download_stays_canceled(lena, logging, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    act(lena, "cancel", download)
    worker.download(download)
    download.refresh_from_db()
    assert download.state == DownloadState.CANCELED
    assert take(lena, download).status_code == 404


def test_a_zip_that_is_canceled_or_fails_in_the_middle_leaves_nothing_behind(lena, logging, monkeypatch):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.PACKING)
    name = packing.name_for(download)
    asked = iter([True, True, True, False])
    with pytest.raises(packing.Interrupted):
        packing.pack(download, name, go_on=lambda: next(asked))
    assert zips(download) == []
    monkeypatch.setattr(job, "STATE_SECONDS", 0)
    monkeypatch.setattr(
        packing._Packing, "manifest", lambda self: downloads.cancel(self.download, actor=lena.user) and (0, [])
    )
    Download.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tasks.fetch(str(download.pk))
    download.refresh_from_db()
    assert (download.state, zips(download)) == (DownloadState.CANCELED, [])


def test_a_zip_that_is_canceled_just_before_it_gets_ready_leaves_nothing_behind(lena, logging, monkeypatch):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    until(download, DownloadState.PACKING)
    pack = packing.pack

    def packed_and_then_canceled(*arguments, **more):
        made = pack(*arguments, **more)
        assert zips(download) != []
        assert downloads.cancel(Download.objects.get(pk=download.pk), actor=lena.user)
        return made

    monkeypatch.setattr(packing, "pack", packed_and_then_canceled)
    Download.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tasks.fetch(str(download.pk))
    download.refresh_from_db()
    assert (download.state, zips(download)) == (DownloadState.CANCELED, [])
    assert not Event.objects.filter(verb="logs-ready").exists()


@pytest.mark.parametrize("ended", ["canceled", "failed"])
def test_a_zip_that_a_killed_worker_left_goes_when_its_download_has_ended(lena, logging, ready, ended):
    stored = ready.stored_as
    Download.objects.update(state=DownloadState.PACKING)
    expiry.expire()
    assert storages["logs"].exists(stored), "somebody may be packing it"
    Download.objects.update(state=ended)
    expiry.expire()
    ready.refresh_from_db()
    assert (ready.state, ready.stored_as) == (ended, "")
    assert not storages["logs"].exists(stored)


def test_the_rate_and_the_time_left_are_shown_while_it_is_fetched(lena, logging):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    facts = {"files_total": 8, "files_done": 2, "bytes_total": 4_000_000, "bytes_done": 1_000_000, "rate": 50_000}
    Download.objects.update(state=DownloadState.FETCHING, **facts)
    page = lena.get(ALL).content.decode()
    assert "2 of 8 files" in page
    assert "48.8\xa0KB per second" in page
    assert "60 seconds left" in page
    download.refresh_from_db()
    assert download.percent == 25


# What is in the zip


def test_names_are_flat_unique_and_safe(lena, logging, worker, ready):
    names = [
        "../../etc/passwd\r\n",
        "CON.txt",
        "a" * 300 + ".wav",
        "\u202egnp.exe",
        "Same.wav",
        "same.WAV",
        "x.wav",
        "x.wav",
    ]
    for file, name in zip(LogFile.objects.order_by("pk"), names, strict=True):
        LogFile.objects.filter(pk=file.pk).update(name=name)
    LogEntry.objects.update(day="2026-03-02")
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    inside = [name for name in content(download).namelist() if name.startswith("2026-03-02_")]
    assert len(inside) == len({name.casefold() for name in inside}) == 8
    assert all(name.isascii() and name.isprintable() and len(name) < 200 for name in inside)
    assert not any(set("/\\:") & set(name) or ".." in name for name in inside)
    said = manifest(download)["files"]
    assert sorted(file["sourceName"] for file in said) == sorted(names)
    assert {file["name"] for file in said} == set(inside)


@pytest.mark.parametrize(("language", "number"), [("", b",0.875,"), ("de", b";0,875;")])
def test_the_table_for_people_is_in_their_language_and_the_one_for_programs_is_not(
    lena, logging, worker, ready, language, number
):
    Preferences.objects.create(user=lena.user, language=language)
    LogEntry.objects.update(text="Größe, 東京", outcome="recognized", confidence=0.875)
    files = content(worker.download(downloads.request_download(actor=lena.user, endpoint=logging)))
    for_people = files.read("transcripts.csv")
    assert for_people.startswith(b"\xef\xbb\xbftime")
    assert for_people.count(number) == 4
    for_programs = files.read("transcripts.jsonl")
    assert for_programs.startswith(b'{"time": ')
    assert for_programs.count(b'"confidence": 0.875') == 4


def test_the_tables_have_a_row_for_each_entry_and_no_formula(lena, logging, worker, ready):
    LogEntry.objects.update(text='=HYPERLINK("http://evil")', outcome="recognized", confidence=0.875)
    said, lines = table(worker.download(downloads.request_download(actor=lena.user, endpoint=logging)))
    assert len(said) == len(lines) == 4
    assert {row["text"] for row in said} == {'\'=HYPERLINK("http://evil")'}
    assert {line["text"] for line in lines} == {'=HYPERLINK("http://evil")'}
    assert {row["confidence"] for row in said} == {"0.875"}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    entry = LogEntry.objects.order_by("at").first()
    assert said[0]["audio"].endswith(".wav")
    assert said[0]["audio"] == lines[0]["audio"]
    assert lines[0]["duration"] == pytest.approx(entry.duration.total_seconds(), abs=0.001)


def test_a_transcript_that_nobody_has_read_is_read_for_the_tables(lena, logging, worker, ready):
    texts = sorted(LogEntry.objects.values_list("text", flat=True))
    LogEntry.objects.update(text="", outcome="", confidence=None)
    said, _lines = table(worker.download(downloads.request_download(actor=lena.user, endpoint=logging)))
    assert sorted(row["text"] for row in said) == texts
    assert any(texts)


# Who is told, and who takes it


def test_who_asked_and_who_downloaded_is_written_down(lena, alice, logging, ready):
    list(take(lena, ready).streaming_content)
    list(take(alice, ready).streaming_content)
    events = Event.objects.filter(endpoint_id=logging.pk, verb__startswith="logs").order_by("pk")
    assert list(events.values_list("verb", "actor_name")) == [
        ("logs-requested", "lena"),
        ("logs-ready", "lena"),
        ("logs-downloaded", "lena"),
        ("logs-downloaded", "alice"),
    ]


def test_a_broken_download_goes_on_and_is_written_down_once(lena, logging, ready):
    taken = Event.objects.filter(verb="logs-downloaded")
    part = take(lena, ready, Range="bytes=100-")
    assert (part.status_code, len(part.getvalue())) == (206, ready.size - 100)
    assert taken.count() == 1  # nobody gets all but the first bytes unseen
    whole = b"".join(take(lena, ready).streaming_content)
    assert taken.count() == 2
    rest = take(lena, ready, Range="bytes=1000-", **{"If-Range": f'"{ready.sha256}"'})
    assert rest.status_code == 206
    assert b"".join(rest.streaming_content) == whole[1000:]
    assert taken.count() == 2


def test_whoever_asked_sees_on_the_next_page_that_it_is_ready(lena, alice, ready):
    banner = "Your log download is ready."
    assert banner in lena.get("/endpoints/?view=all").content.decode()
    assert banner not in alice.get("/endpoints/?view=all").content.decode()
    assert banner not in lena.get(ALL).content.decode()
    assert banner not in lena.get("/endpoints/?view=all").content.decode()
    Download.objects.update(notified_at=None)
    take(alice, ready).getvalue()
    assert banner in lena.get("/endpoints/?view=all").content.decode()
    take(lena, ready).getvalue()
    assert banner not in lena.get("/endpoints/?view=all").content.decode()


@pytest.fixture
def post(settings):
    settings.MAIL, settings.SITE_URL = True, "https://speech.example.com"
    return mail.outbox


def test_a_mail_says_that_it_is_ready_and_nothing_of_the_logs(
    lena, logging, worker, post, django_capture_on_commit_callbacks
):
    get_user_model().objects.update(email="lena@example.com")
    with django_capture_on_commit_callbacks(execute=True):
        worker.download(downloads.request_download(actor=lena.user, endpoint=logging, selection="q=secret"))
    (message,) = post
    assert message.to == ["lena@example.com"]
    assert f"https://speech.example.com{ALL}" in message.body
    assert "secret" not in message.subject + message.body


def test_nobody_gets_a_mail_who_has_no_address_or_may_no_longer_read_logs(lena, ready, post, caplog, settings):
    notices.download_ready(ready)
    get_user_model().objects.update(email="lena@example.com")
    lena.user.groups.clear()
    notices.download_ready(Download.objects.get())
    assert post == []


def test_a_mail_server_that_is_away_fails_nothing(lena, ready, post, caplog, settings):
    get_user_model().objects.update(email="lena@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with caplog.at_level(python_logging.WARNING):
        notices.download_ready(Download.objects.get())
    (record,) = caplog.records
    assert record.getMessage() == f"The e-mail about the download {ready.pk} was not sent: ConnectionRefusedError"


# What stays, and for how long


def test_old_zips_are_thrown_away(lena, ready, settings):
    stored = ready.stored_as
    assert ready.expires_at - ready.finished_at == timedelta(days=settings.DOWNLOAD_DAYS)
    assert expiry.expire() == 0
    Download.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert expiry.expire() == 1
    assert not storages["logs"].exists(stored)
    assert take(lena, ready).status_code == 404
    assert "Expired" in lena.get(ALL).content.decode()


def test_a_zip_goes_when_a_file_that_it_contains_is_removed(
    lena, logging, worker, ready, django_capture_on_commit_callbacks
):
    one, other = LogEntry.objects.order_by("pk")[:2]
    with_it = worker.download(
        downloads.request_download(actor=lena.user, endpoint=logging, selection=f"entry={one.pk}&entry=0")
    )
    without = worker.download(
        downloads.request_download(actor=lena.user, endpoint=logging, selection=f"entry={other.pk}")
    )
    packing_now = downloads.request_download(actor=lena.user, endpoint=logging, selection="below=101")
    until(packing_now, DownloadState.PACKING)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        assert expiry.expire_containing(LogFile.objects.filter(entry=one)) == 2
    states = dict(Download.objects.values_list("pk", "state"))
    assert states == {ready.pk: "expired", with_it.pk: "expired", without.pk: "ready", packing_now.pk: "queued"}
    assert [storages["logs"].exists(zip.stored_as) for zip in (ready, with_it, without)] == [False, False, True]


# The page


def test_the_page_shows_how_far_it_is_and_polls_seldom_when_it_is_ready(lena, logging, worker):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    assert 'hx-trigger="every 2s' in lena.get(ALL).content.decode()
    worker.download(download)
    headers = {"HX-Request": "true", "HX-Target": "downloads"}
    fragment = lena.get(ALL, headers=headers).content.decode()
    assert "<html" not in fragment
    assert 'hx-trigger="every 10s' in fragment
    assert reverse("endpoints:download-file", args=[download.pk]) in fragment


@pytest.mark.parametrize("where", ["downloads", "logs"])
def test_a_poll_without_news_is_empty(lena, logging, where):
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    address = reverse(f"endpoints:{where}", args=[logging.pk] if where == "logs" else [])
    page = lena.get(address)
    poll, headers = page.context["poll_downloads"], {"HX-Request": "true", "HX-Target": "downloads"}
    answer = lena.get(poll, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    downloads.pause(download, actor=lena.user)
    assert b"Paused" in lena.get(poll, headers=headers).content


@pytest.mark.parametrize("where", ["downloads", "logs"])
def test_a_download_that_waits_for_a_worker_of_content_logs_says_so(lena, logging, where):
    Sweep.record()
    Sweep.beat("sweeps", "celery")
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    page = lena.get(reverse(f"endpoints:{where}", args=[logging.pk] if where == "logs" else []))
    waits = b"No worker for content logs is running. The download starts when one does."
    assert waits in page.content
    assert b"No worker is running" not in page.content
    poll, headers = page.context["poll_downloads"], {"HX-Request": "true", "HX-Target": "downloads"}
    assert lena.get(poll, headers=headers).status_code == 204
    Sweep.beat("logs")
    news = lena.get(poll, headers=headers)
    assert (news.status_code, waits in news.content) == (200, False)
    Sweep.objects.update(logs_beat_at=timezone.now() - timedelta(seconds=30))
    downloads.pause(download, actor=lena.user)
    assert waits not in lena.get(poll, headers=headers).content


def test_earlier_jobs_are_listed_a_page_at_a_time(lena, logging):
    about = {"endpoint": logging, "actor_name": "lena", "state": DownloadState.EXPIRED}
    Download.objects.bulk_create(Download(selection=f"below={n}", **about) for n in range(60))
    page = lena.get(ALL)
    assert page.content.decode().count("<article") == 50
    assert lena.get(page.context["downloads_pages"]["next"]).content.decode().count("<article") == 10


class Output:
    """Writes a zip into a file."""

    def __init__(self, file):
        self.file = file

    def add(self, data):
        self.file.write(data)


def zip_of(path, members, first_byte=0):
    """A zip of members that are the number of each, some stored and the last one compressed."""
    make_private(partials.place())
    now = timezone.now()
    with path.open("wb") as file, ZipFile(Output(file)) as archive:
        archive.size = file.seek(first_byte)
        for number in range(members):
            data = b"%d" % number
            archive.add(f"{number}.wav", now, len(data), zlib.crc32(data), [data])
        archive.add_compressed("last.csv", now, [b"12345"] * 10_000)
    return zipfile.ZipFile(path)


def test_a_zip_of_many_files_is_listed_on_the_disk_and_not_in_memory(tmp_path):
    tracemalloc.start()
    try:
        archive = zip_of(tmp_path / "many.zip", 0)
        tracemalloc.reset_peak()
        before, _peak = tracemalloc.get_traced_memory()
        with (tmp_path / "many.zip").open("wb") as file, ZipFile(Output(file)) as many:
            for number in range(10_000):
                many.add(f"{number}.wav", timezone.now(), 0, 0, [])
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    archive.close()
    assert peak - before < 1_000_000
    assert len(zipfile.ZipFile(tmp_path / "many.zip").namelist()) == 10_000


@pytest.mark.parametrize(("members", "first_byte"), [(3, 0), (70_000, 0), (3, 5 << 30)])
def test_a_zip_with_more_or_larger_numbers_than_32_bits_is_read_by_others(tmp_path, members, first_byte):
    with zip_of(tmp_path / "large.zip", members, first_byte) as archive:
        assert len(archive.namelist()) == members + 1
        assert archive.read(f"{members - 1}.wav") == b"%d" % (members - 1)
        assert archive.read("last.csv") == b"12345" * 10_000


def test_the_headers_of_large_members_are_read_by_others(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_file, "LIMIT", 1)
    with zip_of(tmp_path / "large.zip", 30) as archive:
        assert archive.testzip() is None
        assert [one.file_size for one in archive.infolist()] == [*[1] * 10, *[2] * 20, 50_000]
    if unzip := shutil.which("unzip"):
        assert subprocess.run([unzip, "-tq", tmp_path / "large.zip"]).returncode == 0
