"""Files of content logs come whole or not at all, each once, and what is wrong with one does not stop the others."""

import errno
import hashlib
import os
import re
import signal
import threading
import time
import urllib.request
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages
from django.db.models.functions import Now

from bench.logs_engine import fetch_alone
from endpoints import azure
from endpoints.gateway import clients
from endpoints.logs.fetch import listing, run, transfer
from endpoints.logs.storage import partials
from endpoints.models import LogDay, LogEntry, LogFile
from tests.network import HERE

AUDIO = r"\.wav"
CONTENT = "customspeech-audiologs"


class Job:
    """Somebody who wants the content logs of an endpoint."""

    def __init__(self, endpoint, service):
        self.endpoint, self.service = endpoint, service
        self.addresses = {}

    def list(self):
        for page in self.service.list_log_pages(self.endpoint.remote_id):
            listing.record(self.endpoint, page.files)
            self.addresses |= {file.id: file.content_url for file in page.files}
        return self

    @property
    def files(self):
        return self.endpoint.log_files

    def bring(self, files=None, **options):
        missing = self.files.missing() if files is None else files
        options = {"until": time.monotonic() + 30, **options}
        return run.fetch_missing(self.endpoint, missing, self.addresses, self.service, **options)

    def until_given_up(self):
        """As a worker does; returns the file that it could not have."""
        for _look in range(run.GIVE_UP_AFTER):
            self.bring()
        assert self.files.stored().count() == 7
        assert nothing_half()
        return self.files.exclude(problem="").get()

    def whole(self):
        """All files are here as the service has them."""
        for row in self.files.all():
            with storages["logs"].open(row.stored_as) as stored:
                data = stored.read()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (row.size, row.sha256)
            assert data == self.at_service(row)
        assert nothing_half()

    def at_service(self, row):
        fresh = self.service.get_log(self.endpoint.remote_id, row.remote_id).content_url
        with urllib.request.urlopen(fresh, timeout=10) as answer:
            return answer.read()


def nothing_half():
    """No part of a file is left, and nobody holds a file."""
    there = partials.place()
    left = list(there.iterdir()) if there.exists() else []
    return left == [] and not LogFile.objects.exclude(lease=None).exists()


@pytest.fixture
def job(logging, settings, tmp_path):
    here = {"location": str(tmp_path / "logs"), "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    logs = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": here}
    settings.STORAGES = {**settings.STORAGES, "logs": logs}
    with clients.log_source(logging, HERE) as service:
        yield Job(logging, service).list()


@pytest.fixture
def large(monkeypatch):
    """Files of the tests count as large ones."""
    monkeypatch.setattr(transfer, "LARGE", 1000)
    monkeypatch.setattr("endpoints.azure.batch.ENOUGH", 1000)


def contents(world, status=None):
    found = [entry for entry in world.ledger("GET") if CONTENT in entry["path"]]
    return [entry for entry in found if status is None or entry["status"] == status]


def fail(world, effect, path=AUDIO, times=1):
    world.fail({"method": "GET", "path": path, "times": times, "effect": effect})


@pytest.mark.parametrize("large_ones", [False, True])
@pytest.mark.parametrize(
    "effect",
    [
        {"truncate": 1000},
        {"truncate": 0},
        {"truncate": 1000, "chunked": True},
        {"close": True},
        {"chunked": True},
    ],
    ids=str,
)
def test_a_body_that_breaks_off_is_gone_on_with(job, world, effect, large_ones, request):
    request.getfixturevalue("large") if large_ones else None
    fail(world, effect)
    assert job.bring().files == 8
    job.whole()
    if effect.get("truncate") and (large_ones or "chunked" not in effect):
        assert len(contents(world, 206)) == 1


def test_a_server_that_ignores_the_range_begins_again(job, world):
    world.fail(
        {"method": "GET", "path": AUDIO, "times": 1, "effect": {"truncate": 1000}},
        {"method": "GET", "path": AUDIO, "times": 1, "effect": {"whole": True}},
    )
    # One at a time, so that the second fault meets the same file as the first.
    job.bring(job.files.filter(pk=job.files.filter(kind="Audio").first().pk))
    job.bring()
    job.whole()


