"""Purge: delete content logs at the service and here, and follow until nothing is left.

The service takes up to a day for "everything up to a day", and has no operation to look at meanwhile (api-facts 8).
While a purge is running, and after it, nobody writes down again what it means: see Purge.means and listing.write_down.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from endpoints import audit, azure
from endpoints.logs import erasing
from endpoints.logs.listing import SAS_SECONDS, day_of, key_of
from endpoints.logs.storage import NotKept
from endpoints.models import Endpoint, Purge
from endpoints.models.event import Verb
from endpoints.models.purge import PurgeState

if TYPE_CHECKING:
    from endpoints.logs.listing import LogSource

WORK_SECONDS = 25  # one task's share
MOST_KEYS = 900  # a form has at most 1000 fields, and each is one
FETCHED_SECONDS = 3  # until we look again whether a worker still fetches one of the files
SOONEST, LATEST = 5.0, 600.0  # seconds between two looks at what is left
PATIENCE = timedelta(hours=25)  # then the service has forgotten it, and is asked again
DELETED_AT_ONCE = 20
WITHOUT_LOGGING = "EndpointWithoutLogging"


def ask(
    *, key: UUID, actor: Any, endpoint: Endpoint, reason: str, until: date | None = None, keys: Sequence[str] = ()
) -> Purge:
    """Ask to delete everything up to a day, or entries by their keys; pressed twice (`key`), it is asked once."""
    facts = {"actor": actor, "actor_name": actor.get_username(), "reason": reason}
    with transaction.atomic():
        asked, new = Purge.objects.get_or_create(
            pk=key, defaults={"endpoint": endpoint, "until": until, "keys": list(keys)[:MOST_KEYS], **facts}
        )
        if new:
            audit.record(Verb.PURGE_ASKED, actor=actor, endpoint=endpoint, detail=reason, what=asked.what)
    return asked


def reaches_service(endpoint: Endpoint) -> bool:
    """Whether logs can be deleted there: a container is its owner's, and later API versions have no such operation."""
    resource = endpoint.resource
    at_service = endpoint.remote_id is not None and endpoint.gone_at is None
    return at_service and resource.log_container is None and resource.supports("logs")


def step(purge: Purge, service: LogSource) -> float | None:
    """Take `purge`, on which the caller holds the lease, further. Returns in how many seconds it is due again."""
    stages = {
        PurgeState.QUEUED: _count,
        PurgeState.COUNTING: _count,
        PurgeState.DELETING: _delete,
        PurgeState.WAITING: _look,
    }
    try:
        return stages[PurgeState(purge.state)](purge, service)
    except azure.TooManyRequests as error:
        return min(max(error.retry_after or 5, 1), 900)
    except (azure.Refused, azure.NotSupported, azure.VersionRetired) as error:
        return _refused(purge, error)
    except azure.SpeechError as error:
        return _put_off(purge, str(error))
    except OSError as error:
        return _put_off(purge, str(NotKept(error)))


def _count(purge: Purge, service: LogSource) -> float | None:
    """What there is, by a list of this moment and by our own rows, before anything is deleted."""
    Purge.objects.move(purge, PurgeState.COUNTING)
    found = _survey(purge, service)
    if found is None:
        return 0
    there = _there(found) if reaches_service(purge.endpoint) else {}
    before = {**there, **erasing.here(purge), "ids": found["ids"]}
    Purge.objects.move(purge, PurgeState.DELETING, before=before, after={}, error="", failures=0)
    return _delete(purge, service)


def _delete(purge: Purge, service: LogSource) -> float | None:
    """Ours first, then the service's; after this the service may take its time."""
    if not erasing.erase(purge):
        return FETCHED_SECONDS
    if not reaches_service(purge.endpoint):
        return _finish(purge, {})
    sent_at, remote_id = timezone.now(), purge.endpoint.remote_id or ""
    with _nothing_there():
        if purge.until is None:
            _delete_each(purge, service, remote_id)
        else:
            _as_client(service).delete_logs(remote_id, purge.until)
    # What was recorded on the last day up to now is meant; what comes later is not.
    left = erasing.here(purge)
    Purge.objects.move(purge, PurgeState.WAITING, accepted_at=sent_at, after=left, error="", failures=0)
    return SOONEST if purge.until else _look(purge, service)


def _delete_each(purge: Purge, service: LogSource, remote_id: str) -> None:
    """Both files of each entry; how far it is is written down, so that nobody begins again."""
    while ids := purge.before.get("ids"):
        for file_id in ids[:DELETED_AT_ONCE]:
            _as_client(service).delete_log(remote_id, file_id)
        rest = {**purge.before, "ids": ids[DELETED_AT_ONCE:]}
        Purge.objects.move(purge, PurgeState.DELETING, before=rest)


