"""A person's preferences: time zone, language, columns, favorites and saved views."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: object) -> Self:
        """A person's views, and those that others share."""
        return self.filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """A named view of the list: its query string without the page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('endpoints:list')}?{self.query}"


class Theme(models.TextChoices):
    LIGHT = "light", gettext_lazy("Light")
    DARK = "dark", gettext_lazy("Dark")


class Density(models.TextChoices):
    COMPACT = "compact", gettext_lazy("Compact")


class Preferences(models.Model):
    """An empty value means the default of the installation or of the browser."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="preferences"
    )
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True, choices=Theme, default="", db_default="")
    density = models.CharField(max_length=10, blank=True, choices=Density, default="", db_default="")
    columns = models.JSONField(default=list)  # keys of the columns to show; empty: the usual ones
    alerts_of_all = models.BooleanField(default=True, db_default=True)  # of all that they see, or of what they follow
    alerts_seen_at = models.DateTimeField(null=True)
    default_view = models.ForeignKey(SavedView, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class Favorite(models.Model):
    """An endpoint that a person wants at the top of the list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey("endpoints.Endpoint", on_delete=models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "endpoint"], name="favorite_once")]

    def __str__(self) -> str:
        return f"{self.endpoint}, a favorite of {self.user}"