@pytest.mark.parametrize(
    "effect",
    [
        {"status": 412},
        {"status": 416},
        {"headers": {"ETag": '"another"'}},
        {"status": 416, "headers": {"Content-Range": "bytes */7"}},
    ],
    ids=str,
)
def test_content_that_changed_in_between_is_begun_again(job, world, effect):
    world.fail(
        {"method": "GET", "path": AUDIO, "times": 1, "effect": {"truncate": 1000}},
        {"method": "GET", "path": AUDIO, "times": 1, "effect": effect},
    )
    job.bring(job.files.filter(pk=job.files.filter(kind="Audio").first().pk))
    job.bring()
    job.whole()


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"body": "RIFF and much less"}, "bytes, but the service lists it as"),
        ({"body": "RIFF" * 10_000}, "bytes, but the service lists it as"),
        ({"body": "RIFF" * 10_000, "chunked": True}, "bytes, but the service lists it as"),
        ({"headers": {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}}, "checksum"),
        ({"headers": {"Content-Encoding": "gzip"}}, "compressed"),
        ({"truncate": 0}, "stopped after 0 of"),
    ],
    ids=str,
)
def test_a_file_that_stays_wrong_is_given_up_and_the_others_come(job, world, effect, words):
    wrong = job.files.filter(kind="Audio").first()
    fail(world, effect, path=re.escape(wrong.name), times=None)
    found = job.until_given_up()
    assert (found.pk, found.failures) == (wrong.pk, run.GIVE_UP_AFTER)
    assert words in found.problem
    before = len(contents(world))
    assert job.bring().files == 0
    assert len(contents(world)) == before
    LogFile.objects.filter(pk=wrong.pk).update(failures=0, problem="")
    world.fail()
    job.bring()
    job.whole()


def test_a_file_without_a_byte_is_kept_and_its_entry_says_so(job, world):
    wrong = job.files.filter(kind="Audio").first()
    LogFile.objects.filter(pk=wrong.pk).update(size=0)
    fail(world, {"body": None, "headers": {"Content-MD5": ""}}, path=re.escape(wrong.name))
    job.bring()
    wrong.refresh_from_db()
    assert (wrong.held, wrong.size, wrong.sha256) == (True, 0, hashlib.sha256().hexdigest())
    assert list(LogEntry.objects.filter(empty=True)) == [wrong.entry]


@pytest.mark.parametrize("effect", [{"status": 429, "headers": {"Retry-After": "9"}}, {"status": 503}], ids=str)
def test_trouble_of_the_whole_service_is_told_and_is_no_fault_of_a_file(job, world, effect):
    fail(world, effect, path=CONTENT, times=None)
    with pytest.raises((azure.TooManyRequests, azure.ServiceFault)):
        job.bring()
    assert not job.files.exclude(failures=0).exists()
    assert nothing_half()
    world.fail()
    job.bring()
    job.whole()


def test_an_address_that_expired_is_replaced_once_and_nobody_notices(job, world):
    job.addresses = {
        file.id: file.content_url for file in job.service.list_logs(job.endpoint.remote_id, sas_seconds=60)
    }
    world.advance(120)
    assert job.bring().files == 8
    job.whole()
    assert len(contents(world, 403)) == 8


def test_an_address_that_expires_on_the_way_is_replaced_and_the_file_gone_on_with(job, world):
    row = job.files.filter(kind="Audio").first()
    world.fail(
        {"method": "GET", "path": re.escape(row.name), "times": 1, "effect": {"truncate": 1000}},
        {"method": "GET", "path": re.escape(row.name), "times": 1, "effect": {"status": 403}},
    )
    asked = len([entry for entry in world.ledger("GET") if f"/logs/{row.remote_id}" in entry["path"]])
    job.bring()
    renewed = [entry for entry in world.ledger("GET") if f"/logs/{row.remote_id}" in entry["path"]][asked:]
    assert len(renewed) == 1
    assert [entry["status"] for entry in contents(world) if row.name in entry["path"]] == [200, 403, 206]
    job.whole()


def test_an_address_that_is_never_accepted_is_told(job, world):
    wrong = job.files.filter(kind="Audio").first()
    fail(world, {"status": 403}, path=re.escape(wrong.name), times=None)
    for _look in range(run.GIVE_UP_AFTER):
        job.bring()
    wrong.refresh_from_db()
    assert "rejected the address" in wrong.problem
    assert job.files.stored().count() == 7


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.example/x.wav",
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x.wav",
        "https://[fd00::1]/x.wav",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x.wav",
    ],
)
def test_an_address_elsewhere_is_refused_in_words(job, world, address):
    wrong = job.files.filter(kind="Audio").first()
    said = world.call("GET", f"/endpoints/{job.endpoint.remote_id}/files/logs/{wrong.remote_id}")
    said["links"]["contentUrl"] = address
    fail(world, {"body": said}, path=f"/logs/{wrong.remote_id}", times=None)
    job.addresses[wrong.remote_id] = address
    for _look in range(run.GIVE_UP_AFTER):
        job.bring()
    wrong.refresh_from_db()
    assert "isn't HTTPS or leads to a private network" in wrong.problem
    assert "example" not in wrong.problem
    assert job.files.stored().count() == 7
    assert nothing_half()


