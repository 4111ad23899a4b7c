"""Looks of a worker: what an endpoint's logs are, what their transcripts say, and copies of those that are kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints import audit, azure
from endpoints.logs import fetching, listing, retention
from endpoints.logs.listing import SAS_SECONDS
from endpoints.logs.storage import NotKept
from endpoints.models import Endpoint, LogArchive
from endpoints.models.event import Verb
from endpoints.models.log import FileKind, LogFileQuerySet, Outcome
from endpoints.models.log_archive import Stage

if TYPE_CHECKING:
    from endpoints.azure.entities import LogPage
    from endpoints.logs.listing import LogSource

WORK_SECONDS = 25  # one task's share of a long look; the rest is done by the next
HURRY = timedelta(days=2)  # what vanishes sooner is fetched first, wherever the list has it
IN_A_HURRY = 200  # files at a time
BUSY_SECONDS = 5  # until we look again whether another worker has fetched what we want


def want_look(endpoint: Endpoint) -> LogArchive:
    """Somebody is interested in the logs of `endpoint`: a worker looks as soon as it can."""
    archive = LogArchive.objects.of(endpoint)
    LogArchive.objects.filter(pk=archive.pk).update(next_look_at=Now())
    archive.refresh_from_db()
    return archive


def decide(*, actor: Any, endpoint: Endpoint, keep: bool, every_hours: int, retention_days: int | None) -> LogArchive:
    """How the logs of `endpoint` are kept from now on; what is to be kept is looked for at once."""
    with transaction.atomic():
        archive = LogArchive.objects.of(endpoint)
        facts: dict[str, Any] = {"keep": keep, "every_hours": every_hours, "retention_days": retention_days}
        if keep:
            facts["next_look_at"] = Now()
        elif archive.stage == Stage.IDLE:
            facts["next_look_at"] = None
        _set(archive, **facts)
        audit.record(Verb.LOGS_KEPT, actor=actor, endpoint=endpoint, what=_in_words(archive))
    return archive


def remind() -> None:
    """A decision made in the moment in which a look ended may have lost its time: look at once."""
    forgotten = LogArchive.objects.filter(keep=True, next_look_at=None, endpoint__gone_at=None)
    forgotten.update(next_look_at=Now())


def step(archive: LogArchive, service: LogSource) -> float | None:
    """Take the look of `archive`, on which the caller holds the lease, further for about WORK_SECONDS.

    Returns in how many seconds it is due again, or None when nobody needs to look again by itself.
    """
    if archive.endpoint.gone_at is not None:
        _set(archive, stage=Stage.IDLE, position="")
        return None
    stages = {Stage.IDLE: _begin, Stage.LISTING: _list, Stage.READING: _read, Stage.KEEPING: _keep}
    try:
        return stages[Stage(archive.stage)](archive, service)
    except azure.TooManyRequests as error:
        return min(max(error.retry_after or 5, 1), 900)
    except (azure.Refused, azure.NotSupported, azure.VersionRetired) as error:
        return _refused(archive, error)
    except azure.SpeechError as error:
        return _put_off(archive, str(error))
    except OSError as error:
        return _put_off(archive, str(NotKept(error)))


def _begin(archive: LogArchive, service: LogSource) -> float | None:
    _set(archive, stage=Stage.LISTING, begun_at=timezone.now(), position="", error="", failures=0)
    _fetch(_waited_for(archive), service)  # a list can be long
    return _list(archive, service)


def _list(archive: LogArchive, service: LogSource) -> float | None:
    """Write down what there is, page by page, and read its transcripts: they are small, and people search in them."""
    until = time.monotonic() + WORK_SECONDS
    for page in _pages(archive, service):
        listing.write_down(archive.endpoint, page.files)
        if not _bring(archive, service, page, _to_read(archive) | _waited_for(archive), until):
            return 0
    assert archive.begun_at is not None  # noqa: S101 (it begins with a time)
    listing.listed_all(archive.endpoint, archive.begun_at)
    retention.prune(archive.endpoint)
    _set(archive, stage=Stage.READING, position="", listed_at=timezone.now())
    return _read(archive, service)


def _read(archive: LogArchive, service: LogSource) -> float | None:
    """Transcripts that could not be read while they were listed."""
    if (due := _fetch(_to_read(archive) | _waited_for(archive), service)) is not None:
        return due
    _set(archive, stage=Stage.KEEPING)
    return _keep(archive, service)


def _keep(archive: LogArchive, service: LogSource) -> float | None:
    """Archive: what vanishes first, then page by page with the addresses that a page gives, then what is left."""
    began, until, kept = timezone.now(), time.monotonic() + WORK_SECONDS, archive.keep
    if not archive.position and not _hurry(archive, service, until):
        return 0
    if archive.keep and _to_keep(archive).exists():
        for page in _pages(archive, service):
            if not _bring(archive, service, page, _to_keep(archive), until):
                return 0
    if (due := _fetch(_to_keep(archive), service)) is not None:
        return due
    _set(archive, stage=Stage.IDLE, position="", looked_at=timezone.now(), error="", failures=0)
    if (archive.keep and not kept) or _waited_for(archive).filter(wanted_at__gte=began).exists():
        return 0  # somebody decided to keep them, or came to wait, while we were at it
    return _next_look(archive)


def _hurry(archive: LogArchive, service: LogSource, until: float) -> bool:
    """Fetch what vanishes soon, the oldest first. False when the time is over before."""
    last = None
    while True:
        soon = _to_keep(archive).vanishing(HURRY).unleased().filter(problem="").order_by("created_at", "pk")
        batch = list(soon.values_list("pk", flat=True)[:IN_A_HURRY])
        if not batch or batch == last:
            return True
        if last is not None and time.monotonic() > until:
            return False
        last = batch
        fetching.bring(_to_keep(archive).filter(pk__in=batch), {}, service, until=until)


def _bring(archive: LogArchive, service: LogSource, page: LogPage, wanted: LogFileQuerySet, until: float) -> bool:
    """Fetch those of this page that are `wanted`, by the addresses that it gives. False when the time is over.

    What another worker is fetching is left to it, and what could not be fetched to the next look.
    """
    addresses = {file.id: file.content_url for file in page.files if file.content_url}
    missing = wanted.filter(remote_id__in=[file.id for file in page.files])
    fetching.bring(missing, addresses, service, until=until)
    late = time.monotonic() > until
    if late and missing.unleased().exists():
        return False
    _set(archive, position=page.next_token or "")
    return not (late and page.next_token)


def _fetch(missing: LogFileQuerySet, service: LogSource) -> float | None:
    """Without addresses: a few that are left, or that somebody waits for. None when that is all that can be had."""
    until = time.monotonic() + WORK_SECONDS
    done = fetching.bring(missing, {}, service, until=until)
    if done.busy:
        return BUSY_SECONDS
    return 0 if time.monotonic() > until and missing.exists() else None


def _pages(archive: LogArchive, service: LogSource) -> Iterator[LogPage]:
    """The service's list, from where we are in it."""
    remote_id, token = archive.endpoint.remote_id or "", archive.position or None
    return service.list_log_pages(remote_id, skip_token=token, sas_seconds=SAS_SECONDS)


