"""What must hold when all is quiet again: the database, the service's ledger and what people were answered agree."""

import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from endpoints.models.change import MARK
from endpoints.models.event import Verb
from endpoints.models.status import CLOSED
from tests.faults.invariants import ASKED, ENDED
from tests.team.installation import Team
from tests.team.people import Journal

CHANGES = "select id::text, kind, state, endpoint_id::text, attempt, actor_name, error from endpoints_change"
EVENTS = "select change_id::text, verb, count(*) from endpoints_event where change_id is not null group by 1, 2"
ROWS = """select row.id::text, row.remote_id, row.display_name, row.status, model.remote_id, row.logging_enabled,
                 row.description, resource.url, row.gone_at is null, row.unreadable
          from endpoints_endpoint as row join endpoints_resource as resource on resource.id = row.resource_id
          left join endpoints_speechmodel as model on model.id = row.model_id"""
# Each row of the first and each event of the second were written in the same transaction.
TOGETHER = {
    "downloads": ("endpoints_download", "verb = 'logs-requested'"),
    "people": ("auth_user where username <> 'alice'", "verb = 'account-invited'"),
}
DOWNLOADS = "select id::text, state, stored_as, size, sha256, files_missing, error from endpoints_download"


def violations(team: Team, journal: Journal) -> list[str]:
    changes = {row[0]: row for row in team.ask(CHANGES)}
    return [
        *_changes(changes, team),
        *_requests(changes, journal),
        *_service(changes, team),
        *_acts(team),
        *_downloads(team, journal),
        *_answers(team, journal),
        *(kill for kill in team.kills if kill.endswith("by itself")),
        *journal.wrong,
    ]


def _changes(changes: dict[str, Any], team: Team) -> Iterator[str]:
    told: dict[str, Counter[str]] = {}
    for pk, verb, count in team.ask(EVENTS):
        told.setdefault(pk, Counter())[verb] = count
    for pk, kind, state, _endpoint, _attempt, _actor, error in changes.values():
        events = told.pop(pk, Counter())
        if state not in CLOSED:
            yield f"the {kind} {pk} is still {state}: {error}"
        if events[ASKED[kind]] != 1:
            yield f"who asked for the {kind} {pk} is not recorded once: {dict(events)}"
        if state in ENDED and sum(events[verb] for verb in ENDED[state]) != 1:
            yield f"the {kind} {pk} is {state}, which is not recorded once: {dict(events)}"
        ends = {verb for verbs in ENDED.values() for verb in verbs}
        # A verdict is corrected, with an event of its own, when the change took effect all the same.
        if state in CLOSED and sum(events[verb] for verb in ends - {Verb.TOOK_EFFECT}) > 1:
            yield f"the {kind} {pk} is {state} and has several ends: {dict(events)}"
    for pk, events in told.items():
        yield f"events of a change {pk} that is not there: {dict(events)}"


def _requests(changes: dict[str, Any], journal: Journal) -> Iterator[str]:
    for key, (person, kind) in journal.accepted.items():
        row = changes.get(key)
        if row is None:
            yield f"the {kind} {key} of {person} was accepted and is lost"
        elif (row[1], row[5]) != (kind, person):
            yield f"the {kind} {key} of {person} is recorded as {row[1]} of {row[5]}"
    for key in journal.canceled:
        if changes[key][2] != "canceled":
            yield f"the change {key} was canceled and is {changes[key][2]}"
        elif changes[key][4]:
            yield f"the change {key} was canceled and sent {changes[key][4]} times"


def _service(changes: dict[str, Any], team: Team) -> Iterator[str]:
    rows = team.ask(ROWS)
    creations: dict[str, list[str]] = {}
    for pk, kind, _state, endpoint, *_rest in changes.values():
        if kind == "create":
            creations.setdefault(endpoint, []).append(pk)
    for name, simulator in zip(("first", "second"), team.simulators, strict=True):
        there = simulator.endpoints()
        ours = {row[1]: row for row in rows if row[7] == simulator.url and row[1]}
        present = {remote_id: row for remote_id, row in ours.items() if row[8]}
        made = simulator.made()
        for remote_id in made:
            row = ours.get(remote_id)
            if row is None:
                yield f"the {name} service made {remote_id}, which has no row"
            elif len(creations.get(row[0], [])) != 1:
                yield f"{remote_id} {row[2]} belongs to the requests {creations.get(row[0], [])}"
        if set(present) != set(there):
            yield f"{name}: rows without endpoint {set(present) - set(there)}, the reverse {set(there) - set(present)}"
        marks = Counter(remote.get("customProperties", {}).get(MARK) for remote in there.values())
        yield from (f"{name}: {mark} made {count} endpoints" for mark, count in marks.items() if count > 1)
        for mark in set(marks) - set(changes):
            yield f"{name}: the mark {mark} is of no change"
        for remote_id in set(present) & set(there):
            yield from _differences(present[remote_id], there[remote_id])
    for pk, remote_id, name, *_more, gone in [(*row[:3], row[8]) for row in rows]:
        if remote_id is None and gone and any(changes[one][2] == "done" for one in creations.get(pk, [])):
            yield f"{name} is said to be deployed and has no endpoint"


