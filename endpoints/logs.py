"""Content logs: ask for a download, bring the files home, pack them into one zip, and throw old zips away.

A file counts as stored only when it is whole; a worker that was killed goes on with the page where it was.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.models import Download, Endpoint, Event, LogFile
from endpoints.models.event import Verb
from endpoints.models.log import DownloadState

if TYPE_CHECKING:
    LogSource = azure.SpeechClient | azure.LogContainer

WORK_SECONDS = 25  # one task's share of a long download; the rest is done by the next
AT_ONCE = 4
GIVE_UP_AFTER = 20  # failures in a row
SAS_SECONDS = 900
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NotKept(Exception):
    """Our own disk refused; the message says why, for people."""

    def __init__(self, error: OSError) -> None:
        why = {"why": os.strerror(error.errno) if error.errno else str(error)}
        full = error.errno in NO_ROOM
        super().__init__(
            _("There is no room left on the disk for content logs.")
            if full
            else _("The disk for content logs refused: %(why)s.") % why
        )


def ask(*, actor: Any, endpoint: Endpoint) -> Download:
    """Ask for a zip of all content logs of `endpoint`; while one of the same person is in the making, that one."""
    try:
        with transaction.atomic():
            download = Download.objects.create(endpoint=endpoint, actor=actor, actor_name=actor.get_username())
            Event.record(Verb.LOGS_ASKED, actor=actor, endpoint=endpoint)
    except IntegrityError:
        return Download.objects.active().get(endpoint=endpoint, actor=actor)
    return download


def cancel(download: Download) -> None:
    Download.objects.move(download, DownloadState.CANCELLED, finished_at=timezone.now(), next_look_at=None)


def step(download: Download, service: LogSource) -> float | None:
    """Take `download`, on which the caller holds the lease, further for about WORK_SECONDS.

    Returns in how many seconds it is due again, or None when nobody needs to look again.
    """
    resource = download.endpoint.resource
    stages = {
        DownloadState.QUEUED: _list,
        DownloadState.LISTING: _list,
        DownloadState.FETCHING: _fetch,
        DownloadState.PACKING: _pack,
    }
    stage = stages.get(DownloadState(download.state))
    if stage is None:
        return None
    try:
        due = stage(download, service)
    except azure.SpeechError as error:
        resource.failed(str(error)) if not isinstance(error, azure.TooManyRequests) else None
        return _put_off(download, error)
    except OSError as error:
        return _put_off(download, NotKept(error))
    resource.answered()
    return due


def _list(download: Download, service: LogSource) -> float | None:
    """Write down which files the service has, page by page."""
    if not Download.objects.move(download, DownloadState.LISTING):
        return None
    until = time.monotonic() + WORK_SECONDS
    remote_id = download.endpoint.remote_id or ""
    for page in service.list_log_pages(remote_id, skip_token=download.position or None, sas_seconds=SAS_SECONDS):
        rows = [
            LogFile(
                endpoint=download.endpoint,
                remote_id=file.id,
                name=file.name,
                kind=file.kind,
                size=file.size or 0,
                created_at=file.created,
            )
            for file in page.files
        ]
        LogFile.objects.bulk_create(rows, ignore_conflicts=True)
        facts = {"position": page.next_token or "", **download.endpoint.log_files.totals()}
        if not Download.objects.move(download, DownloadState.LISTING, failures=0, error="", **facts):
            return None
        if page.next_token and time.monotonic() > until:
            return 0
    Download.objects.move(download, DownloadState.FETCHING, position="", **download.endpoint.log_files.totals())
    return 0


def _fetch(download: Download, service: LogSource) -> float | None:
    """Fetch what we do not hold yet: one list call gives a page of addresses, which are used at once and not kept."""
    until = time.monotonic() + WORK_SECONDS
    remote_id = download.endpoint.remote_id or ""
    for page in service.list_log_pages(remote_id, skip_token=download.position or None, sas_seconds=SAS_SECONDS):
        urls = {file.id: file.content_url for file in page.files if file.content_url}
        missing = list(download.endpoint.log_files.missing().filter(remote_id__in=urls))
        while missing:
            batch, missing = missing[: 4 * AT_ONCE], missing[4 * AT_ONCE :]
            if not _fetch_batch(download, service, {row: urls[row.remote_id] for row in batch}):
                return None
            if missing and time.monotonic() > until:
                return 0
        if not Download.objects.move(download, DownloadState.FETCHING, position=page.next_token or ""):
            return None
        if page.next_token and time.monotonic() > until:
            return 0
    # What the service no longer lists, it no longer has: thirty days are over, or somebody deleted it.
    download.endpoint.log_files.missing().update(gone_at=timezone.now())
    Download.objects.move(download, DownloadState.PACKING)
    return 0


def _fetch_batch(download: Download, service: LogSource, urls: dict[LogFile, str]) -> bool:
    """Fetch these files side by side. Returns False when the download was cancelled; raises the first failure."""
    first_failure: azure.SpeechError | OSError | None = None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        remote_id = download.endpoint.remote_id or ""
        waiting = {pool.submit(_bring, row, url, remote_id, service): row for row, url in urls.items()}
        while waiting:
            done, _pending = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                row = waiting.pop(future)
                try:
                    LogFile.objects.filter(pk=row.pk).update(**future.result())
                except (azure.SpeechError, OSError) as error:
                    first_failure = first_failure or error
    if first_failure:
        raise first_failure
    totals = download.endpoint.log_files.totals()
    return Download.objects.move(download, DownloadState.FETCHING, failures=0, error="", **totals)


def _bring(row: LogFile, url: str, endpoint_id: str, service: LogSource) -> dict[str, Any]:
    """Fetch one file into the storage. Runs in a thread: returns what to write instead of touching the database."""
    try:
        try:
            return _store(row, url, service)
        except azure.ContentExpired:
            # The address was valid for a while only, or the file is gone; a new address tells which.
            fresh = service.get_log(endpoint_id, row.remote_id, sas_seconds=SAS_SECONDS).content_url or url
            return _store(row, fresh, service)
    except azure.NotFound:
        return {"gone_at": timezone.now()}


def _store(row: LogFile, url: str, service: LogSource) -> dict[str, Any]:
    """Stream one file to a temporary file, and keep it when it is whole."""
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as whole, service.open_content(url) as content:
        for chunk in content.chunks():
            digest.update(chunk)
            whole.write(chunk)
        size = whole.tell()
        whole.seek(0)
        name = _keep(f"{row.endpoint_id}/{_safe(row.remote_id)}", whole)
    return {"stored_as": name, "sha256": digest.hexdigest(), "size": size}


def _keep(name: str, whole: IO[bytes]) -> str:
    """Put a file into the storage, all of it or nothing; returns its name there."""
    name = storages["logs"].get_available_name(name)
    try:
        return storages["logs"].save(name, File(whole))
    except OSError:
        storages["logs"].delete(name)
        raise


def _pack(download: Download, service: LogSource) -> float | None:
    files = download.endpoint.log_files.stored().order_by("created_at", "name")
    with tempfile.TemporaryFile() as whole:
        count = _write_zip(whole, download, files.iterator())
        size = whole.tell()
        whole.seek(0)
        name = _keep(f"{download.endpoint_id}/downloads/{download.pk}.zip", whole)
    now = timezone.now()
    facts = {"stored_as": name, "size": size, "finished_at": now, "next_look_at": None, "error": ""}
    with transaction.atomic():
        ready = Download.objects.move(download, DownloadState.READY, **facts)
        if ready:
            Event.record(Verb.LOGS_READY, actor=download.actor, endpoint=download.endpoint, files=count)
    if not ready:
        storages["logs"].delete(name)
    return None


def _write_zip(target: IO[bytes], download: Download, files: Iterator[LogFile]) -> int:
    """Audio and transcriptions by day, and manifest.json with size, hash and time of each. Returns how many."""
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in files:
            name = f"{file.created_at:%Y-%m-%d}/{_safe(file.name)}" if file.created_at else _safe(file.name)
            if name in archive.NameToInfo:
                name = f"{name.rpartition('/')[0]}/{_safe(file.remote_id)}"
            with storages["logs"].open(file.stored_as) as stored, archive.open(name, "w", force_zip64=True) as member:
                for chunk in stored.chunks():
                    member.write(chunk)
            created = file.created_at.isoformat() if file.created_at else None
            entries.append(
                {"name": name, "id": file.remote_id, "kind": file.kind, "size": file.size, "sha256": file.sha256}
                | {"createdDateTime": created}
            )
        gone = download.endpoint.log_files.filter(stored_as="").exclude(gone_at=None)
        manifest = {
            "endpoint": download.endpoint.remote_id,
            "displayName": download.endpoint.display_name,
            "files": entries,
            "goneBeforeDownload": list(gone.values_list("remote_id", flat=True)),
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return len(entries)


def purge(days: int) -> int:
    """Throw away zips older than `days` and the files they were made of. Returns how many zips."""
    old = Download.objects.filter(state=DownloadState.READY, finished_at__lt=timezone.now() - timedelta(days=days))
    count = 0
    for download in old:
        if download.stored_as:
            storages["logs"].delete(download.stored_as)
        Download.objects.filter(pk=download.pk).update(state=DownloadState.EXPIRED, stored_as="")
        count += 1
    return count


def _put_off(download: Download, error: azure.SpeechError | NotKept) -> float | None:
    """Try again later, longer each time; a refusal or too many failures in a row end it."""
    if isinstance(error, azure.TooManyRequests):
        return min(max(error.retry_after or 5, 1), 900)
    failures = download.failures + 1
    final = isinstance(error, azure.Refused) and not isinstance(error, azure.Unauthorized)
    if final or failures >= GIVE_UP_AFTER:
        Download.objects.move(
            download, DownloadState.FAILED, error=str(error), finished_at=timezone.now(), next_look_at=None
        )
        return None
    Download.objects.move(download, DownloadState(download.state), error=str(error), failures=failures)
    return min(2.0**failures, 60)


def _safe(name: str) -> str:
    """A flat file name: no directory, no control character, at most 150 characters."""
    return get_valid_filename(name.replace("/", "_").replace("\\", "_").strip(". ") or "file")[-150:]
