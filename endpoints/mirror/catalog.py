"""Keeps our copies of projects and models up to date; no other module writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from django.db import models, transaction
from django.utils import timezone

from endpoints import azure
from endpoints.mirror import columns, unreadable
from endpoints.mirror.local_rows import LocalRows
from endpoints.models import Project, Resource, SpeechModel
from endpoints.models.model import ModelKind

Row = TypeVar("Row", Project, SpeechModel)

# What says nothing about other lists, because that of endpoints was answered.
REFUSALS = (azure.Refused, azure.WrongAddress, azure.VersionRetired, azure.Unreadable, azure.ServiceFault)

# The columns that come from a field of azure.Model or azure.Project, where the names differ.
COLUMNS = {
    "expires": ("expires_at",),
    "adaptation_expires": ("adaptation_expires_at",),
    "dataset_ids": ("datasets",),
    "created": ("created_at",),
}


def refresh_catalog(resource: Resource, service: azure.SpeechClient) -> None:
    """Update projects and models; those that the service no longer lists are marked as gone.

    A list that the service refuses, or that cannot be read, is named, and holds nothing else up: it is requested again
    with the next refresh. Raises azure.SpeechError when the service is slow or cannot be reached.
    """
    began = timezone.now()
    whole = [_listed(resource, "projects", service, _refresh_projects, began)] if service.capabilities.projects else []
    whole.append(_listed(resource, "models", service, _refresh_models, began))
    if all(whole):
        # With another address or version, which a person may have set meanwhile, all is to be listed again.
        capabilities = msgspec.structs.asdict(service.capabilities)
        Resource.objects.same_service(resource).update(cataloged_at=began, capabilities=capabilities)
        resource.cataloged_at, resource.capabilities = began, capabilities


def _listed(
    resource: Resource,
    kind: str,
    service: azure.SpeechClient,
    refresh: Callable[[Resource, azure.SpeechClient, datetime], None],
    began: datetime,
) -> bool:
    try:
        refresh(resource, service, began)
    except REFUSALS as error:
        unreadable.record_list(resource, kind, str(error))
        return False
    return True


def _refresh_projects(resource: Resource, service: azure.SpeechClient, began: datetime) -> None:
    listing = service.list_projects()
    projects = {project.id: project for project in listing}  # one can be listed twice when pages shift meanwhile
    with transaction.atomic():
        local = LocalRows(resource)
        upsert(Project.objects, [_project(resource, project, local) for project in projects.values()])
        unreadable.record(resource, "projects", listing.unreadable)
        if not listing.unreadable:
            _mark_absent(resource.projects.all(), set(projects), began)


def _refresh_models(resource: Resource, service: azure.SpeechClient, began: datetime) -> None:
    base, custom = service.list_base_models(), service.list_custom_models()
    listed = [*base, *custom]
    problems = [*base.unreadable, *custom.unreadable]
    unlisted, unknown = _used_but_not_listed(resource, service, listed)
    listed += unlisted
    names = _dataset_names(resource, service, listed)
    with transaction.atomic():
        local = LocalRows(resource)
        # Custom models refer to base models, so base models come first.
        for kind in (ModelKind.BASE, ModelKind.CUSTOM):
            of_kind = {model.id: model for model in listed if model.kind == kind}.values()
            upsert(SpeechModel.objects, [model_row(resource, model, names, local) for model in of_kind])
        unreadable.record(resource, "models", problems)
        if not problems:
            _mark_absent(resource.models.all(), unknown | {model.id for model in listed}, began)
        _copy_model_fields_to_endpoints(resource)


def _used_but_not_listed(
    resource: Resource, service: azure.SpeechClient, listed: list[azure.Model]
) -> tuple[list[azure.Model], set[str]]:
    """Models of endpoints that the service has, but not in its lists; see endpoints.mirror.unlisted_models.

    Second, the ids of those of which the service has not said whether it has them.
    """
    known = {(model.kind, model.id) for model in listed}
    used = resource.models.filter(gone_at=None, pk__in=resource.endpoints.present().values("model"))
    keys = [(kind, remote_id.lower()) for kind, remote_id in used.values_list("kind", "remote_id")]
    missing = [key for key in keys if key not in known]
    answers = dict(fetch_models(service, missing))
    return [model for model in answers.values() if model], {key[1] for key in missing if key not in answers}


def fetch_models(
    service: azure.SpeechClient, keys: Iterable[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], azure.Model | None]]:
    """The models with these kinds and ids, each with its key; None when the service says that it does not exist.

    Models about which the service gives no clear answer now are left out. Raises azure.TooManyRequests.
    """
    for kind, remote_id in keys:
        get = service.get_base_model if kind == ModelKind.BASE else service.get_custom_model
        model = None
        try:
            model = get(remote_id)
        except azure.TooManyRequests:
            raise
        except azure.Unauthorized:
            return
        except azure.NotFound as error:
            if not error.says_gone:
                continue
        except (azure.Refused, azure.Unreadable, azure.ServiceFault):
            continue  # this model only
        except azure.SpeechError:
            return  # the service is slow or cannot be reached
        yield (kind, remote_id), model


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
    return _updated(row, values, remote.unread)


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


def model_row(resource: Resource, remote: azure.Model, names: dict[str, str], local: LocalRows) -> SpeechModel | None:
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
    return _updated(row, values, remote.unread)


def _updated(row: Row, values: dict[str, Any], unread: frozenset[str]) -> Row | None:
    """The row with the values; None when it is not new and none of them differs."""
    values = columns.readable(row, values, unread, COLUMNS)
    if not columns.differs(row, values):
        return None
    columns.set_values(row, values)
    return row


def upsert(manager: models.Manager[Any], rows: list[Any]) -> None:
    """Insert or update the rows that are not None, by few statements, because SQLite has one writer at a time."""
    fields = {field.name for field in manager.model._meta.concrete_fields if not field.generated}
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


def _mark_absent(rows: models.QuerySet[Any], listed: set[str], began: datetime) -> None:
    present = rows.filter(gone_at=None).values_list("pk", "remote_id")
    absent = [pk for pk, remote_id in present if remote_id.lower() not in listed]
    if absent:
        rows.filter(pk__in=absent).update(gone_at=began)
