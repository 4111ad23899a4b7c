"""The second witness: the probe's own entry in the content logs of its endpoint."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from endpoints import azure
from endpoints.logs.fetch.own_entries import Listed, is_of
from endpoints.logs.fetch.source import SAS_SECONDS
from endpoints.logs.keys import key_of, time_of_key
from endpoints.models import LogArchive, Probe, ProbeRun, SentRecording
from endpoints.models.probe import Verdict

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile

# How long the service may take to list an entry is not documented; an hour has been enough where it was reported.
DELAY = timedelta(hours=1)
LATEST = timedelta(days=1)  # then it stays unknown
MOST_PAGES = 20  # of a list that is read for the probe alone
RECENT = 3  # runs whose entries are looked at


def waiting(probe: Probe) -> ProbeRun | None:
    """The last run, if an entry of it is expected and nobody has looked for it yet."""
    run = probe.runs.exclude(ended_at=None).first()
    if run is None or run.logged is not None or not run.verdict or not probe.endpoint.logging_enabled:
        return None
    return run if run.sent.filter(logged=True).exists() else None


def look_at(probe: Probe) -> datetime | None:
    """When to look for the entry of the last run; None for not at all."""
    run = waiting(probe)
    sent = run.sent.filter(logged=True).last() if run else None
    if sent is None or sent.run is None:
        return None
    due = sent.sent_at + DELAY
    if probe.due_at and probe.due_at >= due:  # it has been looked for without a result
        due = probe.due_at + DELAY
    return due if due <= sent.sent_at + LATEST else None


def was_missing(probe: Probe) -> bool:
    """Whether the entry was missing when it was looked for last, some runs ago at most.

    A base model that answers in the place of the endpoint's logs nothing, which says nothing of those that follow.
    """
    if not probe.endpoint.logging_enabled:
        return False
    runs = probe.runs.exclude(verdict=Verdict.BASE).values_list("logged", flat=True)
    known = [logged for logged in runs[:RECENT] if logged is not None]
    return known[:1] == [False]


def found(probe: Probe, run: ProbeRun, service: Any, now: datetime) -> bool | None:
    """Whether the entry of a run is in the logs; None when that can't be known, or not yet."""
    sent = run.sent.filter(logged=True).last()
    if sent is None:
        return None
    if run.sent.exclude(entry=None).exists():
        return True
    listable = sent.sent_at + DELAY
    if now < listable:
        return None
    archive = LogArchive.objects.filter(pk=probe.pk).first()
    if archive and archive.listed_at and archive.listed_at > listable:
        return False
    if (archive and archive.keep) or probe.endpoint.resource.log_container is not None:
        return None  # its next refresh tells
    return _listed(probe, sent, service)


def _listed(probe: Probe, sent: SentRecording, service: Any) -> bool | None:
    """By the service's list, as far as it is read for this."""
    try:
        pages = list(islice(service.list_log_pages(probe.endpoint.remote_id, sas_seconds=SAS_SECONDS), MOST_PAGES))
    except azure.SpeechError:
        return None  # this version may have none
    if any(is_of(_entry(file), sent) for page in pages for file in page.files if file.created or time_of_key(file.id)):
        return True
    whole = len(pages) < MOST_PAGES or not pages[-1].next_token
    return False if whole and not any(page.unreadable for page in pages) else None


def _entry(file: LogFile) -> Listed:
    key = key_of(file.id)
    at = file.created or time_of_key(key)
    assert at is not None  # noqa: S101 (the caller has looked)
    return Listed(key, at, timedelta(milliseconds=file.milliseconds) if file.milliseconds else None)
