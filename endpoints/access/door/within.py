"""Which rows of each noun lie within a scope that isn't everything, as conditions for a query.

A grant for a project covers its endpoints and what belongs to them, its models, the base models of its Speech
resource, and that resource's name.
"""

from django.db.models import Q

from endpoints.access.grants import Scope
from endpoints.models import Endpoint, Project
from endpoints.models.model import ModelKind


def endpoints(held: Scope) -> Q:
    return Q(resource__in=held.resources) | Q(project__in=held.projects)


def of_endpoints(held: Scope) -> Q:
    """Of what has an `endpoint`; not of what has lost it together with its Speech resource."""
    return Q(endpoint__in=Endpoint.objects.filter(endpoints(held)).order_by().values("pk"))


def models(held: Scope) -> Q:
    return endpoints(held) | Q(kind=ModelKind.BASE, resource__in=_resources_of_projects(held))


def projects(held: Scope) -> Q:
    return Q(resource__in=held.resources) | Q(pk__in=held.projects)


def resources(held: Scope) -> Q:
    """Without those of which only a project is covered."""
    return Q(pk__in=held.resources)


def named_resources(held: Scope) -> Q:
    return resources(held) | Q(pk__in=_resources_of_projects(held))


def events(held: Scope) -> Q:
    """About a covered resource, or about an endpoint of a covered project."""
    endpoints_of_projects = Endpoint.objects.filter(project__in=held.projects).order_by().values("pk")
    return Q(resource_id__in=held.resources) | Q(endpoint_id__in=endpoints_of_projects)


def _resources_of_projects(held: Scope) -> object:
    return Project.objects.filter(pk__in=held.projects).order_by().values("resource")
