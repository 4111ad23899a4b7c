"""Verifying the chain of seals: the first event that was changed, removed or added, and until when all is whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from endpoints.audit import digests
from endpoints.audit.erasing import ANONYMOUS
from endpoints.audit.sealing import LATEST
from endpoints.models import Event, Seal, SealedEvent, Verification
from endpoints.models.seal import SealKind


class Problem(models.TextChoices):
    CHANGED = "changed", "was changed"
    REMOVED = "removed", "was removed"
    ADDED = "added", "was added later"
    SEAL = "seal", "is in a seal that was changed, removed or added"
    END = "end", "was removed, or the seals after it were replaced"


@dataclass
class Result:
    """`event`: the first one with a problem. `late`: sealed after the time at which it should have been visible."""

    problem: Problem | None = None
    event: int | None = None
    until: datetime | None = None
    seal: int = 0
    hash: str = ""
    events: int = 0
    late: list[int] = field(default_factory=list)
    complete: bool = True

    def found(self, problem: Problem, event: int | None) -> Result:
        self.problem, self.event = problem, event
        return self


def verify(after: int = 0, seconds: float | None = None, expected: str = "") -> Result:
    """Verify the seals behind number `after`, whose `until` and hash are taken as they are.

    With `seconds`, it stops after this time, and `complete` is False. `expected`: the hash of a seal that the chain
    must contain, as an earlier verification printed it; shows that the end of the chain was cut off or replaced.
    """
    deadline = monotonic() + seconds if seconds else None
    last = Seal.objects.filter(pk=after).first()
    result = Result(until=last.until if last else None, seal=last.number if last else 0, hash=last.hash if last else "")
    if after and last is None:
        return result.found(Problem.END, None)
    erased = _erased()
    for seal in Seal.objects.filter(pk__gt=after).iterator(chunk_size=50):
        if deadline and monotonic() > deadline:
            result.complete = False
            return result
        if (seal.number, seal.previous, seal.hash) != (result.seal + 1, result.hash, digests.of_seal(seal)):
            return result.found(Problem.SEAL, seal.first_id)
        if seal.kind == SealKind.UNNAMED and not _keeps(seal):
            return result.found(Problem.SEAL, seal.first_id)
        if seal.kind == SealKind.EVENTS and _problem(seal, erased, result):
            erased = _erased()  # something may have been erased since it was read
            if problem := _problem(seal, erased, result):
                return result.found(*problem)
        result.until, result.seal, result.hash = seal.until, seal.number, seal.hash
    if expected and not Seal.objects.filter(hash=expected).exists():
        return result.found(Problem.END, None)
    if result.until and (added := _unsealed(result.until)) is not None:
        return result.found(Problem.ADDED, added)
    return result


def record(result: Result, until: datetime | None = None) -> None:
    """Store a result for the page of Activity. `until`: all before it is sealed, also without events in between."""
    whole = until if until and result.complete and not result.problem else result.until
    values = {"at": timezone.now(), "until": whole, "seal_number": result.seal, "event_id": result.event}
    Verification.objects.update_or_create(pk=1, defaults={**values, "problem": result.problem or ""})


def go_on(until: datetime | None) -> None:
    """Verify and record what was sealed since the last verification; one that found a problem stays as it is."""
    last = Verification.objects.filter(pk=1).first()
    if last is None or not last.problem:
        record(verify(last.seal_number if last else 0, seconds=5), until)


def _erased() -> dict[str, set[int]]:
    """The ids of events that were anonymized, unnamed or removed, by the kind of seal that says so."""
    found: dict[str, set[int]] = {SealKind.ANONYMIZED: set(), SealKind.UNNAMED: set(), SealKind.REMOVED: set()}
    for kind, ids in Seal.objects.exclude(kind=SealKind.EVENTS).values_list("kind", "ids"):
        found[kind].update(ids)
    return found


def _problem(seal: Seal, erased: dict[str, set[int]], result: Result) -> tuple[Problem, int] | None:
    sealed = {one.event_id: one for one in SealedEvent.objects.filter(seal=seal)}
    events = {row["id"]: row for row in Event.objects.filter(pk__in=seal.ids).values(*digests.FIELDS)}
    for pk in seal.ids:
        one, event = sealed.get(pk), events.get(pk)
        if one is None or (event is None and pk not in erased[SealKind.REMOVED]):
            return Problem.REMOVED, pk
        if event is None:
            continue
        if _digest(event, one, erased) != bytes(one.digest):
            return Problem.CHANGED, pk
    if sorted(sealed) != seal.ids or digests.root(bytes(sealed[pk].digest) for pk in seal.ids) != seal.root:
        return Problem.SEAL, seal.first_id
    result.events += len(seal.ids)
    result.late += [pk for pk, event in events.items() if result.until and event["at"] < result.until]
    return None


def _digest(event: digests.Row, sealed: SealedEvent, erased: dict[str, set[int]]) -> bytes:
    """What the event was sealed with, as far as it is as it should be; otherwise something else."""
    if event["id"] in erased[SealKind.ANONYMIZED]:
        named = {name: event[name] for name in ANONYMOUS} != ANONYMOUS
        whole = not named and not digests.personal_facts(event)
    elif event["id"] in erased[SealKind.UNNAMED]:
        kept = digests.personal(event, bytes(sealed.salt))
        whole = kept == bytes(sealed.kept) and not event["facts"].keys() & {*digests.OF_OTHERS}
    else:
        return digests.of_event(event, bytes(sealed.salt))
    return digests.joined(event, bytes(sealed.personal)) if whole else b""


def _keeps(seal: Seal) -> bool:
    """Whether the digests of what stays in unnamed events are those that were sealed."""
    kept = dict(SealedEvent.objects.filter(pk__in=seal.ids).values_list("pk", "kept"))
    return digests.root(bytes(kept.get(pk, b"")) for pk in seal.ids) == seal.root


def _unsealed(until: datetime) -> int | None:
    """The first event that is too old to be sealed yet."""
    unsealed = ~Exists(SealedEvent.objects.filter(event_id=OuterRef("pk")))
    return Event.objects.filter(unsealed, at__lt=until - LATEST).order_by("pk").values_list("pk", flat=True).first()
