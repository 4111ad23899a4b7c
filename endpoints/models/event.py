"""Who did what: append-only."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    ASKED_CREATE = "asked-create", _("asked to deploy %(model)s")
    ASKED_CHANGE_MODEL = "asked-change-model", _("asked to change the model from %(old)s to %(model)s")
    ASKED_EDIT = "asked-edit", _("asked to change %(what)s")
    ASKED_DELETE = "asked-delete", _("asked to delete the endpoint")
    ASKED_BULK = "asked-bulk", _("asked in bulk: %(what)s, endpoints: %(count)s")
    CANCELLED = "cancelled", _("cancelled the change before it started")
    TRIED_AGAIN = "tried-again", _("decided to try again")
    GAVE_UP = "gave-up", _("gave up")
    DISMISSED = "dismissed", _("removed the endpoint from the list")
    EDITED = "edited", _("was changed as asked")
    DELETED = "deleted", _("was deleted as asked")
    CHANGED_OUTSIDE = "changed-outside", _("was changed outside: %(what)s")
    DEPLOYED = "deployed", _("deployed %(model)s")
    REFUSED = "refused", _("was refused")
    FAILED = "failed", _("failed to deploy %(model)s")
    UNDECIDED = "undecided", _("could not be settled and needs a decision")
    FOUND = "found", _("was found at the service")
    VANISHED = "vanished", _("was deleted at the service")
    KEY_SHOWN = "key-shown", _("looked at the endpoint key")
    LOGS_ASKED = "logs-asked", _("asked for the content logs")
    LOGS_READY = "logs-ready", _("prepared the content logs: %(files)s files")
    LOGS_DOWNLOADED = "logs-downloaded", _("downloaded the content logs")
    LOGS_PLAYED = "logs-played", _("listened to the recording %(entry)s")
    LOGS_READ = "logs-read", _("read the transcript %(entry)s")
    LOGS_KEPT = "logs-kept", _("decided how content logs are kept: %(what)s")
    LOGS_REMOVED = "logs-removed", _("removed copies of content logs after their time: %(files)s files")
    PURGE_ASKED = "purge-asked", _("asked to delete content logs: %(what)s")
    PURGED = "purged", _("deleted content logs: %(files)s files")
    RESOURCE_ADDED = "resource-added", _("added the Speech resource %(resource)s")
    RESOURCE_CHANGED = "resource-changed", _("changed the Speech resource %(resource)s")


class EventQuerySet(models.QuerySet["Event"]):
    def for_page(self) -> "EventQuerySet":
        return self.select_related("actor", "endpoint")


class Event(models.Model):
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=30, choices=Verb)
    endpoint = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.CASCADE, related_name="events")
    change = models.ForeignKey("endpoints.Change", null=True, on_delete=models.SET_NULL, related_name="events")
    facts = models.JSONField(default=dict)
    detail = models.TextField(blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.text}"

    @property
    def text(self) -> str:
        """The sentence without its subject; facts that an older event lacks are left open, newer verbs stay words."""
        return str(Verb(self.verb).label) % _Gaps(self.facts) if self.verb in Verb.values else self.verb


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
