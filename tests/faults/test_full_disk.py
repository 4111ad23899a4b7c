"""The disk is full while content logs are downloaded."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.urls import reverse

from endpoints.logs.download import job
from endpoints.logs.download import requests as downloads
from endpoints.models import Download, Endpoint, Event, LogFile
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from tests.faults.file_size_limit import file_size_limit

SMALL, LARGE = 5_000_000, 12_000_000  # what the database never needs, and what a recording does


class Spoiled(File):
    """A file whose last part cannot be written."""

    def chunks(self, chunk_size=None):
        yield self.read(1000)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Elsewhere(Storage):
    """A storage whose disk can be full while that of the temporary files is not."""

    full = False

    def __init__(self, **options):
        self.disk: Any = FileSystemStorage(**options)

    def _save(self, name, content):
        return self.disk._save(name, Spoiled(content.file) if self.full else content)

    def _open(self, name, mode="rb"):
        return self.disk._open(name, mode)

    def delete(self, name):
        self.disk.delete(name)

    def exists(self, name):
        return self.disk.exists(name)

    def size(self, name):
        return self.disk.size(name)

    def listdir(self, path):
        return self.disk.listdir(path)


@contextmanager
def the_storage_is_full():
    storage: Any = storages["logs"]
    storage.full = True
    yield
    storage.full = False


FULL = {"the temporary directory": lambda: file_size_limit(SMALL), "the storage": the_storage_is_full}


@pytest.fixture
def endpoint(resource, world, worker, settings, tmp_path):
    """An endpoint with one pair of logs, of which the recording is large."""
    options = {**settings.STORAGES["logs"]["OPTIONS"], "location": str(tmp_path)}
    logs = {"BACKEND": f"{__name__}.Elsewhere", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "logs": logs}
    world.begin(endpoints=12, logs=1, log_bytes=LARGE, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()


def kept():
    """The files in the storage, with their sizes."""
    storage: Any = storages["logs"]
    everything = Path(storage.disk.location).rglob("*")
    return {path.name: path.stat().st_size for path in everything if path.is_file()}


def step(worker, download):
    worker.run_round()
    download.refresh_from_db()
    return download.state


def until(worker, download, state):
    """Run a download in steps that are as short as possible."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("endpoints.logs.job.WORK_SECONDS", 0)
        while download.state != state:
            step(worker, download)


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
@pytest.mark.parametrize("when", [DownloadState.FETCHING, DownloadState.PACKING])
def test_a_full_disk_is_reported_leaves_no_half_file_and_is_recovered_from(lena, endpoint, worker, when, full):
    download = downloads.request_download(actor=lena.user, endpoint=endpoint)
    until(worker, download, when)
    with full():
        for _attempt in range(3):
            assert step(worker, download) == when
    assert "The disk for content logs is full" in download.error
    assert download.failures == 3
    page = lena.get(reverse("endpoints:logs", args=[endpoint.pk])).content.decode()
    assert "Free up space on the disk. We'll try again automatically." in page
    whole = set(LogFile.objects.stored().values_list("stored_as", flat=True))
    assert set(kept()) == {Path(name).name for name in whole}
    assert download.endpoint.resource.failing_since is None  # the service did nothing wrong

    assert worker.download(download).state == DownloadState.READY
    assert download.error == ""
    assert len(kept()) == 3
    assert Event.objects.filter(endpoint_id=endpoint.pk, verb=Verb.LOGS_READY).count() == 1


def test_a_disk_that_stays_full_ends_the_download_with_the_reason(lena, endpoint, worker):
    download = downloads.request_download(actor=lena.user, endpoint=endpoint)
    until(worker, download, DownloadState.FETCHING)
    Download.objects.filter(pk=download.pk).update(failures=job.GIVE_UP_AFTER - 1)
    with file_size_limit(SMALL):
        assert step(worker, download) == DownloadState.FAILED
    page = lena.get(reverse("endpoints:logs", args=[endpoint.pk])).content.decode()
    assert "The disk for content logs is full" in page
    assert LARGE not in kept().values()
