"""A custom speech project: a copy of what the service says."""

import uuid
from typing import Self

from django.db import models
from django.db.models.functions import Lower

from endpoints.models.resource import Resource


class ProjectQuerySet(models.QuerySet["Project"]):
    def present(self) -> Self:
        return self.filter(gone_at=None)


class Project(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="projects")
    remote_id = models.CharField(max_length=36)
    display_name = models.TextField()
    description = models.TextField(blank=True)
    locale = models.CharField(max_length=35)
    created_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = [Lower("display_name")]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["resource", "remote_id"], name="project_once")]

    def __str__(self) -> str:
        return self.display_name
