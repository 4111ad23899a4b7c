"""The one place where rows are fetched for a person: pages, fragments, exports, feeds and caches begin here.

A function named after a noun returns the rows that a person sees by a permission: door.endpoints(person), or
door.endpoints(person, "deploy_model") for what the person may deploy to. It returns no rows without the permission.
A function named after one row, like door.endpoint(person, pk), raises PermissionDenied (403) without the permission,
and Http404 where there is no such row.

What a permission covers, all rows or those of some Speech resources and projects, is a Scope (endpoints.access.grants);
`within` has a condition for each noun. What a person's grants don't cover is not found, like what doesn't exist.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Max, Model, Q, QuerySet
from django.http import Http404

from endpoints.access import roles
from endpoints.access.door import (
    address_rows,
    alert_rows,
    covered,
    event_facts,
    people_and_groups,
    probe_rows,
    within,
)
from endpoints.access.grants import Person
from endpoints.access.permissions import may_manage_people
from endpoints.models import (
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Draft,
    Endpoint,
    Event,
    Favorite,
    LogArchive,
    LogDay,
    LogEntry,
    LogFile,
    Preferences,
    Project,
    Purge,
    Quality,
    QualityDay,
    Resource,
    SavedView,
    SpeechModel,
)
from endpoints.models.change import ChangeQuerySet
from endpoints.models.connection_check import ConnectionCheckQuerySet
from endpoints.models.download import DownloadQuerySet
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.event import EventQuerySet
from endpoints.models.log import LogEntryQuerySet, LogFileQuerySet
from endpoints.models.log_archive import LogArchiveQuerySet, LogDayQuerySet
from endpoints.models.model import SpeechModelQuerySet
from endpoints.models.person import SavedViewQuerySet
from endpoints.models.project import ProjectQuerySet
from endpoints.models.purge import PurgeQuerySet
from endpoints.models.quality import QualityDayQuerySet
from endpoints.models.resource import ResourceQuerySet

VIEW, HEALTH, READ_LOGS, MANAGE_LOGS = roles.VIEW, roles.HEALTH, roles.READ_LOGS, roles.MANAGE_LOGS
GO_BACK, DEPLOY, SHOW_KEY, MANAGE = roles.GO_BACK, roles.DEPLOY, roles.SHOW_KEY, roles.MANAGE
TRY = roles.TRY
scope, visible, one, staying = covered.scope, covered.visible, covered.one, covered.staying
account, accounts = people_and_groups.account, people_and_groups.accounts
as_seen, seals, proofs = event_facts.as_seen, event_facts.seals, event_facts.proofs
without_hidden_events = event_facts.without_hidden
alerts, unseen_alerts, alerts_of_channel = alert_rows.alerts, alert_rows.unseen, alert_rows.of_channel
alert_news, count_of_unseen_alerts = alert_rows.news, alert_rows.count_of_unseen
alerts_as_seen, alerts_as_told = alert_rows.as_seen, alert_rows.as_told
alert_channels, alert_channel = alert_rows.alert_channels, alert_rows.alert_channel
alert_deliveries, alert_choices = alert_rows.alert_deliveries, alert_rows.alert_choices
probes, probe, probe_runs, verdicts = probe_rows.probes, probe_rows.probe, probe_rows.probe_runs, probe_rows.verdicts
trials, trial, try_trial = probe_rows.trials, probe_rows.trial, probe_rows.try_trial
endpoints_to_try = probe_rows.endpoints_to_try
addresses, address, addresses_of = address_rows.addresses, address_rows.address, address_rows.addresses_of
address_changes, address_change = address_rows.address_changes, address_rows.address_change
address_hours = address_rows.address_hours
group, groups, held_grants = people_and_groups.group, people_and_groups.groups, people_and_groups.grants


def unrestricted(model: type[Model]) -> Any:
    """All rows of the installation, for what has no person: metrics, web hooks of the service.

    tests/test_door.py names who may call it, and why.
    """
    return model._default_manager.all()


# What the service has, mirrored.


def resources(person: Person, permission: str = VIEW) -> ResourceQuerySet:
    """Whoever sees a project sees the name of its Speech resource; any other permission is for the whole resource."""
    rows = Resource.objects.all()
    inside = within.named_resources if permission == VIEW else within.resources
    return visible(rows.present() if permission == DEPLOY else rows, person, permission, inside)


def resource(person: Person, pk: UUID) -> Resource:
    """A Speech resource, to be changed; Http404 also for one that is being removed."""
    return one(resources(person, MANAGE).present(), person, MANAGE, pk)


def connection_checks(person: Person) -> ConnectionCheckQuerySet:
    """The tests of connections, and the drafts of resources, for whoever manages resources.

    Drafts of new resources are for those who can add one.
    """
    return visible(ConnectionCheck.objects.all(), person, MANAGE, lambda held: Q(resource__in=held.resources))


def connection_draft(person: Person, pk: UUID | None) -> ConnectionCheck:
    """A draft of a resource, with the resource that it would change."""
    rows = connection_checks(person).drafts().select_related("resource")
    return one(rows, person, MANAGE, pk)


def projects(person: Person, permission: str = VIEW) -> ProjectQuerySet:
    return visible(Project.objects.all(), person, permission, within.projects)


def models(person: Person, permission: str = VIEW) -> SpeechModelQuerySet:
    rows = SpeechModel.objects.all()
    return visible(staying(rows) if permission == DEPLOY else rows, person, permission, within.models)


def endpoints(person: Person, permission: str = VIEW) -> EndpointQuerySet:
    """Until a worker has deleted them, lists show those of a resource that is being removed; they cannot be changed."""
    rows = Endpoint.objects.all()
    shown = staying(rows) if permission in (DEPLOY, GO_BACK) else rows
    return visible(shown, person, permission, within.endpoints)


def endpoint(person: Person, pk: UUID | None, permission: str = VIEW) -> Endpoint:
    """The endpoint alone; endpoint_page is read with all that its page shows."""
    return one(staying(endpoints(person, permission)), person, permission, pk)


def endpoint_page(person: Person, pk: UUID, permission: str = VIEW) -> Endpoint:
    return one(staying(endpoints(person, permission)).for_page(), person, permission, pk)


def endpoint_on_service(person: Person, pk: UUID, permission: str = DEPLOY) -> Endpoint:
    """An endpoint that the service has, with all that its page shows; Http404 for one that it has not, or no longer."""
    rows = endpoints(person, permission).present().exclude(remote_id=None)
    return one(staying(rows).for_page(), person, permission, pk)


def locales(person: Person) -> list[str]:
    """The locales of the endpoints that a person sees."""
    if scope(person).everywhere:
        return Endpoint.objects.locales()  # reads an index, whatever the query set was filtered by
    return list(endpoints(person).present().order_by("locale").values_list("locale", flat=True).distinct())


def owners(person: Person, most: int) -> list[str]:
    """The names of those who requested the endpoints that a person sees, `most` of them."""
    if scope(person).everywhere:
        return Endpoint.objects.owners(most)
    return list(endpoints(person).present().order_by("owner").values_list("owner", flat=True).distinct()[:most])


# What people ask for, and what happened.


def changes(person: Person, permission: str = VIEW) -> ChangeQuerySet:
    return visible(Change.objects.all(), person, permission)


def change(person: Person, pk: UUID) -> Change:
    """A change request with its endpoint, to be canceled or decided; Http404 when the endpoint was removed."""
    rows = changes(person, DEPLOY).filter(endpoint__resource__removing_at=None).exclude(endpoint=None)
    rows = rows.select_related("endpoint")
    return one(rows, person, DEPLOY, pk)


def bulks(person: Person) -> "QuerySet[Bulk, Bulk]":
    """Those of others are for whoever can deploy everywhere, because they can be about any endpoint."""
    return visible(Bulk.objects.all(), person, DEPLOY, lambda _held: Q(actor=person.pk))


def bulk(person: Person, pk: UUID) -> Bulk:
    return one(bulks(person).select_related("actor", "model"), person, DEPLOY, pk)


def events(person: Person, permission: str = VIEW) -> EventQuerySet:
    """Events about people and their accounts are only for those who manage them."""
    rows = Event.objects.all()
    return visible(rows if may_manage_people(person) else rows.not_about_people(), person, permission, within.events)


def manages_what_is_shown(person: Person, rights: Iterable[str]) -> bool:
    """Whether the person manages all Speech resources, or the page, by its `rights`, shows only those they manage."""
    held = scope(person, MANAGE)
    return held.everywhere or (bool(held) and MANAGE in rights)


def people(person: Person) -> list[tuple[int, str]]:
    """Id and name of everybody who has done something that a person sees."""
    if scope(person).everywhere:
        return Event.objects.people(may_manage_people(person))  # reads an index, whatever was filtered before
    rows = events(person).exclude(actor_id=None).order_by().values_list("actor_id").annotate(name=Max("actor_name"))
    return sorted(rows, key=lambda row: str(row[1]).casefold())


# Content logs.


def log_archives(person: Person, permission: str = READ_LOGS) -> LogArchiveQuerySet:
    return visible(LogArchive.objects.all(), person, permission)


def log_days(person: Person) -> LogDayQuerySet:
    return visible(LogDay.objects.all(), person, READ_LOGS)


def quality_days(person: Person) -> QualityDayQuerySet:
    """Sums of each day, which name nobody and say nothing of what was said."""
    return visible(QualityDay.objects.all(), person, VIEW)


def quality(person: Person, endpoint: Endpoint) -> Quality | None:
    return visible(Quality.objects.filter(endpoint=endpoint), person, VIEW).first()


def log_entries(person: Person, permission: str = READ_LOGS) -> LogEntryQuerySet:
    return visible(LogEntry.objects.all(), person, permission)


def log_files(person: Person, permission: str = READ_LOGS) -> LogFileQuerySet:
    return visible(LogFile.objects.all(), person, permission)


def downloads(person: Person) -> DownloadQuerySet:
    return visible(Download.objects.all(), person, READ_LOGS)


def resource_downloads(person: Person, resource: Resource) -> DownloadQuerySet:
    """The downloads that a worker still makes of a resource's content logs, to be counted by whoever manages it."""
    return visible(Download.objects.active().filter(endpoint__resource=resource), person, MANAGE)