def _look(purge: Purge, service: LogSource) -> float | None:
    """Is anything left? Asked more and more seldom."""
    found = _survey(purge, service)
    if found is None:
        return 0
    if not found["files"]:
        return _finish(purge, found)
    now = timezone.now()
    assert purge.accepted_at is not None  # noqa: S101 (it waits since then)
    since = now - purge.accepted_at
    state, before = (PurgeState.WAITING, purge.before) if since < PATIENCE else _again(purge, found)
    after = {**_there(found), **erasing.here(purge, spared=found["later"])}
    Purge.objects.move(purge, state, before=before, after=after, looked_at=now, error="", failures=0)
    return min(max(since.total_seconds() / 4, SOONEST), LATEST)


def _again(purge: Purge, found: dict[str, Any]) -> tuple[PurgeState, dict[str, Any]]:
    return PurgeState.DELETING, {**purge.before, "ids": found["ids"]}


def _finish(purge: Purge, found: dict[str, Any]) -> float | None:
    """Nothing is left there: nothing may be left here either, and the receipt is written."""
    if not erasing.erase(purge, spared=found.get("later", ())):
        return FETCHED_SECONDS
    erasing.wipe(purge)
    now = timezone.now()
    there = _there(found) if found else {}
    facts: dict[str, Any] = {"finished_at": now, "looked_at": now, "next_look_at": None, "error": "", "failures": 0}
    facts["before"] = {name: value for name, value in purge.before.items() if name != "ids"}
    facts["after"] = {**there, **erasing.here(purge, spared=found.get("later", ()))}
    count = max(purge.before.get("service_files", 0), purge.before.get("archive_files", 0))
    with transaction.atomic():
        if Purge.objects.move(purge, PurgeState.DONE, **facts):
            audit.record(Verb.PURGED, actor=purge.actor, endpoint=purge.endpoint, detail=purge.reason, files=count)
    return None


def _survey(purge: Purge, service: LogSource) -> dict[str, Any] | None:
    """files, bytes: what the service has of it. ids: of single entries. later: what was recorded since on the last day.

    None when there is more to read than one task's share; the next one goes on where this one was.
    """
    seen: dict[str, Any] = {"token": "", "files": 0, "bytes": 0, "ids": [], "later": []}
    if not reaches_service(purge.endpoint):
        return seen
    seen = purge.after.get("survey") or seen
    until, remote_id = time.monotonic() + WORK_SECONDS, purge.endpoint.remote_id or ""
    with _nothing_there():
        for page in service.list_log_pages(remote_id, skip_token=seen["token"] or None, sas_seconds=SAS_SECONDS):
            _add(purge, page.files, seen)
            seen["token"] = page.next_token or ""
            if page.next_token and time.monotonic() > until:
                Purge.objects.move(purge, PurgeState(purge.state), after={**purge.after, "survey": seen})
                return None
    return seen


def _add(purge: Purge, files: Sequence[Any], seen: dict[str, Any]) -> None:
    for file in files:
        if purge.covers(key_of(file.id), day_of(file), file.created):
            seen["files"] += 1
            seen["bytes"] += file.size or 0
            seen["ids"] += [file.id] if purge.until is None else []
        elif purge.until and day_of(file) <= purge.until:
            seen["later"].append(file.id)


def _there(found: dict[str, Any]) -> dict[str, int]:
    return {"service_files": found["files"], "service_bytes": found["bytes"]}


@contextmanager
def _nothing_there() -> Iterator[None]:
    """An endpoint that is gone took its logs with it; one that does not log may have none, which some answer so."""
    try:
        yield
    except azure.Refused as error:
        if not isinstance(error, azure.NotFound) and error.inner_code != WITHOUT_LOGGING:
            raise


def _as_client(service: LogSource) -> azure.SpeechClient:
    assert isinstance(service, azure.SpeechClient)  # noqa: S101 (a container is never asked to delete)
    return service


def _put_off(purge: Purge, why: str) -> float:
    """For as long as it takes: whoever asked for this must not be left with half of it."""
    failures = purge.failures + 1
    Purge.objects.move(purge, PurgeState(purge.state), error=why, failures=failures)
    return min(2.0 ** min(failures, 10), LATEST)


def _refused(purge: Purge, error: azure.SpeechError) -> float | None:
    """The service says no, and says why: then ours alone are deleted.

    It is asked again when our key is not accepted, when it may be our place in its list, or once it has said yes.
    """
    if isinstance(error, azure.Unauthorized) or purge.after.get("survey") or purge.accepted_at:
        Purge.objects.move(purge, PurgeState(purge.state), after={})
        return _put_off(purge, str(error))
    before = purge.before or erasing.here(purge)
    if not erasing.erase(purge):
        return FETCHED_SECONDS
    erasing.wipe(purge)
    left = {name: before[name] for name in ("service_files", "service_bytes") if name in before}
    facts = {"error": str(error), "finished_at": timezone.now(), "next_look_at": None, "before": before}
    Purge.objects.move(purge, PurgeState.FAILED, after={**left, **erasing.here(purge)}, **facts)
    return None
