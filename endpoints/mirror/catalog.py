"""Keeps our copies of endpoints, models and projects up to date; no other module writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

import msgspec
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import audit, azure
from endpoints.mirror.open_changes import needs_decision
from endpoints.models import Change, Endpoint, Project, Resource, SpeechModel, Status
from endpoints.models.automatic_deletion import parse_time_to_live
from endpoints.models.change import MARK
from endpoints.models.endpoint import fact_labels
from endpoints.models.event import Verb
from endpoints.models.model import ModelKind
from endpoints.models.status import UNSTARTED, ChangeKind, ChangeState

CATALOG_EVERY = timedelta(minutes=10)


def refresh(resource: Resource, service: azure.SpeechClient) -> None:
    """Update our rows to what the service has now.

    Endpoints are listed each time, projects and models every ten minutes, or when an endpoint refers to an unknown
    model. Raises azure.SpeechError, and leaves the rows as they were, when a listing is incomplete.
    """
    began = timezone.now()
    endpoints = list(service.list_endpoints())
    if _catalog_is_old(resource, endpoints):
        refresh_projects_and_models(resource, service)
    first_time = resource.mirrored_at is None
    local = LocalRows(resource)
    for batch in batched(endpoints, 200):
        # Short transactions, because SQLite has one writer at a time.
        with transaction.atomic():
            for remote in batch:
                store_endpoint(resource, remote, local=local, record_found=not first_time)
    with transaction.atomic():
        _mark_gone(resource, [remote.id for remote in endpoints], began)
    Resource.objects.filter(pk=resource.pk).update(mirrored_at=began)
    resource.mirrored_at = began


def refresh_projects_and_models(resource: Resource, service: azure.SpeechClient) -> None:
    """Update projects and models; those that the service no longer lists are marked as gone."""
    began = timezone.now()
    projects = list(service.list_projects()) if service.capabilities.projects else []
    listed = [*service.list_base_models(), *service.list_custom_models()]
    names = _dataset_names(resource, service, listed)
    with transaction.atomic():
        local = LocalRows(resource)
        # An item can be listed twice when pages shift while they are read.
        unique_projects = {project.id: project for project in projects}.values()
        _upsert(Project.objects, [_project(resource, project, local) for project in unique_projects])
        _mark_absent(resource.projects.all(), [project.id for project in projects], began)
        local = LocalRows(resource)
        # Custom models refer to base models, so base models come first.
        for kind in (ModelKind.BASE, ModelKind.CUSTOM):
            of_kind = {model.id: model for model in listed if model.kind == kind}.values()
            _upsert(SpeechModel.objects, [_model(resource, model, names, local) for model in of_kind])
        _mark_absent(resource.models.all(), [model.id for model in listed], began)
        _copy_model_fields_to_endpoints(resource)
    resource.cataloged_at, resource.capabilities = began, msgspec.structs.asdict(service.capabilities)
    resource.save(update_fields=["cataloged_at", "capabilities"])


class LocalRows:
    """Our models, projects and endpoints of one resource by their ids on the service, each table read once."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    @cached_property
    def models(self) -> dict[tuple[str, str], SpeechModel]:
        return {(model.kind, model.remote_id): model for model in self.resource.models.all()}

    @cached_property
    def projects(self) -> dict[str, Project]:
        return {project.remote_id: project for project in self.resource.projects.all()}

    @cached_property
    def endpoints(self) -> dict[str | None, Endpoint]:
        return {row.remote_id: row for row in self.resource.endpoints.exclude(remote_id=None)}


