"""A list of content logs that takes several tasks: each task continues where the one before was."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import tasks
from endpoints.logs.download import requests as downloads
from endpoints.logs.fetch import run
from endpoints.logs.keep import settings as keeping
from endpoints.models import Download, Endpoint, LogArchive, LogFile, Purge
from endpoints.models.download import DownloadState

ROUNDS = 40  # far more than it takes


@pytest.fixture
def long(resource, world, worker, monkeypatch):
    """An endpoint whose 8 files are on four pages; a task has time for one page and fetches one file at a time."""
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0", switches={"page_size": 2})
    worker.mirror()
    monkeypatch.setattr("endpoints.logs.job.WORK_SECONDS", 0)
    monkeypatch.setattr("endpoints.logs.job.PAGES", 1)
    monkeypatch.setattr(run, "BATCH", 1)
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()


def positions(world, since=0):
    """From which position each page of the list was requested."""
    paths = [one["path"] for one in world.ledger("GET")[since:]]
    return [parse_qs(urlsplit(path).query).get("skipToken") for path in paths if re.search(r"/files/logs($|\?)", path)]


def fetched_alone(world):
    return [one["path"] for one in world.ledger("GET") if "/files/logs/2" in one["path"]]


def collect(endpoint):
    LogArchive.objects.filter(pk=endpoint.pk).update(due_at=Now())
    tasks.collect(str(endpoint.pk))
    return LogArchive.objects.get(pk=endpoint.pk)


def test_a_refresh_takes_one_task_after_the_other_and_each_file_by_the_address_of_the_list(long, world, alice):
    keeping.change_settings(actor=alice.user, endpoint=long, keep=True, every_hours=24, retention_days=90)
    archive, seen = collect(long), set()
    for _round in range(ROUNDS):
        if not archive.stage:
            break
        seen.add((archive.stage, archive.position))
        archive = collect(long)
    assert archive.stage == ""
    assert len({position for stage, position in seen if stage == "listing"}) == 4, "one for each page"
    assert LogFile.objects.stored().count() == 8
    assert fetched_alone(world) == []


def test_a_download_takes_one_task_after_the_other_and_each_file_by_the_address_of_the_list(long, world, lena):
    download = downloads.request_download(actor=lena.user, endpoint=long)
    steps = []
    for _round in range(ROUNDS):
        Download.objects.filter(pk=download.pk).update(due_at=Now())
        tasks.fetch(str(download.pk))
        download.refresh_from_db()
        steps.append(download.state)
        if download.state == DownloadState.READY:
            break
    assert (download.state, download.files_done, download.files_missing) == (DownloadState.READY, 8, 0)
    assert steps.count("listing") == 3, "the fourth page is the last"
    assert steps.count("fetching") >= 8
    assert fetched_alone(world) == []


def test_a_purge_counts_one_task_after_the_other(long, alice):
    purge = Purge.objects.create(endpoint=long, actor=alice.user, keys=["none"])
    seen = []
    for _round in range(ROUNDS):
        Purge.objects.filter(pk=purge.pk).update(due_at=Now())
        tasks.purge(str(purge.pk))
        purge.refresh_from_db()
        seen.append(purge.state)
        if purge.done:
            break
    assert purge.done
    assert seen.count("counting") == 3, "the fourth page is the last"


@pytest.mark.parametrize("state", ["counting", "waiting"])
def test_a_purge_that_counts_goes_on_at_once_from_task_to_task(long, alice, state):
    before = {} if state == "counting" else {"service_files": 8}
    today, now = timezone.now().date(), timezone.now()
    purge = Purge.objects.create(endpoint=long, until=today, state=state, before=before, accepted_at=now)
    for found in (2, 4, 6):
        tasks.purge(str(purge.pk))
        purge.refresh_from_db()
        assert (purge.state, purge.after["survey"]["files"]) == (state, found)
        assert purge.due_at <= timezone.now()


def test_a_refusal_to_delete_is_final_also_after_counting_that_took_several_tasks(long, world, alice):
    purge = Purge.objects.create(endpoint=long, actor=alice.user, until=timezone.now().date())
    denied = {"code": "InvalidRequest", "message": "No.", "innerError": {"code": "InvalidLogDate"}}
    world.fail({"method": "DELETE", "path": "/files/logs", "times": 1, "effect": {"status": 400, "body": denied}})
    seen = set()
    for _round in range(ROUNDS):
        Purge.objects.filter(pk=purge.pk).update(due_at=Now())
        tasks.purge(str(purge.pk))
        purge.refresh_from_db()
        seen.add("survey" in purge.after)
        if not purge.running:
            break
    assert seen == {True, False}, "it was counted by several tasks"
    assert (purge.state, purge.failures) == ("failed", 0)
    assert purge.after["service_files"] == purge.before["service_files"] == 8


def test_the_next_task_begins_behind_all_pages_that_were_read_together(long, world, lena, monkeypatch):
    monkeypatch.setattr("endpoints.logs.job.PAGES", 2)
    download = downloads.request_download(actor=lena.user, endpoint=long)
    before = len(world.ledger("GET"))
    tasks.fetch(str(download.pk))
    first, between = positions(world, before), len(world.ledger("GET"))
    Download.objects.update(due_at=Now())
    tasks.fetch(str(download.pk))
    assert len(first) == 4, "two pages that are recorded, and two that are read meanwhile"
    assert positions(world, between) == first[2:]
