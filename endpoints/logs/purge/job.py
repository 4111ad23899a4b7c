"""What a worker does for a purge: delete content logs in Azure and here, and check until nothing is left.

Endpoints_DeleteLogs may take up to a day, and no operation tells how far it is. While a purge is running, and after it,
what it deletes is not recorded again: see Purge.means and fetch.listing.record.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from endpoints import audit, azure
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource
from endpoints.logs.keys import day_of, key_of
from endpoints.logs.purge import local
from endpoints.logs.purge.requests import reaches_service
from endpoints.logs.storage.place import StorageRefused
from endpoints.models import Purge
from endpoints.models.event import Verb
from endpoints.models.purge import PurgeState

WORK_SECONDS = 25  # in one task; the next one continues
FETCHED_SECONDS = 3  # until the next check whether a worker still fetches one of the files
SOONEST, LATEST = 5.0, 600.0  # seconds between two checks of what is left
PATIENCE = timedelta(hours=25)  # then the service has lost the request, and the rest is deleted file by file
DELETED_AT_ONCE = 20
WITHOUT_LOGGING = "EndpointWithoutLogging"


def step(purge: Purge, service: LogSource) -> float | None:
    """Continue `purge`, on which the caller holds the lease. Returns in how many seconds it is due again."""
    stages = {
        PurgeState.QUEUED: _count,
        PurgeState.COUNTING: _count,
        PurgeState.DELETING: _delete,
        PurgeState.WAITING: _check,
    }
    try:
        return stages[PurgeState(purge.state)](purge, service)
    except azure.TooManyRequests as error:
        return min(max(error.retry_after or 5, 1), 900)
    except (azure.Refused, azure.NotSupported, azure.VersionRetired) as error:
        return _refused(purge, error)
    except azure.SpeechError as error:
        return _retry_later(purge, str(error))
    except OSError as error:
        return _retry_later(purge, str(StorageRefused(error)))


def _count(purge: Purge, service: LogSource) -> float | None:
    """Count what there is before anything is deleted, by a list of this moment and by our own rows."""
    Purge.objects.move(purge, PurgeState.COUNTING)
    found = _survey(purge, service)
    if found is None:
        return 0
    remote = _in_azure(found) if reaches_service(purge.endpoint) else {}
    before = {**remote, **local.count(purge), "ids": found["ids"]}
    Purge.objects.move(purge, PurgeState.DELETING, before=before, after={}, error="", failures=0)
    return _delete(purge, service)


def _delete(purge: Purge, service: LogSource) -> float | None:
    """Delete ours first, then those in Azure, which may take a while."""
    if not local.delete(purge):
        return FETCHED_SECONDS
    if not reaches_service(purge.endpoint):
        return _finish(purge, {})
    sent_at, remote_id = timezone.now(), purge.endpoint.remote_id or ""
    with _ignoring_nothing():
        if purge.until is None:
            _delete_each(purge, service, remote_id)
        else:
            _as_client(service).delete_logs(remote_id, purge.until)
    # What was recorded on the last day up to now is meant; what comes later is not.
    left = local.count(purge)
    Purge.objects.move(purge, PurgeState.WAITING, accepted_at=sent_at, after=left, error="", failures=0)
    return SOONEST if purge.until else _check(purge, service)


def _delete_each(purge: Purge, service: LogSource, remote_id: str) -> None:
    """Both files of each entry; the progress is saved, so that nothing begins again."""
    while ids := purge.before.get("ids"):
        for file_id in ids[:DELETED_AT_ONCE]:
            _as_client(service).delete_log(remote_id, file_id)
        rest = {**purge.before, "ids": ids[DELETED_AT_ONCE:]}
        Purge.objects.move(purge, PurgeState.DELETING, before=rest)


def _check(purge: Purge, service: LogSource) -> float | None:
    """Is anything left in Azure? The intervals grow."""
    found = _survey(purge, service)
    if found is None:
        return 0
    if not found["files"]:
        return _finish(purge, found)
    now = timezone.now()
    assert purge.accepted_at is not None  # noqa: S101 (it waits since then)
    since = now - purge.accepted_at
    state, before = (PurgeState.WAITING, purge.before) if since < PATIENCE else _again(purge, found)
    after = {**_in_azure(found), **local.count(purge, spared=found["later"])}
    Purge.objects.move(purge, state, before=before, after=after, checked_at=now, error="", failures=0)
    return min(max(since.total_seconds() / 4, SOONEST), LATEST)


def _again(purge: Purge, found: dict[str, Any]) -> tuple[PurgeState, dict[str, Any]]:
    return PurgeState.DELETING, {**purge.before, "ids": found["ids"]}


def _finish(purge: Purge, found: dict[str, Any]) -> float | None:
    """Nothing is left in Azure: make sure that nothing is left here either, and close the purge."""
    if not local.delete(purge, spared=found.get("later", ())):
        return FETCHED_SECONDS
    local.delete_traces(purge)
    now = timezone.now()
    remote = _in_azure(found) if found else {}
    facts: dict[str, Any] = {"finished_at": now, "checked_at": now, "due_at": None, "error": "", "failures": 0}
    facts["before"] = {name: value for name, value in purge.before.items() if name != "ids"}
    facts["after"] = {**remote, **local.count(purge, spared=found.get("later", ()))}
    count = max(purge.before.get("service_files", 0), purge.before.get("archive_files", 0))
    with transaction.atomic():
        if Purge.objects.move(purge, PurgeState.DONE, **facts):
            audit.record(Verb.PURGED, actor=purge.actor, endpoint=purge.endpoint, detail=purge.reason, files=count)
    return None


def _survey(purge: Purge, service: LogSource) -> dict[str, Any] | None:
    """files, bytes: what the service has of it. ids: of single entries. later: what was recorded since on the last day.

    None when there is more to list than one task may; the next one continues from the saved position.
    """
    seen: dict[str, Any] = {"token": "", "files": 0, "bytes": 0, "ids": [], "later": []}
    if not reaches_service(purge.endpoint):
        return seen
    seen = purge.after.get("survey") or seen
    until, remote_id = time.monotonic() + WORK_SECONDS, purge.endpoint.remote_id or ""
    with _ignoring_nothing():
        for page in service.list_log_pages(remote_id, skip_token=seen["token"] or None, sas_seconds=SAS_SECONDS):
            _add(purge, page.files, seen)
            seen["token"] = page.next_token or ""
            if page.next_token and time.monotonic() > until:
                Purge.objects.move(purge, PurgeState(purge.state), after={**purge.after, "survey": seen})
                return None
    return seen


def _add(purge: Purge, files: Sequence[Any], seen: dict[str, Any]) -> None:
    for file in files:
        if purge.covers(key_of(file.id), day_of(file.id, file.created), file.created):
            seen["files"] += 1
            seen["bytes"] += file.size or 0
            seen["ids"] += [file.id] if purge.until is None else []
        elif purge.until and day_of(file.id, file.created) <= purge.until:
            seen["later"].append(file.id)


def _in_azure(found: dict[str, Any]) -> dict[str, int]:
    return {"service_files": found["files"], "service_bytes": found["bytes"]}


@contextmanager
def _ignoring_nothing() -> Iterator[None]:
    """An endpoint that is gone has no logs; for one that never logged, the service may answer with a refusal."""
    try:
        yield
    except azure.Refused as error:
        if not isinstance(error, azure.NotFound) and error.inner_code != WITHOUT_LOGGING:
            raise


def _as_client(service: LogSource) -> azure.SpeechClient:
    assert isinstance(service, azure.SpeechClient)  # noqa: S101 (a container is never asked to delete)
    return service


def _retry_later(purge: Purge, why: str) -> float:
    """Without a limit on attempts: a purge must not end half done."""
    failures = purge.failures + 1
    Purge.objects.move(purge, PurgeState(purge.state), error=why, failures=failures)
    return min(2.0 ** min(failures, 10), LATEST)


def _refused(purge: Purge, error: azure.SpeechError) -> float | None:
    """The service refuses, and says why: then ours alone are deleted.

    Tried again when the key or our position in the list may be the reason, or when the service had accepted before.
    """
    if isinstance(error, azure.Unauthorized) or purge.after.get("survey") or purge.accepted_at:
        Purge.objects.move(purge, PurgeState(purge.state), after={})
        return _retry_later(purge, str(error))
    before = purge.before or local.count(purge)
    if not local.delete(purge):
        return FETCHED_SECONDS
    local.delete_traces(purge)
    left = {name: before[name] for name in ("service_files", "service_bytes") if name in before}
    facts = {"error": str(error), "finished_at": timezone.now(), "due_at": None, "before": before}
    Purge.objects.move(purge, PurgeState.FAILED, after={**left, **local.count(purge)}, **facts)
    return None
