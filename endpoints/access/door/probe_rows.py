"""Which probes and trials a person sees. What was recognized is for its own person, and for whoever may read logs."""

from uuid import UUID

from django.db.models import QuerySet

from endpoints.access import roles
from endpoints.access.door import within
from endpoints.access.door.covered import one, visible
from endpoints.access.grants import Person, scope
from endpoints.models import Endpoint, Probe, Trial
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.probe import ProbeQuerySet, ProbeRun
from endpoints.models.trial import TrialPurpose, TrialQuerySet


def probes(person: Person, permission: str = roles.VIEW) -> ProbeQuerySet:
    return visible(Probe.objects.all(), person, permission)


def probe(person: Person, endpoint: Endpoint, permission: str = roles.VIEW) -> Probe | None:
    """The probe of an endpoint, without its texts; None when it has none, or without the permission."""
    rows = probes(person, permission).filter(pk=endpoint.pk).select_related("recording", "model")
    return rows.defer("known", "recording__audio").first()


def probe_runs(person: Person, endpoint: Endpoint) -> "QuerySet[ProbeRun, ProbeRun]":
    """Newest first."""
    return ProbeRun.objects.filter(probe__in=probes(person).filter(pk=endpoint.pk).values("pk"))


def verdicts(person: Person) -> dict[UUID, str]:
    """The verdict of each endpoint that has a probe, by the endpoint's id."""
    return dict(probes(person).values_list("pk", "verdict"))


def trials(person: Person) -> TrialQuerySet:
    """Trials of recordings for probes: one's own, and those of others for whoever may read logs."""
    rows = visible(Trial.objects.filter(purpose=TrialPurpose.PROBE), person, roles.DEPLOY)
    own = rows.filter(actor=person.pk)
    return own | visible(rows, person, roles.READ_LOGS) if scope(person, roles.READ_LOGS) else own


def try_trial(person: Person, endpoint: Endpoint, pk: UUID) -> Trial:
    """A recording that the person has tried; nobody else sees it."""
    rows = Trial.objects.filter(purpose=TrialPurpose.TRY, actor=person.pk, endpoint=endpoint).select_related("also")
    return one(visible(rows, person, roles.TRY), person, roles.TRY, pk)


def endpoints_to_try(person: Person, endpoint: Endpoint) -> EndpointQuerySet:
    """Endpoints with other models that can be asked to hear the same recording; by name."""
    rows = visible(Endpoint.objects.all(), person, roles.TRY, within.endpoints).present()
    rows = rows.filter(resource=endpoint.resource_id, locale=endpoint.locale).exclude(remote_id=None)
    return rows.exclude(pk=endpoint.pk).exclude(model=endpoint.model_id).order_by("name_key", "pk")


def trial(person: Person, endpoint: Endpoint, pk: UUID) -> Trial:
    """Of this endpoint, with its recording but without the sound; Http404, PermissionDenied."""
    rows = trials(person).filter(endpoint=endpoint).select_related("recording").defer("recording__audio")
    return one(rows, person, roles.DEPLOY, pk)
