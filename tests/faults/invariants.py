"""Invariants after faults: our rows compared with what the service has and which requests it got."""

import base64
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from endpoints.models import Change, Endpoint, Event
from endpoints.models.change import MARK
from endpoints.models.event import Verb
from endpoints.models.status import CLOSED, ChangeKind, ChangeState
from tests.conftest import Worker, World

DUE_WITHIN = timedelta(minutes=15)
ASKED = {
    ChangeKind.CREATE: Verb.REQUESTED_CREATE,
    ChangeKind.CHANGE_MODEL: Verb.REQUESTED_CHANGE_MODEL,
    ChangeKind.EDIT: Verb.REQUESTED_EDIT,
    ChangeKind.DELETE: Verb.REQUESTED_DELETE,
}
ENDED = {
    ChangeState.DONE: {Verb.DEPLOYED, Verb.EDITED, Verb.DELETED, Verb.TOOK_EFFECT},
    ChangeState.REFUSED: {Verb.REFUSED},
    ChangeState.FAILED: {Verb.FAILED, Verb.EDIT_FAILED, Verb.GAVE_UP},
    ChangeState.CANCELED: {Verb.CANCELED},
    ChangeState.REPLACED: {Verb.REPLACED},
}


@dataclass
class Untracked:
    """What our rows do not know: POSTs of others or of a time after a backup, and changes after it."""

    posts: int = 0
    changes: set[str] = field(default_factory=set)


def check(world: World, untracked: Untracked | None = None) -> None:
    """Refresh once more without faults, and check; the error names each violation."""
    world.fail()
    Worker().mirror()
    untracked = untracked or Untracked()
    there = {remote["self"].rpartition("/")[2]: remote for remote in all_endpoints(world)}
    broken = [
        *_one_endpoint_for_each_change(there),
        *_each_open_change_is_due(),
        *_each_post_was_recorded(world, untracked),
        *_each_mark_is_of_our_change(there, untracked),
        *_rows_are_what_the_service_has(there),
        *_all_is_recorded(),
    ]
    if broken:
        raise AssertionError("\n".join(broken))


def all_endpoints(world: World) -> list[dict[str, Any]]:
    """The endpoints that the service has, page by page."""
    found, skip = [], 0
    while page := world.call("GET", f"/endpoints?skip={skip}&top=100")["values"]:
        found += page
        skip += len(page)
    return found


def _mark(remote: dict[str, Any]) -> str:
    return str(remote.get("customProperties", {}).get(MARK, ""))


def _one_endpoint_for_each_change(there: dict[str, Any]) -> Iterator[str]:
    by_mark = defaultdict(list)
    for pk, remote in there.items():
        if _mark(remote):
            by_mark[_mark(remote)].append(pk)
    for mark, same in by_mark.items():
        for row in Endpoint.objects.filter(remote_id__in=same):
            others = set(row.duplicates().values_list("remote_id", flat=True))
            if others != set(same) - {row.remote_id}:
                yield f"I1: the change {mark} has {len(same)} endpoints, and {row.remote_id} shows {len(others)} others"


def _each_open_change_is_due() -> Iterator[str]:
    for change in Change.objects.exclude(state__in=(*CLOSED, ChangeState.UNDECIDED)):
        due = max(timezone.now(), change.scheduled_for or timezone.now()) + DUE_WITHIN
        if change.due_at is None or change.due_at > due:
            yield f"I2: {change} is {change.state} and is due {change.due_at}"


def _each_post_was_recorded(world: World, untracked: Untracked) -> Iterator[str]:
    sent = len(posts(world))
    written = sum(Change.objects.filter(kind=ChangeKind.CREATE).values_list("attempt", flat=True)) + untracked.posts
    if sent > written:
        yield f"I3: {sent} POSTs were sent and {written} attempts recorded"


def posts(world: World) -> list[dict[str, Any]]:
    """The requests to create an endpoint that the service got."""
    return [entry for entry in world.ledger("POST") if entry["path"].partition("?")[0].endswith("/endpoints")]


def _each_mark_is_of_our_change(there: dict[str, Any], untracked: Untracked) -> Iterator[str]:
    known = {str(pk) for pk in Change.objects.values_list("pk", flat=True)} | untracked.changes
    for pk, remote in there.items():
        if _mark(remote) and _mark(remote) not in known:
            yield f"I4: {pk} carries the mark {_mark(remote)} of a change that nobody requested"


def _rows_are_what_the_service_has(there: dict[str, Any]) -> Iterator[str]:
    rows = {row.remote_id: row for row in Endpoint.objects.present().exclude(remote_id=None).select_related("model")}
    if set(rows) != set(there):
        yield f"I5: rows without endpoint {set(rows) - set(there)}, endpoints without row {set(there) - set(rows)}"
    for pk in set(rows) & set(there):
        remote = there[pk]
        says = {
            "model": remote["model"]["self"].rpartition("/")[2],
            "display_name": remote["displayName"],
            "description": remote.get("description", ""),
            "logging_enabled": remote["properties"]["loggingEnabled"],
        }
        if (rows[pk].facts, rows[pk].status) != (says, remote["status"]):
            yield f"I5: the row of {pk} says {rows[pk].facts} {rows[pk].status}, the service {says} {remote['status']}"
    for row in Endpoint.objects.present().filter(remote_id=None):
        if row.changes.filter(state=ChangeState.DONE).exists():
            yield f"I5: {row} is said to be deployed and has no endpoint"


def _all_is_recorded() -> Iterator[str]:
    for change in Change.objects.all():
        verbs = list(Event.objects.filter(change_id=change.pk).values_list("verb", flat=True))
        if verbs.count(ASKED[ChangeKind(change.kind)]) != 1:
            yield f"I6: who asked for {change} is not recorded once: {verbs}"
        ended = ENDED.get(ChangeState(change.state), set())
        if ended and sum(verb in ended for verb in verbs) != 1:
            yield f"I6: {change} is {change.state}, which is not recorded once: {verbs}"


SIGNATURE = re.compile(rb"[?&]sig=[A-Za-z0-9%+/=]{16,}")  # of a content URL
WRAPPED = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def check_secrets(places: dict[str, bytes], *secrets: str) -> None:
    """I7: no key, no signature and no transcript in logs, in Redis, or in a message."""
    sought = [secret.encode() for secret in secrets]
    for place, data in places.items():
        for part in (data, *_unwrapped(data)):
            told = [secret for secret in sought if secret in part] + SIGNATURE.findall(part)
            if told:
                raise AssertionError(f"I7: {place} tells {told[0]!r}")


def _unwrapped(data: bytes) -> Iterator[bytes]:
    """The bodies of messages are wrapped in base64."""
    for text in WRAPPED.findall(data):
        try:
            yield base64.b64decode(text, validate=True)
        except ValueError:
            continue


def footprint(pids: list[int], directory: Path) -> tuple[list[int], list[int], list[str]]:
    """I8: how many files and threads each process has, and the temporary files."""
    files = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in sorted(pids)]
    threads = [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in sorted(pids)]
    return files, threads, sorted(path.name for path in directory.iterdir())
