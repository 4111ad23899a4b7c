"""Reading is an act: whoever is shown recognized text is recorded, by one event in a quarter of an hour.

Each search of a list is an act of its own, because it says what the person was after. A unique key decides which of
several requests records it, so that the same page in two windows is one act. What was said is never part of an event.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac

from endpoints import audit
from endpoints.models import Endpoint, LogEntry, LogReading
from endpoints.models.event import Verb
from endpoints.models.log_reading import current_quarter

MOST_SEARCHES = 60  # of a person, endpoint and quarter that have an event each; one more says that there were more
MORE = "more"


def record_list(
    *, actor: User, endpoint: Endpoint, entries: int, search: str = "", filters: str = "", purpose: str = ""
) -> None:
    """A list has shown the recognized text of so many entries.

    `search`: the words that the person typed. `filters`: the other filters as a query string.
    """
    key = _key(actor, endpoint, search=_digest(search, filters))
    if not entries or LogReading.objects.filter(**key).exists():
        return
    facts: dict[str, Any] = {"entries": entries}
    facts |= {name: value for name, value in (("search", search), ("filters", filters)) if value}
    with transaction.atomic():
        if key["search"] and _searches(actor, endpoint) >= MOST_SEARCHES:
            key["search"], facts = MORE, {"more_than": MOST_SEARCHES}
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


def _key(actor: User, endpoint: Endpoint, entry: int = 0, search: str = "") -> dict[str, Any]:
    of = {"person_id": actor.pk, "endpoint_id": endpoint.pk, "entry": entry, "search": search}
    return {**of, "quarter": current_quarter()}


def _digest(search: str, filters: str) -> str:
    if not (search or filters):
        return ""
    return salted_hmac(__name__, f"{search.casefold()}\0{filters}", algorithm="sha256").hexdigest()


def _searches(actor: User, endpoint: Endpoint) -> int:
    of = {"person_id": actor.pk, "endpoint_id": endpoint.pk, "entry": 0, "quarter": current_quarter()}
    return LogReading.objects.filter(**of).exclude(search="").count()
