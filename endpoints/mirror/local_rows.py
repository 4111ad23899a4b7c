"""Our rows of one resource, found by the ids that the service gives them."""

from __future__ import annotations

from functools import cached_property

from endpoints.models import Endpoint, Project, Resource, SpeechModel


class LocalRows:
    """Our models, projects and endpoints of one resource by their ids on the service, each table read once.

    The service's ids are compared without regard to case, so those in the keys are in lower case.
    """

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    @cached_property
    def models(self) -> dict[tuple[str, str], SpeechModel]:
        return {(model.kind, model.remote_id.lower()): model for model in self.resource.models.all()}

    @cached_property
    def projects(self) -> dict[str, Project]:
        return {project.remote_id.lower(): project for project in self.resource.projects.all()}

    @cached_property
    def endpoints(self) -> dict[str | None, Endpoint]:
        return {row.remote_id.lower(): row for row in self.resource.endpoints.exclude(remote_id=None) if row.remote_id}
