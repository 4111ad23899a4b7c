"""Which entries of content logs are of recordings that the product itself has sent, by their times and durations.

Nothing in a list names the request that an entry is of. What is listed has the time of the service's clock, and it is
not documented how long the service takes to write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from endpoints.logs.keys import time_of_key
from endpoints.models import Endpoint, LogEntry, SentRecording

CLOCKS = timedelta(minutes=2)  # by how much the service's clock may differ from ours
WRITTEN = timedelta(minutes=10)  # from sending a recording to the time that its entry has
SECONDS = 1.0  # by how much its duration may differ


class Listed(NamedTuple):
    """`at`: when an entry was recorded; `duration`: None when the list doesn't say it."""

    key: str
    at: datetime
    duration: timedelta | None


def is_of(entry: Listed, sent: SentRecording) -> bool:
    """Whether an entry may be that of a recording that we have sent."""
    if not sent.sent_at - CLOCKS <= entry.at <= sent.sent_at + WRITTEN:
        return False
    return entry.duration is None or abs(entry.duration.total_seconds() - sent.seconds) <= SECONDS


def distance(entry: Listed, sent: SentRecording) -> tuple[float, float]:
    """How far an entry is from a recording: in its duration, then in its time."""
    begun = time_of_key(entry.key) or entry.at
    length = entry.duration.total_seconds() if entry.duration is not None else sent.seconds + SECONDS
    return round(abs(length - sent.seconds), 1), abs((begun - sent.sent_at).total_seconds())


def mark(endpoint: Endpoint, entries: Mapping[int, Listed]) -> set[int]:
    """Mark those of `entries`, which are new, that are our own; returns their ids. Each recording has one at most.

    The nearest pairs are made first: of two recordings that were sent soon after each other, one may not be logged.
    """
    if not entries:
        return set()
    times = [one.at for one in entries.values()]
    waiting = SentRecording.objects.filter(
        endpoint=endpoint, entry=None, sent_at__gte=min(times) - WRITTEN, sent_at__lte=max(times) + CLOCKS
    )
    pairs = [(distance(one, sent), sent.pk, pk) for sent in waiting for pk, one in entries.items() if is_of(one, sent)]
    own: set[int] = set()
    found: set[int] = set()
    for _distance, sent_pk, pk in sorted(pairs):
        if pk not in own and sent_pk not in found:
            SentRecording.objects.filter(pk=sent_pk, entry=None).update(entry=pk)
            own.add(pk)
            found.add(sent_pk)
    LogEntry.objects.filter(pk__in=own).update(probe=True)
    return own


def expect(sent: SentRecording, phrases: Sequence[float]) -> None:
    """Expect an entry for each phrase, by its seconds: the service has cut the recording, and logs utterances."""
    first, *others = phrases
    facts = {"endpoint": sent.endpoint, "run": sent.run, "sent_at": sent.sent_at, "logged": sent.logged}
    with transaction.atomic():
        SentRecording.objects.filter(pk=sent.pk).update(seconds=first)
        SentRecording.objects.bulk_create(SentRecording(seconds=seconds, **facts) for seconds in others)


def among(pks: Iterable[int]) -> set[int]:
    """Those of these entries that are our own."""
    return set(LogEntry.objects.filter(pk__in=list(pks), probe=True).values_list("pk", flat=True))
