"""Content logs: asked for once, fetched whole, packed into one zip, thrown away in time."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

from endpoints import logs
from endpoints.models import Download, Endpoint, Event, LogFile
from endpoints.models.log import DownloadState


@pytest.fixture
def endpoint(resource, world, worker):
    """An endpoint with four pairs of logs at the service."""
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()


def content(download):
    with storages["logs"].open(download.stored_as) as stored:
        return zipfile.ZipFile(io.BytesIO(stored.read()))


def test_a_listener_gets_one_zip_with_recordings_and_transcripts(lena, endpoint, worker):
    lena.post(reverse("endpoints:download", args=[endpoint.pk]))
    download = worker.download(Download.objects.get())
    assert download.state == DownloadState.READY
    assert (download.files_done, download.files_total, download.percent) == (8, 8, 100)

    answer = lena.get(reverse("endpoints:download-file", args=[download.pk]))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    assert sum(name.endswith(".wav") for name in archive.namelist()) == 4
    assert sum(name.endswith(".json") for name in archive.namelist()) == 5
    manifest = json.loads(archive.read("manifest.json"))
    for file in manifest["files"]:
        data = archive.read(file["name"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])


def test_who_asked_and_who_downloaded_is_written_down(lena, endpoint, worker):
    lena.post(reverse("endpoints:download", args=[endpoint.pk]))
    download = worker.download(Download.objects.get())
    list(lena.get(reverse("endpoints:download-file", args=[download.pk])).streaming_content)
    verbs = list(Event.objects.filter(endpoint=endpoint, actor=lena.user).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["logs-asked", "logs-ready", "logs-downloaded"]


def test_download_log_pressed_twice_makes_one_download(lena, endpoint):
    for _press in range(2):
        lena.post(reverse("endpoints:download", args=[endpoint.pk]))
    assert Download.objects.count() == 1


def test_files_that_we_hold_are_not_fetched_again(lena, endpoint, world, worker):
    worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    before = len(world.ledger("GET"))
    second = worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    assert second.state == DownloadState.READY
    contents = [entry for entry in world.ledger("GET")[before:] if "/speechtotext/" not in entry["path"]]
    assert contents == []
    assert len(content(second).namelist()) == 9


@pytest.mark.parametrize("effect", [{"truncate": 100}, {"close": True}, {"status": 500}], ids=str)
def test_a_file_that_did_not_arrive_whole_is_fetched_again(lena, endpoint, world, worker, effect):
    # As often as the client itself would try, and once more.
    world.fail({"method": "GET", "path": r"\.wav", "times": 4, "stage": "before", "effect": effect})
    download = worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    assert download.state == DownloadState.READY
    sizes = {file.name: file.size for file in LogFile.objects.all()}
    assert all(size > 0 for size in sizes.values())
    assert content(download).testzip() is None
    assert download.bytes_done == download.bytes_total == sum(sizes.values())


def test_a_file_deleted_meanwhile_is_named_in_the_manifest(lena, endpoint, world, worker):
    download = logs.ask(actor=lena.user, endpoint=endpoint)
    worker_step(download, DownloadState.FETCHING)
    gone = LogFile.objects.filter(kind="Audio").first()
    world.call("DELETE", f"/endpoints/{endpoint.remote_id}/files/logs/{gone.remote_id}")
    worker.download(download)
    assert download.state == DownloadState.READY
    manifest = json.loads(content(download).read("manifest.json"))
    assert manifest["goneBeforeDownload"] == [gone.remote_id]
    assert len(manifest["files"]) == 7


def worker_step(download, state):
    """Until the download is in this state."""
    from endpoints import tasks

    while download.state != state:
        Download.objects.filter(pk=download.pk).update(next_look_at=timezone.now() - timedelta(seconds=1))
        tasks.fetch(str(download.pk))
        download.refresh_from_db()


def test_a_refusal_ends_the_download_with_the_reason(lena, endpoint, world, worker):
    refusal = {"code": "InvalidRequest", "message": "Logging is off.", "innerError": {"code": "EndpointWithoutLogging"}}
    world.fail({"method": "GET", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": refusal}})
    download = worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    assert download.state == DownloadState.FAILED
    assert "Logging is off." in download.error


def test_a_cancelled_download_stays_cancelled(lena, endpoint, worker):
    download = logs.ask(actor=lena.user, endpoint=endpoint)
    lena.post(reverse("endpoints:download-cancel", args=[download.pk]))
    worker.download(download)
    download.refresh_from_db()
    assert download.state == DownloadState.CANCELLED
    assert lena.get(reverse("endpoints:download-file", args=[download.pk])).status_code == 404


def test_old_zips_are_thrown_away(lena, endpoint, worker):
    download = worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    stored = download.stored_as
    Download.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert logs.purge(days=7) == 1
    assert not storages["logs"].exists(stored)
    assert lena.get(reverse("endpoints:download-file", args=[download.pk])).status_code == 404
    page = lena.get(reverse("endpoints:downloads")).content.decode()
    assert "Expired" in page


def test_names_from_the_service_cannot_leave_the_zip(lena, endpoint, worker):
    download = worker.download(logs.ask(actor=lena.user, endpoint=endpoint))
    LogFile.objects.filter(kind="Audio").update(name="../../etc/passwd\r\n")
    Download.objects.filter(pk=download.pk).update(state=DownloadState.PACKING)
    download.refresh_from_db()
    worker.download(download)
    for name in content(download).namelist():
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert "\n" not in name


def test_the_page_shows_how_far_it_is_and_stops_asking_when_it_is_ready(lena, endpoint, worker):
    download = logs.ask(actor=lena.user, endpoint=endpoint)
    address = reverse("endpoints:logs", args=[endpoint.pk])
    assert "hx-trigger" in lena.get(address).content.decode()
    worker.download(download)
    headers = {"HX-Request": "true", "HX-Target": "downloads"}
    fragment = lena.get(address, headers=headers).content.decode()
    assert "<html" not in fragment
    assert "hx-trigger" not in fragment
    assert reverse("endpoints:download-file", args=[download.pk]) in fragment