def _waited_for(archive: LogArchive) -> LogFileQuerySet:
    return archive.endpoint.log_files.missing().exclude(wanted_at=None)


def _to_read(archive: LogArchive) -> LogFileQuerySet:
    """Transcripts that nobody has read, and that may be here."""
    unread = Q(kind=FileKind.TRANSCRIPTION, entry__outcome=Outcome.UNREAD)
    return _young_enough(archive, archive.endpoint.log_files.missing().filter(unread))


def _to_keep(archive: LogArchive) -> LogFileQuerySet:
    """All that is to be archived; what somebody waits for in any case."""
    if not archive.keep:
        return _waited_for(archive)
    return _waited_for(archive) | _young_enough(archive, archive.endpoint.log_files.missing())


def _young_enough(archive: LogArchive, files: LogFileQuerySet) -> LogFileQuerySet:
    """Without those whose copies would be removed at once."""
    return files.filter(entry__at__gte=archive.oldest_kept) if archive.oldest_kept else files


def _next_look(archive: LogArchive) -> float | None:
    return timedelta(hours=archive.every_hours).total_seconds() if archive.keep else None


def _set(archive: LogArchive, **facts: Any) -> None:
    LogArchive.objects.filter(pk=archive.pk).update(**facts)
    archive.refresh_from_db()


def _put_off(archive: LogArchive, why: str) -> float:
    failures = archive.failures + 1
    _set(archive, error=why, failures=failures)
    return float(min(2 ** min(failures, 10), 900))


def _refused(archive: LogArchive, error: azure.SpeechError) -> float | None:
    """The service says no: it is asked again at the next time only, unless it may be our place in its list."""
    if archive.position or isinstance(error, azure.Unauthorized):
        _set(archive, position="")
        return _put_off(archive, str(error))
    _set(archive, stage=Stage.IDLE, error=str(error), failures=archive.failures + 1)
    return _next_look(archive)


def _in_words(archive: LogArchive) -> str:
    days, hours = archive.retention_days, archive.every_hours
    kept = (
        ngettext("kept, a look every hour", "kept, a look every %(hours)s hours", hours) % {"hours": hours}
        if archive.keep
        else _("not kept")
    )
    if not days:
        stay = _("copies stay without end")
    else:
        stay = ngettext("copies stay for %(days)s day", "copies stay for %(days)s days", days) % {"days": days}
    return f"{kept}; {stay}"