def test_this_machine_is_no_address_for_a_service_elsewhere():
    real = azure.SpeechClient("https://eastus.api.cognitive.microsoft.com", "key")
    for address in ("https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x", "http://localhost/x"):
        with real, pytest.raises(azure.ForeignAddress), real.open_content(address):
            pass


def test_a_redirect_is_not_followed(job, world):
    wrong = job.files.filter(kind="Audio").first()
    fail(
        world,
        {"status": 302, "headers": {"Location": f"{world.url}/_world/ledger"}},
        path=re.escape(wrong.name),
        times=None,
    )
    for _look in range(run.GIVE_UP_AFTER):
        job.bring()
    wrong.refresh_from_db()
    assert "redirects aren't followed" in wrong.problem
    assert job.files.stored().count() == 7


NAMES = [
    "../../etc/passwd",
    "a\\b.wav",
    "a\0b.wav",
    "a\r\nb.wav",
    "x" * 300,
    "\u202egpj.wav",
    "CON.txt",
    "Same.wav",
    "same.wav",
]


def test_names_of_the_service_are_not_names_of_our_files(job, tmp_path):
    for name, row in zip(NAMES, job.files.all(), strict=False):
        row.name = name
        row.save()
    job.bring()
    stored = list(job.files.values_list("stored_as", flat=True))
    assert len({name.lower() for name in stored}) == 8
    home = tmp_path / "logs"
    for name in stored:
        assert name.isascii()
        assert name.count("/") == 1
        assert len(name) < 255
        assert (home / name).stat().st_mode & 0o777 == 0o600
    for row in job.files.all():  # whatever the id is
        row.remote_id = NAMES[row.pk % len(NAMES)]
        assert "/" not in transfer.name_of(row).partition("/")[2]


def test_files_that_went_between_list_and_get_are_gone_and_the_others_come(job, world):
    gone = list(job.files.filter(kind="Audio")[:2])
    for row in gone:
        world.call("DELETE", f"/endpoints/{job.endpoint.remote_id}/files/logs/{row.remote_id}")
    done = job.bring()
    assert (done.files, done.failed) == (6, 0)
    assert set(job.files.exclude(gone_at=None)) == set(gone)
    assert sum(LogDay.objects.values_list("vanished", flat=True)) == 2
    assert sum(LogDay.objects.values_list("archived", flat=True)) == 6
    assert not job.files.missing().exists()
    assert nothing_half()


@pytest.mark.parametrize("body", [{"statusCode": 404, "message": "Resource not found"}, "<html>no such page</html>"])
def test_a_404_that_the_service_did_not_write_does_not_mean_that_a_log_is_gone(job, world, body):
    job.addresses.clear()  # so that each address is requested
    fail(world, {"status": 404, "body": body}, path="/files/logs/", times=None)
    with pytest.raises(azure.SpeechError):
        job.bring()
    assert not job.files.exclude(gone_at=None).exists()
    world.fail()
    job.bring()
    assert job.files.stored().count() == 8


def test_two_jobs_that_want_the_same_files_fetch_each_once(job, world):
    other = Job(job.endpoint, job.service)
    other.addresses = job.addresses
    fail(world, {"delay": 0.05}, path=CONTENT, times=None)
    found = []

    def both():  # the second comes while the first is at it
        if not found:
            found.append(other.bring())
        return True

    first = run._Run(job.endpoint, job.files.missing(), job.addresses, job.service, time.monotonic() + 30)
    first.saved_at = 0  # asks at once
    done = first.run(both)
    assert done.files + found[0].files == 8
    assert len(contents(world, 200)) == 8
    world.fail()
    job.whole()


def test_what_another_worker_fetches_is_left_to_it(job, world):
    LogFile.objects.filter(kind="Audio").update(leased_until=Now() + timedelta(minutes=1))
    done = job.bring()
    assert (done.files, done.busy) == (4, 4)
    LogFile.objects.filter(kind="Audio").update(leased_until=Now() - timedelta(minutes=1))
    assert job.bring().files == 4
    job.whole()


def test_a_large_file_of_a_killed_worker_is_gone_on_with(job, world, large):
    row = job.files.filter(kind="Audio").first()
    whole = job.at_service(row)
    fail(world, {"drip": 10_000}, path=re.escape(row.name))
    wanted = transfer.Wanted(*job.files.filter(pk=row.pk).values_list(*run.COLUMNS).get())
    fetching = transfer.Fetching(job.service, job.endpoint.remote_id)
    child = os.fork()
    if child == 0:  # a worker in the middle of it
        try:
            fetch_alone(wanted, job.addresses[row.remote_id], fetching)
        finally:
            os._exit(0)
    part = partials.place() / f"{row.pk}.part"
    until = time.monotonic() + 10
    while not (part.exists() and part.stat().st_size > 2000) and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    there = part.stat().st_size
    assert 2000 < there < len(whole)
    with job.service.open_content(job.addresses[row.remote_id]) as content:
        LogFile.objects.filter(pk=row.pk).update(etag=content.etag)
    world.fail()
    before = len(contents(world))
    job.bring(job.files.filter(pk=row.pk))
    assert [entry["status"] for entry in contents(world)[before:]] == [206]
    row.refresh_from_db()
    assert row.sha256 == hashlib.sha256(whole).hexdigest()


