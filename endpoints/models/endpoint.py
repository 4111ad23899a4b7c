"""An endpoint: a copy of the service's, with an id of ours that exists before the service has assigned one."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import connections, models
from django.db.models import FilteredRelation, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models.automatic_deletion import AutomaticDeletion
from endpoints.models.change import Change
from endpoints.models.expiration import Expiration
from endpoints.models.project import Project
from endpoints.models.resource import Resource
from endpoints.models.search_words import SearchWords
from endpoints.models.service_errors import in_words
from endpoints.models.sorting import list_index, text_sort_key
from endpoints.models.status import (
    CLOSED,
    OPEN,
    SETTLED,
    ChangeKind,
    ChangeState,
    ShownStatus,
    Status,
    deploying_for,
    unknown,
)

if TYPE_CHECKING:
    from endpoints.models.model import SpeechModel

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # sorts after all expiration dates


def new_number() -> int:
    return secrets.randbelow(2**62)


# A row of the list changes only when one of these or the time does; `change` is the open change.
VERSION = (
    "pk",
    "updated_at",
    "status",
    "time_to_live",
    "resource__free_tier",
    "resource__name",
    "resource__region",
    "resource__paused_at",
    "model__display_name",
    "model__kind",
    "model__expires_at",
    *("change__updated_at", "probe__verdict"),
)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def present(self) -> Self:
        """Endpoints that the service still has, or that were requested here."""
        return self.filter(gone_at=None)

    def for_list(self) -> Self:
        """With the columns that a row of the list shows."""
        return self.select_related("model", "resource").defer(
            "links", "words", "model__words", "resource__capabilities"
        )

    def versions(self, *fields: str) -> "models.QuerySet[Endpoint, Any]":
        """The values of VERSION and `fields` of each row, which are faster to read than whole rows."""
        change = FilteredRelation("changes", condition=Q(changes__state__in=OPEN))
        return self.annotate(change=change).values_list(*dict.fromkeys((*VERSION, *fields)), named=True)

    def for_page(self) -> Self:
        """With everything that the endpoint's page shows."""
        changes = Change.objects.open().select_related("model", "from_model", "actor")
        return self.select_related("model", "project", "resource").prefetch_related(
            Prefetch("changes", queryset=changes, to_attr="open_changes")
        )

    def locales(self) -> list[str]:
        return self._each("locale")

    def owners(self, most: int) -> list[str]:
        """The names in `owner`, `most` of them in order; also the empty one, if there is any endpoint without."""
        return self._each("owner", f"LIMIT {most:d}")

    def _each(self, column: str, limit: str = "") -> list[str]:
        """All values of a column of ours, by one seek in its index for each of them."""
        first = f"SELECT min({column}) FROM endpoints_endpoint WHERE gone_at IS NULL"  # noqa: S608 (our own names)
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE there(one) AS ({first} UNION ALL SELECT ({first} AND {column} > there.one) FROM there "  # noqa: S608 (our own names)
                f"WHERE there.one IS NOT NULL) SELECT one FROM there WHERE one IS NOT NULL {limit}"
            )
            return [one for (one,) in cursor.fetchall()]


class Endpoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="endpoints")
    remote_id = models.CharField(max_length=36, null=True)  # noqa: DJ001 (NULL: none yet, and unique all the same)
    display_name = models.TextField()
    description = models.TextField(blank=True)
    locale = models.CharField(max_length=35)
    model = models.ForeignKey("endpoints.SpeechModel", null=True, on_delete=models.SET_NULL, related_name="endpoints")
    # Copies of the model's values, so that the list can be sorted by them without a join.
    model_name = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="endpoints")
    status = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    logging_enabled = models.BooleanField(default=False)
    links = models.JSONField(default=dict)
    time_to_live = models.DurationField(null=True)
    mark = models.CharField(max_length=36, blank=True, db_index=True)  # the id of the Change that created it, if any
    # The names of people outlive the people; empty: in Azure, or nobody that is known.
    owner = models.CharField(max_length=150, blank=True, default="", db_default="")  # who requested it
    changed_by = models.CharField(max_length=150, blank=True, default="", db_default="")  # the last change in effect
    log_folder = models.CharField(max_length=200, blank=True)
    unreadable = models.TextField(blank=True, default="", db_default="")  # why its latest data could not be used
    # When we last knew its state: by a request of ours, or from the listing it was found in. By the database's clock.
    confirmed_at = models.DateTimeField(null=True)
    hinted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_action_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    # Columns that the database computes, for sorting and for search (endpoints.models.search).
    number = models.BigIntegerField(default=new_number, unique=True, editable=False)
    name_key = text_sort_key("display_name")
    description_key = text_sort_key("description")
    model_key = text_sort_key("model_name")
    expires_key = models.GeneratedField(
        expression=Coalesce("expires_at", Value(NEVER)), output_field=models.DateTimeField(), db_persist=True
    )
    changed_key = models.GeneratedField(
        expression=Coalesce("last_action_at", "created_at"), output_field=models.DateTimeField(), db_persist=True
    )
    words = models.GeneratedField(
        expression=SearchWords(
            Concat(
                *("display_name", Value(" "), "description", Value(" "), "model_name", Value(" "), "remote_id"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ("view",)
        permissions = [("deploy_model", "Can deploy models and change the model of an endpoint")]
        constraints = [models.UniqueConstraint(fields=["resource", "remote_id"], name="endpoint_once")]
        indexes = [
            list_index("created", extra=("expires_key",)),
            list_index("name", "name_key"),
            list_index("description", "description_key"),
            list_index("model", "model_key"),
            list_index("locale", "locale"),
            list_index("status", "status"),
            list_index("expiration", "expires_key"),
            list_index("logging", "logging_enabled"),
            list_index("changed", "changed_key"),
            list_index("project", "project"),
            list_index("resource", "resource"),
            list_index("owner", "owner"),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_absolute_url(self) -> str:
        return reverse("endpoints:detail", args=[self.pk])

    @classmethod
    def of(cls, change: Change) -> "Endpoint":
        """The endpoint of an open change. Raises LookupError when it was removed with its resource."""
        if change.endpoint is None:
            raise LookupError(f"The endpoint of the change {change.pk} was removed.")
        return change.endpoint

    @property
    def open_change(self) -> Change | None:
        """The change that is not closed yet; at most one."""
        if not hasattr(self, "open_changes"):
            self.open_changes = list(self.changes.open().select_related("model", "from_model", "actor"))
        return self.open_changes[0] if self.open_changes else None

    @property
    def can_be_dismissed(self) -> bool:
        """The service never had it, and no open change can still create it."""
        if self.remote_id is not None or self.gone_at is not None:
            return False
        states = set(self.changes.filter(kind=ChangeKind.CREATE).values_list("state", flat=True))
        return bool(states) and states <= set(CLOSED) - {ChangeState.DONE, ChangeState.REPLACED}

    def duplicates(self) -> EndpointQuerySet:
        """Other endpoints that the same change request created on the service.

        One that was registered under another name too, with its resource, is the same endpoint and no duplicate.
        """
        same = Endpoint.objects.present().filter(resource=self.resource_id, mark=self.mark).exclude(pk=self.pk)
        return same.exclude(remote_id=self.remote_id) if self.mark and not self.gone_at else same.none()

    @property
    def usual_duration(self) -> timedelta | None:
        """The median duration of its last nine deployments."""
        return Change.objects.usual_durations([self.pk]).get(self.pk)

    @property
    def settled(self) -> bool:
        """Nothing is in progress that a page has to poll for.

        A scheduled change is not in progress yet, and nothing is while the Speech resource is paused.
        """
        change = self.open_change
        settled = (change is None or change.waits_for_its_time) and self.status in (*SETTLED, "")
        return settled or self.resource.paused

    @property
    def facts(self) -> dict[str, Any]:
        """The part of the actual state that changes can affect. The desired state of a change has these keys."""
        return {
            "model": self.model.remote_id if self.model else None,
            "display_name": self.display_name,
            "description": self.description,
            "logging_enabled": self.logging_enabled,
        }

    def shows(self, desired: dict[str, Any]) -> bool:
        """Whether its actual state has these values, and there are any."""
        facts = self.facts
        return bool(desired) and all(facts.get(name) == value for name, value in desired.items())

    @property
    def end(self) -> AutomaticDeletion | None:
        """When the service deletes the endpoint by itself; None if it does not, or if that is unknown."""
        return AutomaticDeletion.of(self.created_at, time_to_live=self.time_to_live, free_tier=self.resource.free_tier)

    @property
    def expiration(self) -> Expiration | None:
        """The expiration of its model; endpoints themselves do not expire."""
        return self.model.expiration if self.model else None

    @property
    def serving_model(self) -> "SpeechModel | None":
        """The model that answers calls now; None before the first deployment has succeeded.

        "Deploy a custom speech model": while another model is deployed, the present one keeps serving.
        """
        change = self.open_change
        if change and change.kind == ChangeKind.CREATE:
            return None
        if change and change.kind == ChangeKind.CHANGE_MODEL and change.sent_at:
            return change.from_model
        return self.model

    @property
    def serving_expiration(self) -> Expiration | None:
        """Of the model that serves, or that will be the first to serve."""
        model = self.serving_model or self.model
        return model.expiration if model else None

    @property
    def serving_status(self) -> ShownStatus:
        """Whether it serves, without what has been requested; that is what the open change shows."""
        change = self.open_change
        if self.unreadable:
            return ShownStatus(self.status, _("Can't be read"), "unknown", _(self.unreadable))
        if change and change.kind == ChangeKind.CREATE:
            return ShownStatus("", _("Not serving yet"), "waiting")
        if change and change.kind == ChangeKind.CHANGE_MODEL and change.sent_at:
            return self._as_shown(change.before.get("status", ""))
        return self._as_shown(self.status)

    @property
    def shown_status(self) -> ShownStatus:
        """Both in one word: an open change takes precedence over the service's status."""
        if change := self.open_change:
            return change.shown_status(self.status, self.resource)
        return self.serving_status

    def _as_shown(self, status: str) -> ShownStatus:
        match status:
            case Status.SUCCEEDED:
                return ShownStatus(status, _("Succeeded"), "success")
            case Status.FAILED:
                return ShownStatus(status, _("Failed"), "failed", in_words(self.error))
            case Status.NOT_STARTED | Status.RUNNING:
                return ShownStatus(status, _("Deploying"), "running", deploying_for(self.last_action_at))
        return ShownStatus(status, unknown(status), "unknown")
