"""Export: the endpoints of the list, or those that were ticked on it, as CSV or JSON, a row at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.models import Endpoint, site
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.pages import exports
from endpoints.pages.endpoint_list import selection, verdicts
from endpoints.pages.http import HttpRequest

AT_ONCE = 500  # endpoints that are in memory


@require_safe
@may("view_endpoint")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What was ticked; everything that the words and filters select when nothing was."""
    select = selection.selected if "endpoint" in request.GET else selection.found
    rows = select(request.user, request.GET).present()
    origin = site.address("/", request).rstrip("/")
    found = _endpoints(request.user, rows)
    facts: dict[str, Any] = {"origin": origin, "answers": door.verdicts(request.user)}
    if request.GET.get("format") == "json":
        return exports.json_file("endpoints", found, partial(_values, **facts))
    return exports.csv_file("endpoints", _labels, found, partial(_cells, **facts))


def _endpoints(person: Person, rows: EndpointQuerySet) -> Iterator[Endpoint]:
    changes = {change.endpoint_id: [change] for change in door.changes(person).open()}
    found = rows.for_list().select_related("project").order_by("-created_at", "-pk")
    for endpoint in found.iterator(chunk_size=AT_ONCE):
        endpoint.open_changes = changes.get(endpoint.pk, [])
        yield endpoint


def _labels() -> list[str]:
    return [label for _key, label in _head()]


def _values(endpoint: Endpoint, **facts: Any) -> dict[str, Any]:
    """For programs: in English, with keys that do not depend on the reader's language."""
    with translation.override("en"):
        keys = [key for key, _label in _head()]
        return dict(zip(keys, map(_as_json, _cells(endpoint, **facts)), strict=True))


def _as_json(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, int) else str(cell) or None


def _head() -> list[tuple[str, str]]:
    """Key and label of each cell."""
    return [
        ("id", _("Endpoint ID")),
        ("address", _("Address")),
        ("name", _("Name")),
        ("description", _("Description")),
        ("project", _("Project")),
        ("resource", _("Speech resource")),
        ("region", _("Service region")),
        ("locale", _("Locale")),
        ("model", _("Model")),
        ("model_id", _("Model ID")),
        ("model_kind", _("Model kind")),
        ("status", _("Status")),
        ("expiration", _("Expiration")),
        ("days_left", _("Days left")),
        ("content_logging", _("Content logging")),
        ("who_answers", _("Who answers")),
        ("owner", pgettext("column", "Owner")),
        ("created", _("Created")),
        ("last_change", _("Last change")),
        ("last_change_by", _("Last change by")),
    ]


def _cells(endpoint: Endpoint, origin: str, answers: dict[UUID, str]) -> list[Any]:
    model, expiration = endpoint.model, endpoint.expiration
    return [
        endpoint.remote_id,
        f"{origin}{endpoint.get_absolute_url()}",
        endpoint.display_name,
        endpoint.description,
        endpoint.project,
        endpoint.resource,
        endpoint.resource.region,
        endpoint.locale,
        model,
        model.remote_id if model else "",
        model.kind_label if model else "",
        endpoint.shown_status.label,
        _moment(expiration.date if expiration else None),
        expiration.days if expiration else "",
        _("On") if endpoint.logging_enabled else _("Off"),
        verdicts.WORDS.get(answers.get(endpoint.pk, ""), ""),
        endpoint.owner,
        _moment(endpoint.created_at),
        _moment(endpoint.last_action_at),
        endpoint.changed_by,
    ]


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""
