"""An endpoint: what the service says of it, plus our own id, which exists before the service has given one."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db import connections, models
from django.db.models import F, FilteredRelation, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Concat, Left, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models.change import Change
from endpoints.models.end import End
from endpoints.models.expiration import Expiration
from endpoints.models.project import Project
from endpoints.models.resource import Resource
from endpoints.models.status import CLOSED, OPEN, SETTLED, ChangeKind, ChangeState, ShownStatus, Status, deploying_for

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # sorts after each day on which a model expires


def new_number() -> int:
    return secrets.randbelow(2**62)


def sorted_by(name: str, *fields: str, beside: tuple[str, ...] = ()) -> models.Index:
    """An index by which the list can be read in this order from any place, without what is gone.

    beside: what else is in it, so that rows are not read only to be passed over.
    """
    fields = (*fields, "created_at", "id", *beside)
    return models.Index(fields=fields, condition=Q(gone_at=None), name=f"endpoints_by_{name}")


def beginning(field: str) -> models.GeneratedField:
    """A text as it is sorted; cut, because an index takes no more."""
    kept = models.CharField(max_length=100)
    return models.GeneratedField(expression=Left(Lower(F(field)), 100), output_field=kept, db_persist=True)


# What an endpoint's row shows changes with these and with the time; `change` is the open one.
VERSION = (
    "pk",
    "updated_at",
    "status",
    "time_to_live",
    "resource__free_tier",
    "model__display_name",
    "model__kind",
    "model__expires_at",
    "change__updated_at",
)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def present(self) -> Self:
        """Endpoints that the service still has, or that were asked for here."""
        return self.filter(gone_at=None)

    def for_list(self) -> Self:
        """With all that a row shows, and without what only the endpoint's own page does."""
        return self.select_related("model", "resource").defer("links", "words", "resource__capabilities")

    def versions(self, *fields: str) -> "models.QuerySet[Endpoint, Any]":
        """Of each row of a list what changes with it, which is read sooner than the row, and also `fields`."""
        change = FilteredRelation("changes", condition=Q(changes__state__in=OPEN))
        return self.annotate(change=change).values_list(*dict.fromkeys((*VERSION, *fields)), named=True)

    def for_page(self) -> Self:
        """With all that the endpoint's own page shows."""
        changes = Change.objects.open().select_related("model", "from_model", "actor")
        return self.select_related("model", "project", "resource").prefetch_related(
            Prefetch("changes", queryset=changes, to_attr="open_changes")
        )

    def shown_as(self, status: str) -> Self:
        """Endpoints whose row shows this status: an open change goes before what the service says."""
        # Few changes are open at a time: their endpoints are named, so that the index of the status can be used.
        changes = list(Change.objects.open().order_by().values_list("endpoint_id", "state"))
        deploying = Q(pk__in=[pk for pk, state in changes if state == ChangeState.DEPLOYING])
        waiting = Q(pk__in=[pk for pk, state in changes if state != ChangeState.DEPLOYING])
        says = Q(status=status)
        if status == Status.RUNNING:
            return self.filter((says & ~waiting) | (deploying & ~Q(status=Status.NOT_STARTED)))
        if status == Status.NOT_STARTED:
            return self.filter(says | waiting)
        return self.filter(says & ~waiting & ~deploying)

    def locales(self) -> list[str]:
        """The locales that there are, one seek in the index for each."""
        present = "FROM endpoints_endpoint WHERE gone_at IS NULL"
        first, following = f"SELECT min(locale) {present}", f"SELECT min(locale) {present} AND locale > there.locale"
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE there(locale) AS ({first} UNION ALL SELECT ({following}) FROM there "  # noqa: S608
                "WHERE there.locale IS NOT NULL) SELECT locale FROM there WHERE locale IS NOT NULL"
            )
            return [locale for (locale,) in cursor.fetchall()]


class Endpoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="endpoints")
    remote_id = models.CharField(max_length=36, null=True)  # noqa: DJ001 (NULL: none yet, and unique all the same)
    display_name = models.TextField()
    description = models.TextField(blank=True)
    locale = models.CharField(max_length=35)
    model = models.ForeignKey("endpoints.SpeechModel", null=True, on_delete=models.SET_NULL, related_name="endpoints")
    # The model's, kept here too: a list in their order must not read every model first.
    model_name = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="endpoints")
    status = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    logging_enabled = models.BooleanField(default=False)
    links = models.JSONField(default=dict)
    time_to_live = models.DurationField(null=True)
    mark = models.CharField(max_length=36, blank=True, db_index=True)  # the Change that made it, if one of ours did
    log_folder = models.CharField(max_length=200, blank=True)
    hinted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_action_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    # For the list's own use: what it is sorted by and searched in, made by the database. See endpoints.models.search.
    number = models.BigIntegerField(default=new_number, unique=True, editable=False)
    name_key = beginning("display_name")
    description_key = beginning("description")
    model_key = beginning("model_name")
    expires_key = models.GeneratedField(
        expression=Coalesce("expires_at", Value(NEVER)), output_field=models.DateTimeField(), db_persist=True
    )
    changed_key = models.GeneratedField(
        expression=Coalesce("last_action_at", "created_at"), output_field=models.DateTimeField(), db_persist=True
    )
    words = models.GeneratedField(
        expression=Lower(
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
            sorted_by("created", beside=("expires_key",)),
            sorted_by("name", "name_key"),
            sorted_by("description", "description_key"),
            sorted_by("model", "model_key"),
            sorted_by("locale", "locale"),
            sorted_by("status", "status"),
            sorted_by("expiration", "expires_key"),
            sorted_by("logging", "logging_enabled"),
            sorted_by("changed", "changed_key"),
            sorted_by("project", "project"),
            sorted_by("resource", "resource"),
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
        """What was asked and is not yet true; at most one."""
        if not hasattr(self, "open_changes"):
            self.open_changes = list(self.changes.open().select_related("model", "from_model", "actor"))
        return self.open_changes[0] if self.open_changes else None

    @property
    def can_be_dismissed(self) -> bool:
        """The service never had it, and nothing is under way that could still make it."""
        if self.remote_id is not None or self.gone_at is not None:
            return False
        states = set(self.changes.filter(kind=ChangeKind.CREATE).values_list("state", flat=True))
        return bool(states) and states <= set(CLOSED) - {ChangeState.DONE}

    def duplicates(self) -> EndpointQuerySet:
        """Other endpoints that the service has by the same request of ours."""
        same = Endpoint.objects.present().filter(mark=self.mark).exclude(pk=self.pk)
        return same if self.mark else same.none()

    @property
    def usual_duration(self) -> timedelta | None:
        """How long its changes of model took, from its own history: the middle one of the last nine."""
        done = self.changes.filter(
            kind__in=(ChangeKind.CREATE, ChangeKind.CHANGE_MODEL), state=ChangeState.DONE, sent_at__isnull=False
        )
        took = sorted(change.took for change in done.order_by("-closed_at")[:9] if change.took)
        return took[len(took) // 2] if took else None

    @property
    def settled(self) -> bool:
        """Nothing is going on that a page should watch; a change that waits for its time is not going on yet."""
        change = self.open_change
        return (change is None or change.waits_for_its_time) and self.status in (*SETTLED, "")

    @property
    def facts(self) -> dict[str, Any]:
        """What a change can change, as the row says it is; the keys of Change.before and Change.wanted."""
        return {
            "model": self.model.remote_id if self.model else None,
            "display_name": self.display_name,
            "description": self.description,
            "logging_enabled": self.logging_enabled,
        }

    @property
    def end(self) -> End | None:
        """When the service deletes the endpoint itself, where that is known."""
        return End.of(self.created_at, time_to_live=self.time_to_live, free_tier=self.resource.free_tier)

    @property
    def expiration(self) -> Expiration | None:
        """The expiration of its model: an endpoint has none of its own."""
        return self.model.expiration if self.model else None

    @property
    def shown_status(self) -> ShownStatus:
        """What a person should read: an open change goes before what the service says."""
        if change := self.open_change:
            return change.shown_status(self.status)
        if self.status == Status.SUCCEEDED:
            return ShownStatus(self.status, _("Succeeded"), "success")
        if self.status == Status.FAILED:
            return ShownStatus(self.status, _("Failed"), "failed", _(self.error))
        if self.status in (Status.NOT_STARTED, Status.RUNNING):
            return ShownStatus(self.status, _("Deploying"), "running", deploying_for(self.last_action_at))
        return ShownStatus(self.status, _("Unknown (%(word)s)") % {"word": self.status}, "unknown")


def words_for(facts: Iterable[str]) -> str:
    """Keys of Endpoint.facts as people call them, with commas between."""
    words = {
        "model": _("model"),
        "display_name": _("name"),
        "description": _("description"),
        "logging_enabled": _("content logging"),
    }
    return ", ".join(word for key, word in words.items() if key in set(facts))