@transaction.atomic
def store_endpoint(
    resource: Resource, remote: azure.Endpoint, *, local: LocalRows | None = None, record_found: bool = True
) -> Endpoint | None:
    """Store one endpoint as the service returned it; an older response never overwrites a newer one.

    Returns the row, or None when the response was too old. `record_found`: record an Event for a new endpoint.
    """
    local = local or LocalRows(resource)
    row = local.endpoints.get(remote.id) or _existing_or_new(resource, remote)
    if row.last_action_at and remote.last_action and remote.last_action < row.last_action_at:
        return None
    new = row._state.adding
    model = local.models.get((remote.model_kind or "", remote.model_id or ""))
    values = {
        "remote_id": remote.id,
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "model": model,
        **(model.for_endpoint if model else SpeechModel.UNKNOWN),
        "project": local.projects.get(remote.project_id or ""),
        "status": remote.status,
        "error": _error_text(remote.error) if remote.status == Status.FAILED else "",
        "logging_enabled": remote.logging_enabled,
        "links": remote.links,
        "time_to_live": parse_time_to_live(remote.time_to_live),
        "mark": remote.custom_properties.get(MARK, "")[:36],
        "created_at": remote.created or row.created_at,
        "last_action_at": remote.last_action,
        "gone_at": None,
    }
    if new or any(getattr(row, name) != value for name, value in values.items()):
        created_late = not new and row.remote_id is None
        before = {} if new or created_late else row.facts
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        _record_outside_changes(row, before)
        if created_late:
            _resume_creation(row)
    if new and record_found:
        audit.record(Verb.FOUND, endpoint=row)
    return row


def _resume_creation(row: Endpoint) -> None:
    """The endpoint exists, so its creation needs no decision any more; the next poll gets its status."""
    for change in row.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.CREATE):
        Change.objects.move(change, ChangeState.DEPLOYING, accepted_at=Now(), due_at=Now(), error="")


def _record_outside_changes(row: Endpoint, before: dict[str, Any]) -> None:
    """Record an Event when the service shows a change that was not requested here."""
    differing = {name for name, value in before.items() if row.facts[name] != value}
    if not differing:
        return
    latest = row.changes.exclude(sent_at=None).order_by("-sent_at").first()
    requested = latest is not None and all(latest.desired.get(name) == row.facts[name] for name in differing)
    if not requested:
        audit.record(Verb.CHANGED_OUTSIDE, endpoint=row, what=fact_labels(differing))


@transaction.atomic
def mark_gone(endpoint: Endpoint, *, requested_here: bool = False) -> None:
    """The endpoint is gone: its row leaves the list. `requested_here`: by a change of ours, which records it."""
    if endpoint.gone_at is None:
        endpoint.gone_at = timezone.now()
        endpoint.save(update_fields=["gone_at", "updated_at"])
        if not requested_here:
            audit.record(Verb.VANISHED, endpoint=endpoint)
        # Changes that have not started, scheduled ones too, have no endpoint any more.
        for change in endpoint.changes.filter(UNSTARTED).exclude(kind=ChangeKind.DELETE):
            needs_decision(change, _("The endpoint was deleted at the service."))
        # A deletion whose outcome was unknown has happened.
        for change in endpoint.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.DELETE):
            if Change.objects.move(change, ChangeState.DONE, error=""):
                audit.record(Verb.DELETED, endpoint=endpoint, change=change)


def _existing_or_new(resource: Resource, remote: azure.Endpoint) -> Endpoint:
    """The row for an unknown id: that of the change whose mark the endpoint has, or a new one."""
    if mark := remote.custom_properties.get(MARK):
        without_id = Change.objects.marked(mark).filter(endpoint__resource=resource, endpoint__remote_id=None)
        if change := without_id.select_related("endpoint").first():
            return Endpoint.of(change)
    return Endpoint(resource=resource)


def _mark_gone(resource: Resource, listed: list[str], began: datetime) -> None:
    # An endpoint that was created after the listing began may be missing in it.
    settled = resource.endpoints.present().filter(~Q(remote_id=None), updated_at__lt=began)
    for endpoint in settled.exclude(remote_id__in=listed):
        mark_gone(endpoint)


def _catalog_is_old(resource: Resource, endpoints: list[azure.Endpoint]) -> bool:
    if resource.cataloged_at is None or timezone.now() - resource.cataloged_at > CATALOG_EVERY:
        return True
    known = set(resource.models.values_list("remote_id", flat=True))
    return any(remote.model_id and remote.model_id not in known for remote in endpoints)