def _differences(row: Any, remote: dict[str, Any]) -> Iterator[str]:
    _pk, remote_id, name, status, model, logging, description, *_rest = row
    ours = (name, status, model, logging, description)
    theirs = (
        remote["displayName"],
        remote["status"],
        remote["model"]["self"].rpartition("/")[2],
        remote["properties"]["loggingEnabled"],
        remote.get("description", ""),
    )
    if ours != theirs:
        yield f"the row of {remote_id} says {ours}, the service {theirs}"


def _acts(team: Team) -> Iterator[str]:
    for what, (rows, events) in TOGETHER.items():
        ((made,),) = team.ask(f"select count(*) from {rows}")  # noqa: S608 (our own names)
        ((told,),) = team.ask(f"select count(*) from endpoints_event where {events}")  # noqa: S608 (our own names)
        if made != told:
            yield f"there are {made} {what} and {told} events of who asked for them"


def _downloads(team: Team, journal: Journal) -> Iterator[str]:
    logs = Path(team.environment("worker")["VAR"]) / "logs"
    for pk, state, stored_as, size, sha256, missing, error in team.ask(DOWNLOADS):
        if state not in ("ready", "failed", "canceled", "expired", "paused"):
            yield f"the download {pk} is still {state}: {error}"
        if state != "ready":
            continue
        file = logs / stored_as
        if not file.is_file():
            yield f"the zip of {pk} is not there: {stored_as}"
            continue
        data = file.read_bytes()
        if (len(data), hashlib.sha256(data).hexdigest()) != (size, sha256):
            yield f"the zip of {pk} has other bytes than recorded"
        fetched = journal.zips.get(f"/downloads/{pk}/file/")
        if fetched and fetched != sha256:
            yield f"somebody fetched {pk} with the hash {fetched}, recorded is {sha256}"
        with zipfile.ZipFile(file) as archive:
            if archive.testzip():
                yield f"the zip of {pk} is broken"
            manifest = json.loads(archive.read("manifest.json"))
            for one in manifest["files"]:
                if hashlib.sha256(archive.read(one["name"])).hexdigest() != one["sha256"]:
                    yield f"{one['name']} in the zip of {pk} has another hash"
            if len(manifest.get("missing", [])) != missing:
                yield f"the zip of {pk} lacks {len(manifest.get('missing', []))} files, recorded are {missing}"


def _answers(team: Team, journal: Journal) -> Iterator[str]:
    for one in journal.answers:
        signs_in = (one.method, one.path, one.status) == ("POST", "/sign-in/", 503)
        away = [*team.away, *(team.uncounted if signs_in else ())]
        if one.status >= 500 and not any(one.ended >= begin and one.began <= end for begin, end in away):
            title = re.search(r"<h1>(.*?)</h1>", one.text)
            yield f"{one.name} got {one.status} at {one.method} {one.path}: {title[1] if title else one.text[:300]}"


# The last line of a traceback that a killed neighbor explains.
EXPECTED = re.compile(
    r"(OperationalError|ConnectionError|ConnectionRefusedError|ConnectionResetError|BrokenPipeError|InterfaceError|"
    r"WorkerLostError|ExceptionWithTraceback|SchedulingError|TimeoutError|AdminShutdown|CannotConnectNow|"
    r"OSError: \[Errno 9\]|redis\.exceptions\.|kombu\.exceptions|"
    r"PermissionDenied)"  # of a page for 403 that no database could serve
)


def tracebacks(team: Team) -> Counter[str]:
    """The last lines of tracebacks in the logs, with how often each was there."""
    found: Counter[str] = Counter()
    for service in ("web", "worker", "logs-worker", "beat"):
        lines = team.log(service).read_text(errors="replace").splitlines()
        inside = False
        for line in lines:
            if line.startswith("Traceback (most recent call last)"):
                inside = True
            elif inside and line and not line.startswith((" ", "\t")):
                found[f"{service}: {re.sub(r'[0-9a-f-]{36}|[0-9]+', 'N', line)[:200]}"] += 1
                inside = False
    return found
