"""What is here already for a download: the list of what it selects, or a zip that the person has."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone

from endpoints.models import Download, Endpoint, LogArchive
from endpoints.models.download import DownloadState

LISTED_WITHIN = timedelta(minutes=5)  # an older list may lack logs that the service has by now


def same_zip(*, actor: User, endpoint: Endpoint, selection: str = "", purpose: str = "") -> Download | None:
    """The person's zip of the same selection and purpose, if a new one would have the same files; otherwise None."""
    equal = {"actor": actor, "endpoint": endpoint, "selection": selection, "purpose": purpose}
    ready = Download.objects.filter(**equal, state=DownloadState.READY, files_missing=0, expires_at__gt=Now())
    kept = ready.order_by("-finished_at").first()
    since = timezone.now() - LISTED_WITHIN
    return kept if kept and is_listed(endpoint, selection, since) and _has_all(kept) else None


def is_listed(endpoint: Endpoint, selection: str, since: datetime) -> bool:
    """Whether our rows have what is selected: it was selected there, or the service's list was read since then."""
    if QueryDict(selection).getlist("entry"):
        return True
    return LogArchive.objects.filter(pk=endpoint.pk, listed_at__gt=since).exists()


def _has_all(kept: Download) -> bool:
    """All selected files are stored, and none was stored or removed since the zip was made."""
    totals = kept.files.totals()
    return (
        totals["files_done"] == totals["files_total"] == kept.files_total
        and totals["bytes_total"] == kept.bytes_total
        and not kept.files.filter(stored_at__gt=kept.finished_at).exists()
    )
