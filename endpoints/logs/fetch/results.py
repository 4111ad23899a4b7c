"""Store what was fetched: the rows of files, what their transcripts say, and the counts of each day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from endpoints.logs.fetch import own_entries
from endpoints.logs.storage.place import store
from endpoints.models import Endpoint, LogDay, LogEntry, LogFile, statements

if TYPE_CHECKING:
    from endpoints.logs.fetch.transfer import Facts, Wanted

GIVE_UP_AFTER = 5  # failures of one file, for reasons of its own


def save(
    endpoint: Endpoint,
    results: Sequence[tuple[Wanted, Facts]],
    lease: UUID,
    etags: Iterable[tuple[int, str]] = (),
) -> int:
    """Save in one transaction, for the files that are still ours. Returns how many are stored now.

    etags: of large files that have begun, by which another worker can continue them.
    """
    with transaction.atomic():
        for pk, etag in etags:
            LogFile.objects.filter(pk=pk, lease=lease).update(etag=etag)
        if not results:
            return 0
        pks = [row.pk for row, _facts in results]
        ours = set(LogFile.objects.select_for_update().filter(lease=lease, pk__in=pks).values_list("pk", flat=True))
        strays = _strays([(row, facts) for row, facts in results if row.pk not in ours])
        now = timezone.now()  # one for all, because each other one would be prepared for the database
        kept = [(row, facts) for row, facts in results if row.pk in ours]
        statements.update(LogFile, ((row.pk, _of_file(row, facts, now)) for row, facts in kept))
        statements.update(LogEntry, ((row.entry_id, told) for row, facts in kept if (told := _of_entry(row, facts))))
        days: dict[date, Counter[str]] = defaultdict(Counter)
        own = own_entries.among({row.entry_id for row, _facts in kept})
        for row, facts in kept:
            if "failed" not in facts and row.entry_id not in own:
                days[row.day]["archived" if "stored_as" in facts else "vanished"] += 1
        LogDay.objects.add(endpoint, {day: dict(counts) for day, counts in days.items()})
    for name in strays:
        store().delete(name)
    return sum("stored_as" in facts for _row, facts in kept)


def _strays(late: list[tuple[Wanted, Facts]]) -> list[str]:
    """What was stored after the lease ended, for rows that are gone or that have their file under another name.

    Another worker may be about to store the same file under the same name: that is left alone.
    """
    rows = dict(LogFile.objects.filter(pk__in=[row.pk for row, _facts in late]).values_list("pk", "stored_as"))
    stored = [(row.pk, facts["stored_as"]) for row, facts in late if "stored_as" in facts]
    return [name for pk, name in stored if pk not in rows or rows[pk] not in ("", name)]


def _of_file(row: Wanted, facts: Facts, now: datetime) -> dict[str, Any]:
    released = {"lease": None, "leased_until": None}
    if failure := facts.get("failed"):
        failures = row.failures + 1
        return {"failures": failures, "problem": failure if failures >= GIVE_UP_AFTER else "", **released}
    columns = {name: value for name, value in facts.items() if name != "transcript"}
    stored = {"stored_at": now} if "stored_as" in facts else {}
    return {"gone_at": None, "problem": "", "failures": 0, **released, **columns, **stored}


def _of_entry(row: Wanted, facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = {"empty": True} if facts.get("size") == 0 else {}
    if said := facts.get("transcript"):
        told |= {"outcome": said.outcome, "text": said.text, "confidence": said.confidence}
        if row.duration is None and said.seconds is not None:
            told["duration"] = timedelta(seconds=said.seconds)
    return told
