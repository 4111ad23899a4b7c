"""The audit log: who did what. Append-only; only endpoints.audit writes it."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from endpoints.models.numbers import grouped

Fact = str | int | list[dict[str, str]]


class Verb(models.TextChoices):
    REQUESTED_CREATE = "requested-create", _("asked to deploy %(model)s")
    REQUESTED_CHANGE_MODEL = "requested-change-model", _("asked to change the model from %(old)s to %(model)s")
    REQUESTED_EDIT = "requested-edit", _("asked to change %(what)s")
    REQUESTED_DELETE = "requested-delete", _("asked to delete the endpoint")
    REQUESTED_BULK = "requested-bulk", _("asked in bulk: %(what)s, endpoints: %(count)s")
    CANCELED = "canceled", _("canceled the change before it started")
    REPLACED = "replaced", _("replaced the open change of the model to %(model)s")
    TRIED_AGAIN = "tried-again", _("decided to try again")
    GAVE_UP = "gave-up", _("gave up")
    DISMISSED = "dismissed", _("removed the endpoint from the list")
    EDITED = "edited", _("was changed as requested")
    DELETED = "deleted", _("was deleted as requested")
    CHANGED_OUTSIDE = "changed-outside", _("was changed outside: %(what)s")
    DEPLOYED = "deployed", _("deployed %(model)s")
    REFUSED = "refused", _("was refused")
    FAILED = "failed", _("failed to deploy %(model)s")
    EDIT_FAILED = "edit-failed", _("could not be changed as requested")
    TOOK_EFFECT = "took-effect", _("took effect after all: %(what)s")
    UNDECIDED = "undecided", _("could not be settled and needs a decision")
    FOUND = "found", _("was found at the service")
    VANISHED = "vanished", _("was deleted at the service")
    KEY_SHOWN = "key-shown", _("looked at the endpoint key")
    LOGS_REQUESTED = "logs-requested", _("asked for the content logs")
    LOGS_READY = "logs-ready", _("prepared the content logs: %(files)s files")
    DOWNLOAD_CANCELED = "download-canceled", _("canceled a download of content logs")
    DOWNLOAD_PAUSED = "download-paused", _("paused a download of content logs")
    DOWNLOAD_RESUMED = "download-resumed", _("resumed a download of content logs")
    DOWNLOAD_RETRIED = "download-retried", _("started a download of content logs again")
    LOGS_DOWNLOADED = "logs-downloaded", _("downloaded the content logs")
    LOGS_PLAYED = "logs-played", _("listened to the recording %(entry)s")
    LOGS_READ = "logs-read", _("read the transcript %(entry)s")
    LOGS_KEPT = "logs-kept", _("decided how content logs are kept: %(what)s")
    LOGS_REMOVED = "logs-removed", _("removed copies of content logs after their time: %(files)s files")
    PURGE_REQUESTED = "purge-requested", _("asked to delete content logs: %(what)s")
    PURGED = "purged", _("deleted content logs: %(files)s files")
    RESOURCE_ADDED = "resource-added", _("added the Speech resource %(resource)s")
    RESOURCE_CHANGED = "resource-changed", _("changed the Speech resource %(resource)s")
    RESOURCE_PAUSED = "resource-paused", _("paused the Speech resource %(resource)s")
    RESOURCE_RESUMED = "resource-resumed", _("resumed the Speech resource %(resource)s")
    RESOURCE_REMOVED = "resource-removed", _("removed the Speech resource %(resource)s")
    LOG_FOLDER_CHANGED = "log-folder-changed", _("changed the folder of the content logs")
    VIEW_SHARED = "view-shared", _("shared the view %(view)s")
    VIEW_CHANGED = "view-changed", _("changed the shared view %(view)s")
    VIEW_UNSHARED = "view-unshared", _("stopped sharing the view %(view)s")
    VIEW_DELETED = "view-deleted", _("deleted the shared view %(view)s")


# Labels of the fields of resources and endpoints that can change, by the names that Event.facts["fields"] uses.
FIELDS = {
    "model": _("Model"),
    "display_name": _("Name"),
    "description": _("Description"),
    "logging_enabled": _("Content logging"),
    "name": _("Name"),
    "region": _("Service region"),
    "url": _("Service address"),
    "api_version": _("API version"),
    "automatic_version": _("API version is chosen automatically"),
    "free_tier": _("Free tier (F0)"),
    "auth": _("Authentication"),
    "tenant_id": _("Tenant ID"),
    "client_id": _("Client ID"),
    "key": _("Key or client secret"),
    "log_container": _("Storage container of the content logs"),
    "log_folder": _("Folder"),
    "web_hook": _("Web hook"),
}


# In the middle of a sentence.
_WORDS = {
    "model": _("model"),
    "display_name": _("name"),
    "description": _("description"),
    "logging_enabled": _("content logging"),
}


class Event(models.Model):
    """One entry. Ids and names are plain values, not foreign keys, so that the entry outlives what it describes."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, db_index=True)  # None: a worker
    actor_name = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=30)  # a Verb, or one of a newer version
    endpoint_id = models.UUIDField(null=True, db_index=True)
    endpoint_name = models.TextField(blank=True)
    resource_id = models.UUIDField(null=True, db_index=True)
    resource_name = models.CharField(max_length=200, blank=True)
    change_id = models.UUIDField(null=True, db_index=True)
    facts = models.JSONField(default=dict)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.text}"

    @property
    def text(self) -> str:
        """The sentence without its subject. Missing facts are shown as "…", unknown verbs as they are stored."""
        if self.verb not in Verb.values:
            return self.verb
        changed = {entry["field"] for entry in self.facts.get("fields", [])}
        what = {"what": ", ".join(str(word) for name, word in _WORDS.items() if name in changed)} if changed else {}
        facts = {name: grouped(fact) if type(fact) is int else fact for name, fact in self.facts.items()}
        return str(Verb(self.verb).label) % _WithEllipsis(what | facts | {"resource": self.resource_name})

    @property
    def fields(self) -> list[tuple[str, str, str]]:
        """Label, old and new value of each changed field; secrets are never in it, only "replaced"."""
        changed = self.facts.get("fields", [])
        return [(str(FIELDS.get(entry["field"], entry["field"])), entry["old"], entry["new"]) for entry in changed]


class _WithEllipsis(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
