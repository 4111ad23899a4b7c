"""Grants: which role a person or a group holds, and where. endpoints.access.roles says what a role allows."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from endpoints.models.project import Project
from endpoints.models.resource import Resource


class RoleName(models.TextChoices):
    VIEWER = "viewer"
    LISTENER = "listener"
    ON_CALL = "on-call"
    DEPLOYER = "deployer"
    LOG_ADMIN = "log-admin"
    RESOURCE_ADMIN = "resource-admin"
    OWNER = "owner"


class GrantQuerySet(models.QuerySet["Grant"]):
    def of_person(self, pk: int) -> "GrantQuerySet":
        """Their own grants and those of their groups."""
        groups = Group.user_set.through.objects.filter(user=pk).values("group")
        return self.filter(Q(person=pk) | Q(group__in=groups))


class Grant(models.Model):
    """A role of a person or of a group, for a Speech resource or a project; for everything when neither is set."""

    role = models.CharField(max_length=20)  # a RoleName, or one of a newer version
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, null=True, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, group__isnull=False) | Q(person__isnull=False, group=None),
                name="grant_of_a_person_or_a_group",
            ),
            models.CheckConstraint(
                condition=Q(resource=None) | Q(project=None), name="grant_for_a_resource_or_a_project"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} for {self.project or self.resource or 'everything'}"
