"""What the page of all content logs shows of each endpoint: what the service deletes next, and what is saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery, TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Endpoint, LogArchive, Resource
from endpoints.models.log import RETENTION
from endpoints.models.search import ENDPOINTS, uuid_in
from endpoints.pages.endpoint_list import selection

SOON = timedelta(days=7)
FILTERS = ("locale", "project", "resource", "saving", "deleted")
STATE = ("q", *FILTERS)
NEVER = datetime.max.replace(tzinfo=timezone.get_default_timezone())


class Deletion(TextChoices):
    """What is known of the next deletion of an endpoint's logs by the service, in the order of the page."""

    DATED = "dated"
    UNKNOWN = "unknown"  # nobody has listed the logs for so long that the service may have deleted some of them
    NONE = "none"  # the service has no logs
    OWN = "own"  # the customer's own storage: its owner decides
    UNREADABLE = "unreadable"  # this API version has no logs
    GONE = "gone"  # the service no longer has the endpoint


class Ranked(NamedTuple):
    """An endpoint in the order of the page. `deleted_at`: when the service deletes its oldest log.

    `unsaved`: entries that the service deletes within SOON and that have a file of which no copy is stored here.
    """

    pk: UUID
    deletion: Deletion
    deleted_at: datetime | None
    unsaved: int


@dataclass(frozen=True)
class Row:
    """An endpoint with its logs. `saved` and `known` count files; `known` are those in Azure or saved."""

    endpoint: Endpoint
    archive: LogArchive | None
    ranked: Ranked
    entries: int
    saved: int
    known: int
    saved_at: datetime | None

    @property
    def left(self) -> timedelta:
        return (self.ranked.deleted_at or NEVER) - timezone.now()

    @property
    def level(self) -> str:
        """soon (within SOON), near (within three days), over (within a day); empty later, or when all is saved."""
        if self.left > SOON or not self.ranked.unsaved:
            return ""
        return "over" if self.left < timedelta(days=1) else "near" if self.left < timedelta(days=3) else "soon"

    @property
    def badge(self) -> str:
        """How long until the next deletion; empty when that is far away."""
        if self.left > SOON:
            return ""
        days = self.left.days
        return ngettext("%(days)s day", "%(days)s days", days) % {"days": days} if days > 0 else _("Today")

    @property
    def readable(self) -> bool:
        """Its logs can be listed and downloaded."""
        endpoint = self.endpoint
        return bool(endpoint.remote_id and not endpoint.gone_at and endpoint.resource.logs_can_be_read)


def ranked(person: Person, query: Mapping[str, Any]) -> list[Ranked]:
    """The endpoints that log content or hold content logs, what is deleted first at the beginning."""
    now = timezone.now()
    files = door.log_files(person).filter(endpoint=OuterRef("pk"), created_at__isnull=False)
    oldest = files.in_azure().without_probes().order_by("created_at").values("created_at")[:1]
    soon = files.missing().without_probes().filter(created_at__lte=now + SOON - RETENTION).order_by().values("endpoint")
    rows = _found(person, query).annotate(
        oldest=Subquery(oldest),
        unsaved=Subquery(soon.annotate(entries=Count("entry", distinct=True)).values("entries")),
    )
    resources = door.resources(person).in_bulk()
    found = [
        _ranked(resources[resource], *facts)
        for resource, *facts in rows.order_by("name_key", "pk").values_list(
            "resource_id", "pk", "gone_at", "log_archive__listed_at", "oldest", "unsaved"
        )
    ]
    if query.get("deleted"):
        found = [one for one in found if one.deleted_at and one.deleted_at <= now + SOON]
    return sorted(found, key=lambda one: (list(Deletion).index(one.deletion), one.deleted_at or NEVER))


def _ranked(
    resource: Resource,
    pk: UUID,
    gone_at: datetime | None,
    listed_at: datetime | None,
    oldest: datetime | None,
    unsaved: int | None,
) -> Ranked:
    if gone_at is not None:
        return Ranked(pk, Deletion.GONE, None, 0)
    if resource.log_container is not None:
        return Ranked(pk, Deletion.OWN, None, 0)
    if not resource.logs_can_be_read:
        return Ranked(pk, Deletion.UNREADABLE, None, 0)
    if listed_at is None or listed_at < timezone.now() - RETENTION + SOON:
        return Ranked(pk, Deletion.UNKNOWN, None, 0)
    if oldest is None:
        return Ranked(pk, Deletion.NONE, None, 0)
    return Ranked(pk, Deletion.DATED, oldest + RETENTION, unsaved or 0)


def _found(person: Person, query: Mapping[str, Any]) -> Any:
    """The endpoints that match the words and filters of `query`, in no order."""
    entries = Exists(door.log_entries(person).filter(endpoint=OuterRef("pk")))
    logging = Q(logging_enabled=True, gone_at=None, remote_id__isnull=False)
    rows: Any = door.endpoints(person, door.READ_LOGS).filter(logging | entries)
    if words := str(query.get("q") or "").replace("\0", "").strip()[:200]:
        pk = uuid_in(words, typed=True)
        rows = rows.filter(Q(pk=pk) | Q(remote_id=str(pk))) if pk else ENDPOINTS.matching(rows, words)[0]
    if locale := str(query.get("locale") or "").replace("\0", ""):
        rows = rows.filter(locale=locale)
    if query.get("project") == selection.NONE:
        rows = rows.filter(project=None)
    for name in ("project", "resource"):
        if pk := uuid_in(query.get(name)):
            rows = rows.filter(**{name: pk})
    if (saving := query.get("saving")) in ("on", "off"):
        kept = Exists(door.log_archives(person).filter(pk=OuterRef("pk"), keep=True))
        rows = rows.filter(kept if saving == "on" else ~kept)
    return rows


def rows(person: Person, chosen: Sequence[Ranked]) -> list[Row]:
    """With what is shown of each; the queries are made also without a row, so that each page makes as many."""
    pks = [one.pk for one in chosen] or [uuid4()]
    of = Q(endpoint__in=pks)
    endpoints = door.endpoints(person, door.READ_LOGS).filter(pk__in=pks).select_related("resource")
    by_pk = endpoints.only(
        *("display_name", "locale", "logging_enabled", "gone_at", "remote_id", "project"),
        *("resource__name", "resource__region"),
        *("resource__log_container", "resource__capabilities", "resource__api_version"),
    ).in_bulk()
    archives = door.log_archives(person).filter(of).in_bulk()
    files = door.log_files(person).filter(of).without_probes().order_by()
    entries = (
        door.log_entries(person).filter(of).without_probes().order_by().values("endpoint").annotate(count=Count("pk"))
    )
    saved = _by_endpoint(files.stored().values("endpoint").annotate(count=Count("pk"), last=Max("stored_at")))
    missing = _by_endpoint(files.missing().values("endpoint").annotate(count=Count("pk")))
    listed = _by_endpoint(entries)
    return [
        Row(
            by_pk[one.pk],
            archives.get(one.pk),
            one,
            listed[one.pk]["count"],
            saved[one.pk]["count"],
            saved[one.pk]["count"] + missing[one.pk]["count"],
            saved[one.pk].get("last"),
        )
        for one in chosen
        if one.pk in by_pk
    ]


def _by_endpoint(counts: Any) -> defaultdict[UUID, dict[str, Any]]:
    return defaultdict(lambda: {"count": 0}, {count["endpoint"]: count for count in counts})
