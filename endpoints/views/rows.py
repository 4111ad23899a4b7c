"""The rows of the list: looked up, made into HTML, and kept for as long as nothing that they show has changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.http import QueryDict
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from endpoints.models import Change, Endpoint
from endpoints.views import selection
from endpoints.views.paging import Page, page_of

PER_PAGE = 50


@dataclass(frozen=True)
class Shown:
    """One page of the list as somebody sees it; `count` is one too many when there are more than selection.COUNTED."""

    html: list[SafeString]
    page: Page
    count: int
    live: bool


class Kept(dict[tuple[Any, ...], Any]):
    """What this process made before; all of it is dropped when it is too much."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, value)


_rows, _pages = Kept(4000), Kept(200)


def shown(query: QueryDict, favourites: frozenset[Any], version: str) -> Shown:
    """The page of the list that `query` asks for; the same page is made once for each `version` of the data."""
    reader = (get_language(), timezone.get_current_timezone_name())
    key = (version, selection.state(query), query.get("page", ""), favourites, *reader)
    made: Shown | None = _pages.get(key)
    if made is None:
        made = _pages[key] = _look(query, favourites, reader)
    return made


def _look(query: QueryDict, favourites: frozenset[Any], reader: tuple[Any, ...]) -> Shown:
    found, count = selection.counted(query)
    order = selection.order(query)
    page = page_of(found.exclude(pk__in=favourites), order, query.get("page", ""), PER_PAGE)
    first = order.sort(found.filter(pk__in=favourites).for_list()) if page.first else ()
    endpoints = [*first, *page.rows]
    _add_changes(endpoints)
    html = _rendered(endpoints, favourites, reader)
    return Shown(html, page, count, any(not endpoint.settled for endpoint in endpoints))


def _add_changes(endpoints: list[Endpoint]) -> None:
    """The open change of each row, by one query, also when there is no row."""
    pks = [endpoint.pk for endpoint in endpoints] or [uuid4()]
    open_changes: QuerySet[Change] = Change.objects.open().filter(endpoint__in=pks)
    by_endpoint = {change.endpoint_id: change for change in open_changes}
    for endpoint in endpoints:
        change = by_endpoint.get(endpoint.pk)
        endpoint.open_changes = [change] if change else []


def _rendered(endpoints: Iterable[Endpoint], favourites: frozenset[Any], reader: tuple[Any, ...]) -> list[SafeString]:
    """Nearly all the time of a list goes into its rows, and most rows stay the same for weeks."""
    now = timezone.localtime()
    template = get_template("endpoints/_row.html")
    html: list[SafeString] = []
    for endpoint in endpoints:
        favourite = endpoint.pk in favourites
        key = (*endpoint.row_version(now), *reader, favourite)
        row: SafeString | None = _rows.get(key)
        if row is None:
            row = _rows[key] = SafeString(template.render({"endpoint": endpoint, "favourite": favourite}))
        html.append(row)
    return html
