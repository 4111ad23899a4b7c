"""Content logs can be kept in a bucket or a container; nothing there is public, and nothing is overwritten."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.logs.download import requests as downloads
from endpoints.logs.keep import retention
from endpoints.logs.keep import settings as keeping
from endpoints.logs.purge import requests as purging
from endpoints.logs.storage import orphans
from endpoints.logs.storage.azure_blob import AT_ONCE
from endpoints.models import LogArchive, LogEntry, LogFile, Purge
from endpoints.models.download import DownloadState
from speechstudio.log_storage import log_storage
from tests.client.conftest import Scripted
from tests.logs.places import SECRET, Bucket, Container, buckets, new_container, use

DAY = 24 * 3600


@pytest.fixture(scope="module")
def s3() -> Iterator[object]:
    with buckets() as client:
        yield client


@pytest.fixture
def bucket(s3) -> Bucket:
    return Bucket(s3)


@pytest.fixture
def container() -> Iterator[Container]:
    with new_container() as container:
        yield container


@pytest.fixture(params=["bucket", "container"])
def elsewhere(request, settings, tmp_path, monkeypatch) -> Iterator[Bucket | Container]:
    """Content logs are kept there from now on, and nothing of them stays on this machine."""
    place = request.getfixturevalue(request.param)
    use(settings, place.kind, place.options, tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if isinstance(place, Bucket):
        place.watch()
    yield place
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def keep(endpoint, actor):
    """Archive all that the service has."""
    keeping.change_settings(actor=actor, endpoint=endpoint, keep=True, every_hours=24, retention_days=90)
    tasks.collect(str(endpoint.pk))


def whole_download(lena, logging, worker):
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    assert download.state == DownloadState.READY, download.error
    with storages["logs"].open(download.stored_as) as stored:
        archive = zipfile.ZipFile(io.BytesIO(stored.read()))
    assert archive.testzip() is None
    assert sum(name.endswith(".wav") for name in archive.namelist()) == 4
    return download


def test_the_files_and_the_zip_are_kept_there_and_the_zip_is_given_out(lena, logging, worker, elsewhere):
    download = whole_download(lena, logging, worker)
    stored = LogFile.objects.stored()
    assert elsewhere.names() == {*stored.values_list("stored_as", flat=True), download.stored_as}
    assert stored.count() == 8
    answer = lena.get(reverse("endpoints:download-file", args=[download.pk]))
    assert len(b"".join(answer.streaming_content)) == download.size


def test_of_a_recording_that_is_played_no_more_is_fetched_than_is_asked_for(lena, logging, elsewhere):
    keep(logging, lena.user)
    recording = LogFile.objects.filter(kind="Audio").select_related("entry").first()
    assert recording.size > 2000
    with storages["logs"].open(recording.stored_as) as stored:
        whole = stored.read()
    elsewhere.given.clear()
    address = reverse("endpoints:log-audio", args=[logging.pk, recording.entry_id])
    answer = lena.get(address, headers={"Range": "bytes=1000-1099"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, whole[1000:1100])
    head = 12  # by which a WAV file is known
    assert sum(elsewhere.given) == head + 100


def test_what_was_kept_for_its_time_is_removed_there_and_so_is_what_a_crash_left(
    logging, alice, elsewhere, monkeypatch
):
    keep(logging, alice.user)
    assert len(elsewhere.names()) == 8
    store = storages["logs"]
    foreign = store.save("somebody/else.wav", ContentFile(b"theirs"))
    store.save(f"{logging.pk}/2026-01-01_000000__lost_wav", ContentFile(b"lost"))
    LogEntry.objects.update(at=F("at") - timedelta(days=100))
    assert retention.enforce(7) == 8
    monkeypatch.setattr(orphans, "OLD", timedelta(seconds=-5))
    assert orphans.delete_orphans() == 1
    assert elsewhere.names() == {foreign}


def test_a_purge_leaves_nothing_there(logging, world, alice, lena, worker, elsewhere):
    whole_download(lena, logging, worker)
    first = LogFile.objects.filter(kind="Audio").first()
    # By a worker that was killed before it wrote down that it is there.
    assert storages["logs"].save(first.stored_as, ContentFile(b"said")) != first.stored_as
    assert len(elsewhere.names()) == 10
    day = timezone.now().date()
    purge = purging.request_purge(key=uuid4(), actor=alice.user, endpoint=logging, reason="Law", until=day)
    tasks.purge(str(purge.pk))
    world.advance(DAY)
    Purge.objects.update(due_at=Now())
    tasks.purge(str(purge.pk))
    assert Purge.objects.get().done
    assert elsewhere.names() == set()


def test_what_it_refuses_is_a_sentence_and_tried_again(logging, alice, elsewhere):
    why = elsewhere.refuse()
    keep(logging, alice.user)
    row = LogArchive.objects.get()
    assert why in row.error
    assert row.due_at > timezone.now()
    assert not LogFile.objects.stored().exists()


@pytest.fixture
def away(elsewhere, settings, tmp_path):
    """For so long, the whole place is not there."""

    @contextmanager
    def going():
        use(settings, elsewhere.kind, {**elsewhere.options, **elsewhere.away}, tmp_path)
        yield
        use(settings, elsewhere.kind, elsewhere.options, tmp_path)

    return going


def test_files_of_a_place_that_is_away_are_not_damaged_and_are_packed_when_it_is_back(
    lena, logging, worker, elsewhere, away
):
    keep(logging, lena.user)
    download = downloads.request_download(actor=lena.user, endpoint=logging)
    with away():
        tasks.fetch(str(download.pk))
        download.refresh_from_db()
        assert download.state == DownloadState.PACKING
        assert download.due_at > timezone.now()
        page = lena.get(reverse("endpoints:downloads")).content.decode()
        assert "Files that were already saved are kept." in page
        assert "We'll try again automatically." in page
    assert LogFile.objects.stored().count() == 8
    assert worker.download(download).state == DownloadState.READY
    assert download.files_missing == 0


def test_a_copy_that_is_missing_from_a_place_that_is_there_is_damaged(lena, logging, worker, elsewhere):
    keep(logging, lena.user)
    lost = LogFile.objects.stored().first()
    storages["logs"].delete(lost.stored_as)
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=logging))
    assert (download.state, download.files_missing) == (DownloadState.READY, 1)
    assert not LogFile.objects.stored().filter(pk=lost.pk).exists()


def test_nothing_is_called_deleted_in_a_place_that_is_away(logging, alice, elsewhere, away):
    keep(logging, alice.user)
    day = timezone.now().date()
    purge = purging.request_purge(key=uuid4(), actor=alice.user, endpoint=logging, reason="Law", until=day)
    with away():
        tasks.purge(str(purge.pk))
    purge.refresh_from_db()
    assert "Files that were already saved are kept." in purge.error
    assert LogEntry.objects.exists()


def test_a_recording_in_a_place_that_is_away_is_called_neither_missing_nor_broken(lena, logging, elsewhere, away):
    keep(logging, lena.user)
    recording = LogFile.objects.filter(kind="Audio").select_related("entry").first()
    address = reverse("endpoints:log-audio", args=[logging.pk, recording.entry_id])
    words = "The storage for content logs isn't responding."
    with away():
        assert words in lena.get(recording.entry.get_absolute_url()).content.decode()
        answer = lena.get(address)
    assert (answer.status_code, words in answer.content.decode()) == (503, True)


def test_what_is_not_there_is_no_file(elsewhere):
    for look in (storages["logs"].open, storages["logs"].size):
        with pytest.raises(FileNotFoundError):
            look("nothing.wav")
    assert not storages["logs"].exists("nothing.wav")
    storages["logs"].delete("nothing.wav")


def test_connections_lead_to_the_server_that_the_setting_names_only(elsewhere, monkeypatch, settings, tmp_path):
    """The tests' servers are on this machine, in a network that nothing else opens."""
    storages["logs"].save("said.wav", ContentFile(b"said"))
    use(settings, elsewhere.kind, elsewhere.options, tmp_path)  # without open connections
    store = storages["logs"]
    monkeypatch.setattr(type(store), "servers", lambda storage: [])
    # Azure's library would try for a minute.
    monkeypatch.setattr(
        store, "client_options", {**getattr(store, "client_options", {}), "retry_total": 0}, raising=False
    )
    with pytest.raises(OSError, match=r"."):
        storages["logs"].save("more.wav", ContentFile(b"more"))
    assert elsewhere.names() == {"said.wav"}


