"""Export: the events that the words and filters of Activity select, each part of a bulk change among them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.models.event import EventKind, EventQuerySet
from endpoints.pages import exports
from endpoints.pages.activity import lines, selection
from endpoints.pages.activity.lines import Line
from endpoints.pages.http import HttpRequest

AT_ONCE = 500  # events that are in memory
NOT_YET = (None, "")
Sealed = tuple[Line, tuple[int | None, str]]  # with the number of its seal and its hash


@require_safe
@may("view_endpoint")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """A JSON file with `format=json`, otherwise a CSV file; the newest event first."""
    found = _lines(request.user, selection.found(request.user, request.GET))
    if request.GET.get("format") == "json":
        return exports.json_file("activity", _with_proofs(request.user, found), _values)
    return exports.csv_file("activity", _head, found, _cells)


def _lines(person: Person, rows: EventQuerySet) -> Iterator[Sealed]:
    events = selection.NEWEST_FIRST.sort(rows.versions()).iterator(chunk_size=AT_ONCE)
    while some := list(islice(events, AT_ONCE)):
        seals = door.seals(person, [event.pk for event in some])
        for line in lines.of_events(person, some):
            yield line, seals.get(line.event.pk, NOT_YET)


def _with_proofs(person: Person, found: Iterator[Sealed]) -> Iterator[tuple[Sealed, dict[str, Any] | None]]:
    while some := list(islice(found, AT_ONCE)):
        proofs = door.proofs(person, [line.event for line, _sealed in some])
        yield from ((one, proofs.get(one[0].event.pk)) for one in some)


def _head() -> list[str]:
    return [
        *(_("Time"), _("Person"), _("Kind"), _("Event"), _("Endpoint"), _("Endpoint ID"), _("Speech resource")),
        *(_("Reason"), _("Changes"), _("Result"), _("Seal"), _("Hash")),
    ]


def _cells(found: Sealed) -> list[Any]:
    line, (seal, digest) = found
    event = line.event
    changes = (f"{label}: {old} → {new}" if old else f"{label}: {new}" for label, old, new in event.fields)
    return [
        _moment(event.at),
        event.actor_name,
        EventKind(event.kind).label,
        line.text,
        event.endpoint_name,
        event.endpoint_id,
        event.resource_name,
        event.reason,
        "; ".join(changes),
        line.result.label if line.result else "",
        seal,
        digest,
    ]


def _values(found: tuple[Sealed, dict[str, Any] | None]) -> dict[str, Any]:
    (line, (seal, digest)), proof = found
    event = line.event
    return {
        "id": event.pk,
        "at": _moment(event.at),
        "verb": event.verb,
        "kind": event.kind,
        "actor": event.actor_name,
        "text": line.text,
        "endpoint": {"id": _id(event.endpoint_id), "name": event.endpoint_name},
        "resource": {"id": _id(event.resource_id), "name": event.resource_name},
        "change": _id(event.change_id),
        "bulk_change": _id(event.bulk_id),
        "reason": event.reason,
        "facts": event.facts,
        "result": line.result.label if line.result else "",
        "seal": seal,
        "hash": digest,
        "hash_of": proof,
    }


def _id(pk: Any) -> str | None:
    return str(pk) if pk else None


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
