"""One page of a list: its rows in order, and the cursor of the next page."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from ninja import Schema

from endpoints.api.http import ApiRequest
from endpoints.api.problems import wrong
from endpoints.api.shapes.paging import Paging
from endpoints.pages.paging import Order, rows_after


def page(
    request: ApiRequest,
    asked: Paging,
    found: "QuerySet[Any, Any]",
    order: Order,
    whole: "QuerySet[Any, Any]",
    show: Callable[[Any, Any], Any],
    read: Callable[[Any], Iterable[Any]] = list,
) -> dict[str, Any]:
    """`found`: what the filters select. `whole`: rows with all that `show` needs; `read` gets those of the page.

    Raises Problem for a parameter that the list does not have, and for a cursor of another list or order.
    """
    after, following = rows_of_page(request, asked, found, order)
    keys = [row.pk for row in after]
    by_key = {row.pk: row for row in read(whole.filter(pk__in=keys))}
    return {"items": [show(request, by_key[key]) for key in keys if key in by_key], "next_cursor": following or None}


def rows_of_page(
    request: ApiRequest, asked: Paging, found: "QuerySet[Any, Any]", order: Order, *, versions: bool = False
) -> tuple[list[Any], str]:
    """As rows_after. Raises Problem for a parameter that the list does not have, and for a wrong cursor."""
    refuse_unknown(request, asked)
    try:
        return rows_after(found, order, asked.cursor, asked.limit, versions=versions)
    except ValueError:
        raise wrong([{"parameter": "cursor", "detail": "This is no cursor of this list in this order."}]) from None


def refuse_unknown(request: ApiRequest, asked: Schema) -> None:
    """A misspelled filter would otherwise select everything."""
    known = {field.alias or name for name, field in type(asked).model_fields.items()}
    if unknown := [name for name in request.GET if name not in known]:
        detail = "This parameter doesn't exist."
        raise wrong([{"parameter": name, "detail": detail} for name in unknown])