@pytest.fixture
def proxy():
    server = Scripted()
    server.forever = (server.answer(403), "close")
    yield server
    server.close()


@pytest.mark.parametrize("kind", ["s3", "azure"])
@pytest.mark.parametrize("no_proxy", [(), ("contoso.test",)])
def test_a_bucket_and_a_container_are_reached_by_the_proxy(settings, tmp_path, proxy, monkeypatch, kind, no_proxy):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    keys = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1", "addressing_style": "path"}
    options = {
        "s3": {"bucket_name": "logs", "endpoint_url": "http://storage.contoso.test", **keys},
        "azure": {
            "account_name": "contoso",
            "account_key": SECRET,
            "azure_container": "logs",
            "azure_ssl": False,
            "endpoint_suffix": "contoso.test",
            "client_options": {"retry_total": 0},
        },
    }[kind]
    use(settings, kind, options, tmp_path, proxy=proxy.url, no_proxy=no_proxy)
    with pytest.raises(OSError, match=r"."):
        storages["logs"].size("said.wav")
    hosts = {urlsplit(one.target).hostname for one in proxy.asked}
    assert hosts == (set() if no_proxy else {"storage.contoso.test" if kind == "s3" else "contoso.blob.contoso.test"})


def test_nothing_in_a_bucket_is_public(settings, bucket, tmp_path):
    use(settings, "s3", {**bucket.options, "default_acl": "public-read"}, tmp_path)
    storages["logs"].save("said.wav", ContentFile(b"said"))
    grants = bucket.client.get_object_acl(Bucket=bucket.name, Key="said.wav")["Grants"]
    assert grants
    assert not any("AllUsers" in grant["Grantee"].get("URI", "") for grant in grants)