def download(person: Person, pk: UUID) -> Download:
    return one(downloads(person).for_page(), person, READ_LOGS, pk)


def purges(person: Person) -> PurgeQuerySet:
    return visible(Purge.objects.all(), person, MANAGE_LOGS)


def purge(person: Person, pk: UUID) -> Purge:
    return one(purges(person).for_page(), person, MANAGE_LOGS, pk)


# A person's own.


def saved_views(person: Person) -> SavedViewQuerySet:
    """The person's own, and those that others share: for whoever sees everything, because a view can name anything."""
    return visible(SavedView.objects.visible_to(person), person, VIEW, lambda _held: Q(owner=person.pk))


def saved_view(person: Person, pk: UUID) -> SavedView:
    return one(saved_views(person), person, VIEW, pk)


def may_delete_view(person: Person, view: SavedView) -> bool:
    """Its owner; one that is shared also whoever manages the installation."""
    return view.owner_id == person.pk or (view.shared and scope(person, MANAGE).everywhere)


def favorites(person: Person) -> "QuerySet[Favorite, Favorite]":
    return visible(Favorite.objects.filter(user=person.pk), person, VIEW)


def preferences(person: Person) -> "QuerySet[Preferences, Preferences]":
    """At most one row, for anybody who has signed in."""
    return Preferences.objects.filter(user=person.pk)


def draft(person: Any, pk: UUID) -> Draft:
    """The person's draft of this id, or a new one, not yet stored; Http404 when the id is that of another's."""
    found = Draft.objects.filter(pk=pk).first()
    if found and found.owner_id != person.pk:
        raise Http404
    draft = found or Draft(pk=pk)
    draft.owner = person  # this object has the person's permissions already, a new one would read them again
    return draft
