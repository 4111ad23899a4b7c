"""The list of endpoints, of rows that were written as JSON before: most stay the same for weeks."""

import json
from collections.abc import Hashable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from endpoints.access import door
from endpoints.access.caching import VersionedRows
from endpoints.api import rows
from endpoints.api.http import ApiRequest
from endpoints.api.listing import rows_of_page
from endpoints.api.shapes.endpoint import EndpointOut
from endpoints.api.shapes.paging import Paging
from endpoints.models.endpoint import VERSION
from endpoints.pages.endpoint_list.rows import variant
from endpoints.pages.paging import Order

SHOWN = (  # of an endpoint, by rows.endpoint
    *("remote_id", "display_name", "description", "locale", "status", "error", "unreadable", "logging_enabled"),
    *("owner", "changed_by", "created_at", "last_action_at", "expires_at"),
    *("model__display_name", "model__remote_id", "model__expires_at"),
    *("project__display_name", "resource__name", "resource__region", "probe__verdict", "probe__verdict_at"),
    *("quality__verdict", "quality__silent_days"),
)
_rows = VersionedRows(10_000)  # of about 1 KB


def endpoint_list(request: ApiRequest, asked: Paging, found: "QuerySet[Any, Any]", order: Order) -> HttpResponse:
    """A page of what the filters have found, as EndpointPage."""
    after, following = rows_of_page(request, asked, found, order, versions=True)
    seen_as = (request.build_absolute_uri("/"), *variant(request.user))

    def make(outdated: list[UUID]) -> Iterator[tuple[UUID, str, bool]]:
        whole = door.endpoints(request.user).for_page().select_related("probe", "quality").only(*SHOWN)
        for row in whole.filter(pk__in=outdated):
            yield row.pk, EndpointOut.written(rows.endpoint(request, row)), row.open_change is None

    texts = _rows.current({row.pk: _version(row) for row in after}, {row.pk: (row.pk, *seen_as) for row in after}, make)
    content = f'{{"items": [{", ".join(texts)}], "next_cursor": {json.dumps(following or None)}}}'
    return HttpResponse(content, content_type="application/json; charset=utf-8")


def _version(row: Any) -> Hashable:
    """None while a change is open: the row shows the model before it, too, of which no version is read."""
    return None if row.change__updated_at is not None else tuple(row[: len(VERSION)])
