"""The mirror: the one writer of what the service says about endpoints, models and projects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import audit, azure
from endpoints.mirror.open_changes import needs_decision
from endpoints.models import Change, Endpoint, Project, Resource, SpeechModel, Status
from endpoints.models.change import MARK
from endpoints.models.end import lifetime
from endpoints.models.endpoint import words_for
from endpoints.models.event import Verb
from endpoints.models.model import ModelKind
from endpoints.models.status import UNSTARTED, ChangeKind, ChangeState

CATALOGUE_EVERY = timedelta(minutes=10)


def mirror(resource: Resource, service: azure.SpeechClient) -> None:
    """Bring our rows to what the service says now.

    Endpoints each time, by few list calls; projects and models every ten minutes, or when an endpoint names one
    that we do not know. Raises azure.SpeechError and leaves the rows as they were when a listing is not whole.
    """
    began = timezone.now()
    endpoints = list(service.list_endpoints())
    if _catalogue_is_old(resource, endpoints):
        mirror_catalogue(resource, service)
    first_time = resource.mirrored_at is None
    known = Known(resource)
    for batch in batched(endpoints, 200):
        # Short transactions: on SQLite a writer keeps all other writers waiting.
        with transaction.atomic():
            for remote in batch:
                mirror_endpoint(resource, remote, known=known, tell=not first_time)
    with transaction.atomic():
        _mark_gone(resource, [remote.id for remote in endpoints], began)
    Resource.objects.filter(pk=resource.pk).update(mirrored_at=began)
    resource.mirrored_at = began


def mirror_catalogue(resource: Resource, service: azure.SpeechClient) -> None:
    """Mirror projects and models; those that the service no longer lists are marked as gone."""
    began = timezone.now()
    projects = list(service.list_projects()) if service.capabilities.projects else []
    listed = [*service.list_base_models(), *service.list_custom_models()]
    names = _dataset_names(resource, service, listed)
    with transaction.atomic():
        known = Known(resource)
        of_projects = {project.id: project for project in projects}.values()  # pages that shift may repeat one
        _write(Project.objects, [one for project in of_projects if (one := _project(resource, project, known))])
        _mark_absent(resource.projects.all(), [project.id for project in projects], began)
        known = Known(resource)
        # A custom model names its base model, so base models go first.
        for kind in (ModelKind.BASE, ModelKind.CUSTOM):
            of_kind = {model.id: model for model in listed if model.kind == kind}.values()
            _write(SpeechModel.objects, [row for model in of_kind if (row := _model(resource, model, names, known))])
        _mark_absent(resource.models.all(), [model.id for model in listed], began)
        _tell_endpoints(resource)
    resource.catalogued_at, resource.capabilities = began, msgspec.structs.asdict(service.capabilities)
    resource.save(update_fields=["catalogued_at", "capabilities"])


class Known:
    """Our models, projects and endpoints of one resource by the service's ids, each read once for a whole listing."""

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
def mirror_endpoint(
    resource: Resource, remote: azure.Endpoint, *, known: Known | None = None, tell: bool = True
) -> Endpoint | None:
    """Write what the service said of one endpoint; an older answer never overwrites a newer one.

    Returns the row, or None when the answer was too old. `tell` records endpoints that were made elsewhere.
    """
    known = known or Known(resource)
    row = known.endpoints.get(remote.id) or _row_of(resource, remote)
    if row.last_action_at and remote.last_action and remote.last_action < row.last_action_at:
        return None
    new = row._state.adding
    model = known.models.get((remote.model_kind or "", remote.model_id or ""))
    said = {
        "remote_id": remote.id,
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "model": model,
        **(model.for_endpoint if model else SpeechModel.UNKNOWN),
        "project": known.projects.get(remote.project_id or ""),
        "status": remote.status,
        "error": _words(remote.error) if remote.status == Status.FAILED else "",
        "logging_enabled": remote.logging_enabled,
        "links": remote.links,
        "time_to_live": lifetime(remote.time_to_live),
        "mark": remote.custom_properties.get(MARK, "")[:36],
        "created_at": remote.created or row.created_at,
        "last_action_at": remote.last_action,
        "gone_at": None,
    }
    if new or any(getattr(row, name) != value for name, value in said.items()):
        late = not new and row.remote_id is None
        before = {} if new or late else row.facts
        for name, value in said.items():
            setattr(row, name, value)
        row.save()
        _tell_of_changes_outside(row, before)
        if late:
            _made_after_all(row)
    if new and tell:
        audit.record(Verb.FOUND, endpoint=row)
    return row


def _made_after_all(row: Endpoint) -> None:
    """People need not decide about its creation any more; the next look tells how it went."""
    for change in row.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.CREATE):
        Change.objects.move(change, ChangeState.DEPLOYING, accepted_at=Now(), next_look_at=Now(), error="")


def _tell_of_changes_outside(row: Endpoint, before: dict[str, Any]) -> None:
    """Write down what the service now says otherwise although nobody here asked for it."""
    differing = {name for name, value in before.items() if row.facts[name] != value}
    if not differing:
        return
    ours = row.changes.exclude(sent_at=None).order_by("-sent_at").first()
    asked = ours is not None and all(ours.wanted.get(name) == row.facts[name] for name in differing)
    if not asked:
        audit.record(Verb.CHANGED_OUTSIDE, endpoint=row, what=words_for(differing))