def test_a_container_is_opened_by_its_key(settings, container, tmp_path):
    use(settings, "azure", container.options, tmp_path)
    storages["logs"].save("said.wav", ContentFile(b"said"))
    assert container.server.signed == {"SharedKey contoso"}


def test_a_large_file_is_sent_to_a_container_in_blocks(settings, container, tmp_path):
    """What is sent at once is in memory at once."""
    use(settings, "azure", container.options, tmp_path)
    said = bytes(range(256)) * 4 * 20 * 1024
    storages["logs"].save("said.wav", ContentFile(said))
    assert container.server.blobs["/contoso/logs/said.wav"] == said
    assert max(container.server.taken) <= AT_ONCE < len(said)


def test_a_directory_is_for_our_own_eyes(lena, logging, worker, settings, tmp_path):
    use(settings, "", {}, tmp_path)
    whole_download(lena, logging, worker)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [("ftp", "", "LOG_STORAGE is 'ftp'"), ("s3", "[1]", "not a JSON object"), ("azure", "{", "not a JSON object")],
)
def test_a_wrong_setting_is_told_in_words(kind, options, words, tmp_path):
    with pytest.raises(ImproperlyConfigured, match=words):
        log_storage(kind, options, tmp_path)


def test_azure_without_a_key_is_opened_by_the_identity_of_the_machine(tmp_path):
    kept = log_storage("azure", '{"account_name": "contoso", "azure_container": "logs"}', tmp_path)
    assert hasattr(kept["OPTIONS"]["token_credential"], "get_token")
