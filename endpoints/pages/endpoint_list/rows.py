"""The rows of the list: looked up, made into HTML, and kept for as long as nothing that they show has changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import QueryDict
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from endpoints.models import Change, Endpoint
from endpoints.models.endpoint import VERSION
from endpoints.models.status import SETTLED
from endpoints.pages.endpoint_list import selection
from endpoints.pages.paging import Page, page_of

PER_PAGE = 50
SHOWN = (  # of an endpoint, in its row
    *("display_name", "description", "locale", "status", "error", "logging_enabled"),
    *("created_at", "last_action_at", "time_to_live", "resource__free_tier"),
    *("model__display_name", "model__kind", "model__expires_at", "model__locale"),
)


@dataclass(frozen=True)
class Shown:
    """One page of the list as somebody sees it; `count` is one too many when there are more than selection.COUNTED."""

    html: SafeString
    page: Page
    count: int
    live: bool


class Kept(dict[tuple[Any, ...], Any]):
    """What this process made before; when it is too much, some of what was made first is dropped."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        if len(self) >= self.most:
            for oldest in list(self)[: self.most // 8 + 1]:
                self.pop(oldest, None)
        super().__setitem__(key, value)


@dataclass(frozen=True)
class Row:
    """As HTML, good as long as `version` stays; `settled` when nothing is going on that a page should watch."""

    version: tuple[Any, ...]
    html: SafeString
    settled: bool


_rows = Kept(10_000)  # of 2 to 3 KB


def reader() -> tuple[str, str]:
    """What the same row looks different for."""
    return get_language() or "", timezone.get_current_timezone_name()


def look(query: QueryDict, favourites: frozenset[UUID]) -> Shown:
    """The page of the list that `query` asks for; favourites that are selected too come first, on the first page."""
    found, count = selection.counted(query)
    order = selection.order(query)
    page = page_of(found.exclude(pk__in=favourites), order, query.get("page", ""), PER_PAGE)
    first = order.sort(found.filter(pk__in=favourites).versions()) if page.first and favourites else ()
    rows = _rendered([*first, *page.rows], favourites)
    return Shown(SafeString("".join(row.html for row in rows)), page, count, not all(row.settled for row in rows))


def _rendered(versions: list[Any], favourites: frozenset[UUID]) -> list[Row]:
    """Nearly all the time of a list goes into its rows, and most rows stay the same for weeks."""
    now, seen_by = timezone.localtime(), reader()
    current = {version.pk: _version(version, now) for version in versions}
    keys = {pk: (pk, pk in favourites, *seen_by) for pk in current}
    rows: dict[UUID, Row | None] = {pk: _rows.get(key) for pk, key in keys.items()}
    template = get_template("endpoint_list/_row.html")
    for endpoint in _endpoints([pk for pk, row in rows.items() if row is None or row.version != current[pk]]):
        pk = endpoint.pk
        html = SafeString(template.render({"endpoint": endpoint, "favourite": pk in favourites}))
        rows[pk] = _rows[keys[pk]] = Row(current[pk], html, endpoint.settled)
    return [row for pk, row in rows.items() if row and row.version == current[pk]]


def _version(row: Any, now: datetime) -> tuple[Any, ...]:
    """Changes with anything that the row shows, so that it can be kept as HTML for as long as it stays.

    Days left change with the time of the day at which the model expires; what is in progress says for how many
    minutes.
    """
    left = (row.model__expires_at - now).days if row.model__expires_at else None
    going = row.change__updated_at is not None or row.status not in (*SETTLED, "")
    hour = now.hour if going or row.time_to_live or row.resource__free_tier else None
    return (*row[: len(VERSION)], now.date(), left, hour, now.minute if going else None)


def _endpoints(pks: list[UUID]) -> list[Endpoint]:
    """With the open change of each, by one query; asked also when there is none, so that each page takes as many."""
    pks = pks or [uuid4()]
    endpoints = list(Endpoint.objects.filter(pk__in=pks).select_related("model", "resource").only(*SHOWN))
    changes: QuerySet[Change] = Change.objects.open().filter(endpoint__in=pks).order_by()
    by_endpoint = {change.endpoint_id: change for change in changes}
    for endpoint in endpoints:
        change = by_endpoint.get(endpoint.pk)
        endpoint.open_changes = [change] if change else []
    return endpoints
