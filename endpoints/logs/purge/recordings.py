"""Delete the recordings that were taken from purged content logs: that of a probe, and those that people try."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from endpoints import audit
from endpoints.logs.keys import time_of_key
from endpoints.models import Endpoint, Probe, Purge, Recording, Trial
from endpoints.models.event import Verb
from endpoints.models.log_names import key_in


@transaction.atomic
def delete_recordings(purge: Purge, endpoint: Endpoint) -> None:
    """A probe goes with its recording. One from a file goes, too, when the file has the name of a log."""
    probe = Probe.objects.filter(endpoint=endpoint).defer("known").first()
    if probe and _taken_from(purge, probe.source) and probe.erase():
        about: dict[str, Any] = {"purge": str(purge.pk)}
        audit.record(Verb.PROBE_REMOVED, actor=purge.actor, endpoint=endpoint, detail=purge.reason, **about)
    trials = Trial.objects.filter(endpoint=endpoint).exclude(recording=None, answers=None)
    found = [pk for pk, source in trials.values_list("pk", "source") if _taken_from(purge, source)]
    Recording.objects.filter(pk__in=Trial.objects.filter(pk__in=found).values("recording")).delete()
    Trial.objects.filter(pk__in=found).update(answers=None)


def _taken_from(purge: Purge, source: str) -> bool:
    if purge.until is None:
        return source in purge.keys or key_in(source) in purge.keys
    at = time_of_key(source)
    return at is not None and at.date() <= purge.until
