"""The rows of the list, rendered once and cached for as long as nothing that they show changes."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from endpoints.access import door
from endpoints.access.caching import VersionedRows
from endpoints.access.permissions import Person
from endpoints.models import Endpoint
from endpoints.models.endpoint import VERSION
from endpoints.models.quality import word_of
from endpoints.models.service_errors import are_connections_told
from endpoints.models.status import SETTLED, ChangeState
from endpoints.pages.endpoint_list import selection
from endpoints.pages.endpoint_list.badges import badge
from endpoints.pages.endpoint_list.row import row_html
from endpoints.pages.paging import KeysetPage, page_of

PER_PAGE = 50
SHOWN = (  # of an endpoint, in its row
    *("display_name", "description", "locale", "status", "error", "unreadable", "logging_enabled"),
    *("created_at", "last_action_at", "time_to_live", "owner", "changed_by"),
    *("resource__free_tier", "resource__name", "resource__region", "resource__paused_at"),
    *("model__display_name", "model__kind", "model__expires_at", "model__locale", "model__remote_id"),
)


@dataclass(frozen=True)
class RenderedPage:
    """One page of rows as HTML; `count` is one too many when there are more than selection.COUNTED."""

    html: SafeString
    page: KeysetPage
    count: int
    live: bool


@dataclass(frozen=True)
class RenderedRow:
    """As HTML; `settled` when nothing is going on that a page should poll for."""

    html: SafeString
    settled: bool


_rows = VersionedRows(10_000)  # of 2 to 3 KB


def variant(person: Person) -> tuple[Hashable, ...]:
    """What the HTML of the same row depends on besides the row: part of the key of each cached row or table."""
    zone = timezone.get_current_timezone_name()
    return door.scope(person), get_language() or "", zone, are_connections_told()


def rendered_page(
    person: Person, query: QueryDict, favorites: frozenset[UUID], columns: tuple[str, ...]
) -> RenderedPage:
    """The page of the list that `query` asks for; favorites that match come first, on the first page."""
    found, count = selection.counted(person, query)
    order = selection.order(query)
    page = page_of(found.exclude(pk__in=favorites), order, query.get("page", ""), PER_PAGE)
    first = order.sort(found.filter(pk__in=favorites).versions()) if page.first and favorites else ()
    rows = _rendered(person, [*first, *page.rows], favorites, columns)
    html = SafeString("".join(row.html for row in rows))  # nosec B703  # of rows that have been rendered above
    return RenderedPage(html, page, count, not all(row.settled for row in rows))


def _rendered(
    person: Person, versions: list[Any], favorites: frozenset[UUID], columns: tuple[str, ...]
) -> list[RenderedRow]:
    """Nearly all the time of a list goes into its rows, and most rows stay the same for weeks."""
    now, seen_as = timezone.localtime(), (columns, *variant(person))
    current = {version.pk: _version(version, now) for version in versions}
    changing = {version.pk: version.change__updated_at is not None for version in versions}
    verdicts = {version.pk: version.probe__verdict for version in versions}
    words = {version.pk: word_of(version.quality__verdict, version.quality__silent_days) for version in versions}
    keys = {pk: (pk, pk in favorites, *seen_as) for pk in current}

    def make(outdated: list[UUID]) -> Iterator[tuple[UUID, RenderedRow, bool]]:
        endpoints = _endpoints(person, outdated)
        deploying = [endpoint.pk for endpoint in endpoints if _deploying(endpoint)]
        usual = door.changes(person).usual_durations(deploying or [uuid4()])
        for endpoint in endpoints:
            pk, change = endpoint.pk, endpoint.open_change
            shown = badge(endpoint, usual.get(pk))
            said = {"verdict": verdicts[pk], "quality": words[pk]}
            html = row_html(endpoint, shown, favorite=pk in favorites, columns=columns, **said)
            yield pk, RenderedRow(html, endpoint.settled), (change is not None) == changing[pk]

    return _rows.current(current, keys, make)


def _deploying(endpoint: Endpoint) -> bool:
    return endpoint.open_change is not None and endpoint.open_change.state == ChangeState.DEPLOYING


def _version(row: Any, now: datetime) -> tuple[Any, ...]:
    """Changes with anything that the row shows, so that its HTML is valid for as long as the version stays.

    Days left change at the time of the day at which the model expires; what is in progress shows for how many minutes.
    """
    left = (row.model__expires_at - now).days if row.model__expires_at else None
    going = row.change__updated_at is not None or row.status not in (*SETTLED, "")
    hour = now.hour if going or row.time_to_live or row.resource__free_tier else None
    return (*row[: len(VERSION)], now.date(), left, hour, now.minute if going else None)


def _endpoints(person: Person, pks: list[UUID]) -> list[Endpoint]:
    """With the open change of each. The queries are made also without a row, so that each page makes as many."""
    pks = pks or [uuid4()]
    endpoints = list(door.endpoints(person).filter(pk__in=pks).select_related("model", "resource").only(*SHOWN))
    changes = door.changes(person).open().filter(endpoint__in=pks).select_related("from_model").order_by()
    by_endpoint = {change.endpoint_id: change for change in changes}
    for endpoint in endpoints:
        change = by_endpoint.get(endpoint.pk)
        endpoint.open_changes = [change] if change else []
    return endpoints
