"""What a worker does for a purge: delete content logs in Azure and here, and check until nothing is left.

Endpoints_DeleteLogs may take up to a day, and no operation tells how far it is. While a purge is running, and after it,
what it deletes is not recorded again: see Purge.covers and fetch.listing.record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from endpoints import audit, azure
from endpoints.changes.work import Blocked
from endpoints.logs.fetch.source import LogSource, says_gone
from endpoints.logs.job import RECOVERED, Job
from endpoints.logs.keys import day_of, key_of
from endpoints.logs.purge import local
from endpoints.logs.purge.requests import reaches_service
from endpoints.models import Purge
from endpoints.models.event import Verb
from endpoints.models.purge import PurgeState

FETCHED_SECONDS = 3  # until the next check whether a worker still fetches one of the files
SOONEST, LATEST = 5.0, 600.0  # seconds between two checks of what is left
PATIENCE = timedelta(hours=25)  # then the service has lost the request, and is asked again
DELETED_AT_ONCE = 20
WITHOUT_LOGGING = "EndpointWithoutLogging"


def step(purge: Purge, service: LogSource) -> float | None:
    """Continue `purge`, on which the caller holds the lease. Returns in how many seconds it is due again."""
    if purge.endpoint is not None:
        return _Job(purge, purge.endpoint, service).run()
    # It was removed together with its resource; what the service has left is not known.
    removed = {"error": gettext_noop("The Speech resource was removed."), "after": {}}
    Purge.objects.move(purge, PurgeState.FAILED, **_ended(purge), **removed)
    return None


class _Job(Job[Purge]):
    """It never gives up by itself: a purge must not end half done."""

    longest = LATEST

    def count(self) -> float | None:
        """Count what there is before anything is deleted, by a list of this moment and by our own rows."""
        self.save(state=PurgeState.COUNTING)
        if (found := self.survey()) is None:
            return 0
        remote = _in_azure(found) if reaches_service(self.endpoint) else {}
        before = {**remote, **local.count(self.row), "ids": found["ids"]}
        self.save(state=PurgeState.DELETING, before=before, after={}, **RECOVERED)
        return 0

    def delete(self) -> float | None:
        """Delete ours first, then those in Azure, which may take a while."""
        if not local.delete(self.row, self.endpoint):
            return FETCHED_SECONDS
        if not reaches_service(self.endpoint):
            return self.finish({})
        sent_at = timezone.now()
        with _ignoring_nothing():
            if self.row.until is None:
                self.delete_each()
            else:
                self.client.delete_logs(self.endpoint.remote_id or "", self.row.until)
        # What was recorded on the last day up to now is meant; what comes later is not.
        self.save(state=PurgeState.WAITING, accepted_at=sent_at, after=local.count(self.row), **RECOVERED)
        return SOONEST if self.row.until else 0

    def delete_each(self) -> None:
        """Both files of each entry; the progress is saved, so that nothing begins again."""
        while ids := self.row.before.get("ids"):
            for file_id in ids[:DELETED_AT_ONCE]:
                self.client.delete_log(self.endpoint.remote_id or "", file_id)
            self.save(before={**self.row.before, "ids": ids[DELETED_AT_ONCE:]})

    def check(self) -> float | None:
        """Is anything left in Azure? The intervals grow."""
        if (found := self.survey()) is None:
            return 0
        if not found["files"]:
            return self.finish(_in_azure(found), spared=found["later"])
        now = timezone.now()
        assert self.row.accepted_at is not None  # noqa: S101 (it waits since then)
        since = now - self.row.accepted_at
        again = {"state": PurgeState.DELETING, "before": {**self.row.before, "ids": found["ids"]}}
        after = {**_in_azure(found), **local.count(self.row, spared=found["later"])}
        self.save(**(again if since >= PATIENCE else {}), after=after, checked_at=now, **RECOVERED)
        return float(min(max(since.total_seconds() / 4, SOONEST), LATEST))

    def finish(self, left: dict[str, int], spared: Collection[str] = ()) -> float | None:
        """Nothing is left in Azure: make sure that nothing is left here either, and close the purge."""
        purge, before = self.row, self.row.before
        if not local.delete(purge, self.endpoint, spared):
            return FETCHED_SECONDS
        local.delete_traces(purge)
        facts: dict[str, Any] = {"checked_at": timezone.now(), "after": {**left, **local.count(purge, spared)}}
        files = max(before.get("service_files", 0), before.get("archive_files", 0))
        with transaction.atomic():
            if self.save(state=PurgeState.DONE, **_ended(purge), **facts, **RECOVERED):
                about: dict[str, Any] = {"purge": str(purge.pk), "files": files}
                audit.record(Verb.PURGED, actor=purge.actor, endpoint=self.endpoint, detail=purge.reason, **about)
        return None

    def survey(self) -> dict[str, Any] | None:
        """files, bytes: what the service has of it. ids: of single entries. later: recorded since, on the last day.

        None when there is more to list than one task may; the next one continues from the saved position.
        """
        seen: dict[str, Any] = {"token": "", "files": 0, "bytes": 0, "ids": [], "later": []}
        if not reaches_service(self.endpoint):
            return seen
        seen = self.row.after.get("survey") or seen
        with _ignoring_nothing():
            for files, following in self.listed(seen["token"]):
                self.add(files, seen)
                seen["token"] = following
                if following and self.late:
                    self.save(after={**self.row.after, "survey": seen})
                    return None
        return seen

    def found_unreadable(self, why: str) -> None:
        """At the end nobody can say that nothing is left."""
        if self.row.state == PurgeState.WAITING:
            raise Blocked(_("Azure lists a log that can't be read. It might be one of the logs to delete."))

    def add(self, files: Sequence[Any], seen: dict[str, Any]) -> None:
        until = self.row.until
        for file in files:
            day = day_of(file.id, file.created)
            if self.row.covers(key_of(file.id), day, file.created):
                seen["files"] += 1
                seen["bytes"] += file.size or 0
                seen["ids"] += [file.id] if until is None else []
            elif until and day <= until:
                seen["later"].append(file.id)

    @property
    def client(self) -> azure.SpeechClient:
        assert isinstance(self.service, azure.SpeechClient)  # noqa: S101 (a container is never asked to delete)
        return self.service

    def refused(self, error: azure.SpeechError) -> float | None:
        """The service refuses, and says why: then ours alone are deleted.

        Tried again when our position in the list may be the reason, or when the service had accepted before.
        """
        purge = self.row
        if purge.after.get("survey") or purge.accepted_at:
            self.save(after={})
            return self.put_off(str(error), None)
        purge.before = purge.before or local.count(purge)
        if not local.delete(purge, self.endpoint):
            return FETCHED_SECONDS
        local.delete_traces(purge)
        left = {name: purge.before[name] for name in ("service_files", "service_bytes") if name in purge.before}
        after = {**left, **local.count(purge)}
        self.save(state=PurgeState.FAILED, error=str(error), after=after, **_ended(purge))
        return None

    stages = {
        PurgeState.QUEUED: count,
        PurgeState.COUNTING: count,
        PurgeState.DELETING: delete,
        PurgeState.WAITING: check,
    }


def _ended(purge: Purge) -> dict[str, Any]:
    before = {name: value for name, value in purge.before.items() if name != "ids"}
    return {"before": before, "finished_at": timezone.now(), "due_at": None}


def _in_azure(found: dict[str, Any]) -> dict[str, int]:
    return {"service_files": found["files"], "service_bytes": found["bytes"]}


@contextmanager
def _ignoring_nothing() -> Iterator[None]:
    """An endpoint that is gone has no logs; for one that never logged, the service may answer with a refusal."""
    try:
        yield
    except azure.Refused as error:
        if not says_gone(error) and error.inner_code != WITHOUT_LOGGING:
            raise
