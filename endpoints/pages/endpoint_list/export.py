"""Export: the endpoints of the list, or those that were ticked on it, as a CSV file, a row at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.messages import spreadsheet
from endpoints.models import Endpoint
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.pages.endpoint_list import selection
from endpoints.pages.http import HttpRequest

AT_ONCE = 500  # endpoints that are in memory


@require_safe
@may("view_endpoint")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What was ticked; everything that the words and filters select when nothing was."""
    select = selection.selected if "endpoint" in request.GET else selection.found
    rows = select(request.user, request.GET).present()
    name = f"endpoints-{timezone.localdate():%Y-%m-%d}.csv"
    answer = StreamingHttpResponse(
        _lines(request.user, rows, request.build_absolute_uri("/").rstrip("/")),
        content_type="text/csv; charset=utf-8",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(person: Person, rows: EndpointQuerySet, site: str) -> Iterator[str]:
    """Sent after the view has returned, so it activates the person's language itself."""
    language = translation.get_language()
    with translation.override(language):
        head = spreadsheet.csv_head(_head())
    yield head
    changes = {change.endpoint_id: [change] for change in door.changes(person).open()}
    found = rows.for_list().select_related("project").order_by("-created_at", "-pk")
    for endpoint in found.iterator(chunk_size=AT_ONCE):
        endpoint.open_changes = changes.get(endpoint.pk, [])
        with translation.override(language):
            row = spreadsheet.csv_row(_cells(endpoint, site))
        yield row


def _head() -> list[str]:
    return [
        _("Endpoint ID"),
        _("Address"),
        _("Name"),
        _("Description"),
        _("Project"),
        _("Speech resource"),
        _("Service region"),
        _("Locale"),
        _("Model"),
        _("Model ID"),
        _("Model kind"),
        _("Status"),
        _("Expiration"),
        _("Days left"),
        _("Content logging"),
        _("Created"),
        _("Last change"),
    ]


def _cells(endpoint: Endpoint, site: str) -> list[Any]:
    model, expiration = endpoint.model, endpoint.expiration
    return [
        endpoint.remote_id,
        f"{site}{endpoint.get_absolute_url()}",
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
        _moment(endpoint.created_at),
        _moment(endpoint.last_action_at),
    ]


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""
