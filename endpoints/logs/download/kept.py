"""A zip that a person has already, for a download that they request again."""

from __future__ import annotations

from datetime import timedelta

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
    return kept if kept and _list_is_current(endpoint, selection) and _has_all(kept) else None


def _list_is_current(endpoint: Endpoint, selection: str) -> bool:
    if QueryDict(selection).getlist("entry"):
        return True
    archive = LogArchive.objects.filter(pk=endpoint.pk).first()
    return bool(archive and archive.listed_at and archive.listed_at > timezone.now() - LISTED_WITHIN)


def _has_all(kept: Download) -> bool:
    """All selected files are stored, and none was stored or removed since the zip was made."""
    totals = kept.files.totals()
    return (
        totals["files_done"] == totals["files_total"] == kept.files_total
        and totals["bytes_total"] == kept.bytes_total
        and not kept.files.filter(stored_at__gt=kept.finished_at).exists()
    )
