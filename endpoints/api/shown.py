"""One row for an answer, fetched through the door: 404 for what the person doesn't see."""

from typing import Any
from uuid import UUID

from django.http import Http404

from endpoints.access import door
from endpoints.api import rows
from endpoints.api.http import ApiRequest

HEAVY = ("links", "words", "model__words", "resource__capabilities", "probe__known")  # columns that no answer shows


def endpoint(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    return rows.endpoint(
        request, _one(door.endpoints(request.user).for_page().select_related("probe", "quality").defer(*HEAVY), pk)
    )


def change(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    related = ("endpoint", "model", "from_model")
    return rows.change(request, _one(door.changes(request.user).select_related(*related), pk))


def model(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    return rows.model(request, _one(door.models(request.user).select_related("resource", "project"), pk))


def resource(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    return rows.resource(request, _one(door.resources(request.user), pk))


def download(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    return rows.download(request, door.download(request.user, pk))


def archive(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    found = door.log_archives(request.user).filter(pk=pk).first()
    return {
        "endpoint": pk,
        "refreshing": bool(found and found.refreshing),
        "checked_at": found.checked_at if found else None,
        "error": found.error if found else "",
    }


def _one(found: Any, pk: UUID) -> Any:
    row = found.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
