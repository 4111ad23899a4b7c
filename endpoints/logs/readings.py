"""Reading is an act: whoever is shown recognized text is recorded, by one event in a quarter of an hour.

A unique key decides which of several requests records it, so that the same page in two windows is one act. What was
said is never part of an event.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from endpoints import audit
from endpoints.models import Endpoint, LogEntry, LogReading
from endpoints.models.event import Verb
from endpoints.models.log_reading import current_quarter


def record_list(*, actor: User, endpoint: Endpoint, entries: int, search: str = "", purpose: str = "") -> None:
    """A list has shown the recognized text of so many entries. `search`: the words that the person typed."""
    facts: dict[str, Any] = {"entries": entries}
    if search:
        facts["search"] = search
    key = _key(actor, endpoint)
    if entries and not LogReading.objects.filter(**key).exists():
        with transaction.atomic():
            if LogReading.objects.get_or_create(**key)[1]:
                audit.record(Verb.TEXT_READ, actor=actor, endpoint=endpoint, detail=purpose, **facts)


@transaction.atomic
def record_entry(*, actor: User, entry: LogEntry, purpose: str = "") -> None:
    """The page of an entry is opened; each time is recorded."""
    LogReading.objects.bulk_create([LogReading(**_key(actor, entry.endpoint, entry.pk))], ignore_conflicts=True)
    _record(actor, entry, purpose)


def record_entry_fragment(*, actor: User, entry: LogEntry, purpose: str = "") -> None:
    """A part of the page of an entry is shown: recorded unless it or the page was, in this quarter of an hour."""
    key = _key(actor, entry.endpoint, entry.pk)
    if not LogReading.objects.filter(**key).exists():
        with transaction.atomic():
            if LogReading.objects.get_or_create(**key)[1]:
                _record(actor, entry, purpose)


def _record(actor: User, entry: LogEntry, purpose: str) -> None:
    audit.record(Verb.LOGS_READ, actor=actor, endpoint=entry.endpoint, detail=purpose, entry=entry.key)


def _key(actor: User, endpoint: Endpoint, entry: int = 0) -> dict[str, Any]:
    return {"person_id": actor.pk, "endpoint_id": endpoint.pk, "entry": entry, "quarter": current_quarter()}