@transaction.atomic
def mark_gone(endpoint: Endpoint, *, told: bool = False) -> None:
    """The service no longer has this endpoint: the row stays, out of the list. `told`: somebody here asked for it."""
    if endpoint.gone_at is None:
        endpoint.gone_at = timezone.now()
        endpoint.save(update_fields=["gone_at", "updated_at"])
        if not told:
            audit.record(Verb.VANISHED, endpoint=endpoint)
        # What waits for its time would find nothing then.
        for change in endpoint.changes.filter(UNSTARTED).exclude(kind=ChangeKind.DELETE):
            needs_decision(change, _("The endpoint was deleted at the service."))
        # What nobody could be sure of is true.
        for change in endpoint.changes.filter(state=ChangeState.UNDECIDED, kind=ChangeKind.DELETE):
            if Change.objects.move(change, ChangeState.DONE, error=""):
                audit.record(Verb.DELETED, endpoint=endpoint, change=change)


def _row_of(resource: Resource, remote: azure.Endpoint) -> Endpoint:
    """The row of an endpoint whose id we do not know: by the mark of the change that made it, or a new one."""
    if mark := remote.custom_properties.get(MARK):
        unnamed = Change.objects.filter(
            endpoint__resource=resource, endpoint__remote_id=None, pk__in=_uuids(mark)
        ).select_related("endpoint")
        if change := unnamed.first():
            return Endpoint.of(change)
    return Endpoint(resource=resource)


def _mark_gone(resource: Resource, listed: list[str], began: datetime) -> None:
    # An endpoint that was made while we listed may be missing from the list and is not gone.
    settled = resource.endpoints.present().filter(~Q(remote_id=None), updated_at__lt=began)
    for endpoint in settled.exclude(remote_id__in=listed):
        mark_gone(endpoint)


def _catalogue_is_old(resource: Resource, endpoints: list[azure.Endpoint]) -> bool:
    if resource.catalogued_at is None or timezone.now() - resource.catalogued_at > CATALOGUE_EVERY:
        return True
    known = set(resource.models.values_list("remote_id", flat=True))
    return any(remote.model_id and remote.model_id not in known for remote in endpoints)


def _project(resource: Resource, remote: azure.Project, known: Known) -> Project | None:
    """The row of a project, when it says something that we have not written down yet."""
    row = known.projects.get(remote.id) or Project(resource=resource, remote_id=remote.id)
    said = {
        "display_name": remote.display_name,
        "description": remote.description,
        "locale": remote.locale,
        "created_at": remote.created,
        "gone_at": None,
    }
    return row if _learns(row, said) else None


def _dataset_names(resource: Resource, service: azure.SpeechClient, listed: list[azure.Model]) -> dict[str, str]:
    """What the data sets of these models are called (Projects_ListDatasets): a model names their ids only.

    One listing for each project that has such models. Names that cannot be had now stay as we had them.
    """
    kept = resource.models.filter(kind=ModelKind.CUSTOM).values_list("datasets", flat=True)
    names = {one["id"]: one["name"] for datasets in kept for one in datasets}
    homes = {model.project_id for model in listed if model.project_id and model.dataset_ids}
    for home in sorted(homes) if service.capabilities.projects else []:
        try:
            names |= {one.id: one.display_name for one in service.list_project_datasets(home)}
        except (azure.Refused, ValueError):
            continue  # this project alone, which may have been deleted meanwhile
        except azure.SpeechError:
            break  # the service is slow or away: names can wait, the endpoints cannot
    return names


def _model(resource: Resource, remote: azure.Model, names: dict[str, str], known: Known) -> SpeechModel | None:
    """The row of a model, when it says something that we have not written down yet."""
    key = (remote.kind, remote.id)
    row = known.models.get(key) or SpeechModel(resource=resource, kind=remote.kind, remote_id=remote.id)
    known.models[key] = row
    base = known.models.get((ModelKind.BASE, remote.base_model_id or ""))
    project = known.projects.get(remote.project_id or "")
    said = {
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
    return row if _learns(row, said) else None


def _learns(row: models.Model, said: dict[str, Any]) -> bool:
    """Give the row what the service says; tells whether that is anything new."""
    new = row._state.adding or any(getattr(row, name) != value for name, value in said.items())
    for name, value in said.items():
        setattr(row, name, value)
    return new


def _write(rows: models.Manager[Any], learned: list[Any]) -> None:
    """Few statements for many rows: on SQLite a writer keeps all other writers waiting."""
    fields = {field.name for field in rows.model._meta.concrete_fields}
    once = sorted(fields & {"resource", "kind", "remote_id"})
    others = sorted(fields - {"id", *once})
    rows.bulk_create(learned, update_conflicts=True, unique_fields=once, update_fields=others)


def _tell_endpoints(resource: Resource) -> None:
    """Each endpoint keeps what it shows of its model."""
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


def _words(error: azure.EntityError | None) -> str:
    return error.message or error.code if error else ""


def _uuids(mark: str) -> list[UUID]:
    """The UUID that a mark is; none for a mark that somebody else has given."""
    try:
        return [UUID(mark)]
    except ValueError:
        return []