def _project(resource: Resource, remote: azure.Project, local: LocalRows) -> Project | None:
    """The row of a project, with the service's values; None when nothing differs."""
    row = local.projects.get(remote.id) or Project(resource=resource, remote_id=remote.id)
    values = {
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "created_at": remote.created,
        "gone_at": None,
    }
    return row if _set_values(row, values) else None


def _dataset_names(resource: Resource, service: azure.SpeechClient, listed: list[azure.Model]) -> dict[str, str]:
    """Names of the data sets of these models by id (Projects_ListDatasets); models have the ids only.

    One listing for each project that has such models. Names that cannot be listed now stay as they were stored.
    """
    stored = resource.models.filter(kind=ModelKind.CUSTOM).values_list("datasets", flat=True)
    names = {dataset["id"]: dataset["name"] for datasets in stored for dataset in datasets}
    project_ids = {model.project_id for model in listed if model.project_id and model.dataset_ids}
    for project_id in sorted(project_ids) if service.capabilities.projects else []:
        try:
            names |= {dataset.id: dataset.display_name for dataset in service.list_project_datasets(project_id)}
        except (azure.Refused, ValueError):
            continue  # this project only; it may have been deleted meanwhile
        except azure.SpeechError:
            break  # the service is slow or unavailable, and names are less urgent than endpoints
    return names


def _model(resource: Resource, remote: azure.Model, names: dict[str, str], local: LocalRows) -> SpeechModel | None:
    """The row of a model, with the service's values; None when nothing differs."""
    key = (remote.kind, remote.id)
    row = local.models.get(key) or SpeechModel(resource=resource, kind=remote.kind, remote_id=remote.id)
    local.models[key] = row
    base = local.models.get((ModelKind.BASE, remote.base_model_id or ""))
    project = local.projects.get(remote.project_id or "")
    values = {
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "status": remote.status,
        "supports_endpoints": remote.supports_endpoints,
        "expires_at": remote.expires,
        "adaptation_expires_at": remote.adaptation_expires,
        "base_model_id": base.pk if base else None,
        "project_id": project.pk if project else None,
        "datasets": [{"id": id, "name": names.get(id, "")} for id in remote.dataset_ids],
        "created_at": remote.created,
        "gone_at": None,
    }
    return row if _set_values(row, values) else None


def _set_values(row: models.Model, values: dict[str, Any]) -> bool:
    """Set the values; returns whether the row is new or any of them differed."""
    changed = row._state.adding or any(getattr(row, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(row, name, value)
    return changed


def _upsert(manager: models.Manager[Any], rows: list[Any]) -> None:
    """Insert or update the rows that are not None, by few statements, because SQLite has one writer at a time."""
    fields = {field.name for field in manager.model._meta.concrete_fields}
    unique = sorted(fields & {"resource", "kind", "remote_id"})
    others = sorted(fields - {"id", *unique})
    changed = [row for row in rows if row is not None]
    manager.bulk_create(changed, update_conflicts=True, unique_fields=unique, update_fields=others)


def _copy_model_fields_to_endpoints(resource: Resource) -> None:
    """Update the copies of model fields in endpoints (SpeechModel.for_endpoint)."""
    shown = resource.endpoints.exclude(model=None).values_list("model", *SpeechModel.UNKNOWN).distinct()
    by_model = {model.pk: model for model in resource.models.all()}
    for pk, *facts in shown:
        now = by_model[pk].for_endpoint
        if list(now.values()) != facts:
            by_model[pk].endpoints.exclude(**now).update(**now, updated_at=timezone.now())


def _mark_absent(rows: models.QuerySet[Any], listed: list[str], began: datetime) -> None:
    rows.filter(gone_at=None).exclude(remote_id__in=listed).update(gone_at=began)


def batched(rows: list[azure.Endpoint], size: int) -> Iterator[list[azure.Endpoint]]:
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def _error_text(error: azure.EntityError | None) -> str:
    return error.message or error.code if error else ""