def test_the_etag_of_a_large_file_is_written_down_while_it_comes(job, world, large, monkeypatch):
    monkeypatch.setattr(run, "SAVE_SECONDS", 0.05)
    row = job.files.filter(kind="Audio").first()
    fail(world, {"drip": 20_000}, path=re.escape(row.name))
    seen = []
    job.bring(job.files.filter(pk=row.pk), go_on=lambda: seen.append(LogFile.objects.get(pk=row.pk).etag) or True)
    assert seen[-1].startswith('"0x')


@pytest.mark.parametrize("effect", [{"drip": 100}, {"delay": 8}], ids=str)
def test_a_job_that_nobody_wants_ends_soon_and_leaves_nothing(job, world, large, effect, monkeypatch):
    monkeypatch.setattr(run, "SAVE_SECONDS", 0.05)
    fail(world, effect, path=CONTENT, times=None)
    until = time.monotonic() + 0.3
    began = time.monotonic()
    done = job.bring(go_on=lambda: time.monotonic() < until)
    assert time.monotonic() - began < 5
    assert done.files == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
    assert nothing_half()
    assert not job.files.stored().exists()
    world.fail()
    job.bring()
    job.whole()


def test_a_full_disk_is_told_and_leaves_nothing_half(job, monkeypatch):
    def full(descriptor, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(partials.os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            job.bring()
    assert nothing_half()
    assert not job.files.stored().exists()
    job.bring()
    job.whole()


def test_a_file_that_came_too_late_for_its_lease_is_left_to_whoever_took_it_over(job, world, tmp_path):
    """The worker slept, and another one has the files now: under the same names."""

    def asleep():
        LogFile.objects.exclude(lease=None).update(lease=None, leased_until=None)
        return True

    one = run._Run(job.endpoint, job.files.missing(), job.addresses, job.service, time.monotonic() + 30)
    fail(world, {"delay": 0.5}, path=AUDIO, times=None)
    one.saved_at = 0
    done = one.run(asleep)
    assert done.files == job.files.stored().count() < job.files.count()
    job.bring()
    job.whole()
    stored = set(job.files.stored().values_list("stored_as", flat=True))
    there = {str(path.relative_to(tmp_path / "logs")) for path in (tmp_path / "logs").rglob("*") if path.is_file()}
    assert there == stored


def test_partials_that_nobody_goes_on_with_are_removed_after_a_day(job):
    with partials.opened("1.part") as partial:
        partial.add(b"old")
    with partials.opened("2.part") as partial:
        partial.add(b"new")
    day_ago = time.time() - 90_000
    os.utime(partials.place() / "1.part", (day_ago, day_ago))
    assert partials.delete_old() == 1
    assert [path.name for path in partials.place().iterdir()] == ["2.part"]
    os.utime(partials.place() / "2.part", (day_ago, day_ago))
    with partials.opened("2.part", "etag"):
        os.utime(partials.place() / "2.part", (day_ago, day_ago))
        assert partials.delete_old() == 0


def test_beside_another_storage_files_are_streamed_into_it(job, settings):
    settings.STORAGES = {**settings.STORAGES, "logs": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert isinstance(storages["logs"], InMemoryStorage)
    assert not isinstance(storages["logs"], FileSystemStorage)
    job.bring()
    job.whole()


class SlowStorage(InMemoryStorage):
    """Completes no upload before `opened` is set."""

    opened = threading.Event()

    def _save(self, name, content):
        self.opened.wait(20)
        return super()._save(name, content)


def test_small_files_that_wait_for_their_upload_stay_as_they_came(logging, world, settings):
    """An upload takes longer than a transfer, so that many files have come when the first is stored."""
    world.begin(endpoints=12, logs=40, log_bytes=5000, rate_limit="0/0")
    settings.STORAGES = {**settings.STORAGES, "logs": {"BACKEND": f"{__name__}.{SlowStorage.__name__}"}}
    SlowStorage.opened.clear()

    def go_on():
        if len(contents(world)) > 2 * run.AT_ONCE:
            SlowStorage.opened.set()
        return True

    with clients.log_source(logging, HERE) as service:
        job = Job(logging, service).list()
        assert job.bring(go_on=go_on).files == 80
        assert len(contents(world)) == 80
        job.whole()
