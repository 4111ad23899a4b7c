"""The addresses of the endpoint that a new one is made from: they can move to the new one when it is deployed."""

from typing import Any

from endpoints.access import door
from endpoints.models import Address, Draft
from endpoints.models.search import uuid_in
from endpoints.pages.http import HttpRequest

FIELD = "move_addresses"


def offered(request: HttpRequest, draft: Draft, locale: str) -> dict[str, Any]:
    """What the review shows; chosen already when the original is gone, because its addresses lead nowhere."""
    return {"in_place": _of(request, draft, locale), "in_place_chosen": bool(draft.answers.get("instead_of"))}


def chosen(request: HttpRequest, draft: Draft, locale: str) -> list[Address]:
    """Those that the person lets move; none unless the box is ticked."""
    return _of(request, draft, locale) if request.POST.get(FIELD) else []


def _of(request: HttpRequest, draft: Draft, locale: str) -> list[Address]:
    """Those of the locale that lead to the original, and that the person may move."""
    pk = uuid_in(draft.answers.get("original"))
    rows = door.addresses(request.user, door.DEPLOY).filter(endpoint=pk, locale__iexact=locale)
    return list(rows.for_page()) if pk else []
