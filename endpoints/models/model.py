"""A base or custom model: a copy of what the service says, and how long it can be used."""

import uuid
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, Value, Window
from django.db.models.functions import Cast, Coalesce, Concat, RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from endpoints.models.endpoint import Endpoint, EndpointQuerySet
from endpoints.models.expiration import Expiration
from endpoints.models.project import Project
from endpoints.models.resource import Resource
from endpoints.models.search import uuid_in
from endpoints.models.search_words import SearchWords, folded, words_of
from endpoints.models.status import ShownStatus, Status, unknown
from endpoints.models.translatable_text import TranslatableText


class ModelKind(models.TextChoices):
    BASE = "base", gettext_lazy("Base model")
    CUSTOM = "custom", gettext_lazy("Custom model")


class SpeechModelQuerySet(models.QuerySet["SpeechModel"]):
    def present(self) -> Self:
        return self.filter(gone_at=None)

    def deployable(self) -> Self:
        """Models that an endpoint can be created with: trained, usable for endpoints, and not expired."""
        return self.present().filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()), status=Status.SUCCEEDED, supports_endpoints=True
        )

    def search(self, text: str) -> Self:
        """Models with each word of `text` in the name or description, or at the beginning of the kind or id."""
        matches = Q()
        for word in text.split():
            somewhere = Q(kind__in=_kinds(word)) | Q(remote_id__istartswith=word)
            if words := words_of(word).strip(" "):
                somewhere |= Q(words__contains=words)
            if pk := uuid_in(word, typed=True):
                somewhere |= Q(pk=pk) | Q(remote_id=str(pk))
            matches &= somewhere
        return self.filter(matches | Q(kind__in=_kinds(text))) if matches else self

    def expired(self) -> Self:
        return self.filter(expires_at__lt=timezone.now())

    def expiring_within(self, days: int) -> Self:
        """Not expired yet; counts days as Expiration.level does."""
        return self.expiring().filter(expires_at__lt=timezone.now() + timedelta(days=days))

    def expiring(self) -> Self:
        return self.filter(expires_at__gte=timezone.now())

    def expiring_from(self, *firsts: date, days: int) -> Self:
        """Within `days` days from one of `firsts`, in the active time zone."""
        zone = timezone.get_current_timezone()
        begins = [datetime.combine(first, time(), zone) for first in firsts]
        spans = [Q(expires_at__gte=begin, expires_at__lt=begin + timedelta(days=days)) for begin in begins]
        return self.filter(reduce(or_, spans)) if spans else self.none()

    def deployed(self, endpoints: EndpointQuerySet) -> Self:
        """Models that some of `endpoints` use."""
        return self.filter(_used_by(endpoints))

    def expirations_by_day(self, endpoints: EndpointQuerySet) -> list[tuple[date, int, int]]:
        """(day, number of models that expire on it, number of those that `endpoints` use) for each day."""
        times = self.exclude(expires_at=None).order_by("expires_at").values("expires_at")
        deployed = Sum(Cast(_used_by(endpoints), models.IntegerField()))
        counts = times.annotate(total=Count("pk"), deployed=deployed)
        return [(timezone.localdate(row["expires_at"]), row["total"], row["deployed"]) for row in counts]

    def with_endpoint_count(self, endpoints: EndpointQuerySet) -> Self:
        present = endpoints.present().filter(model=OuterRef("pk"))
        count = present.order_by().values("model").annotate(count=Count("pk")).values("count")
        return self.annotate(endpoint_count=Coalesce(Subquery(count), 0))

    def with_endpoints(self, endpoints: EndpointQuerySet, shown: int) -> "list[SpeechModel]":
        """With the number of their `endpoints`, the first of them in `first_endpoints`: always two queries."""
        models = list(self.with_endpoint_count(endpoints))
        pks = [model.pk for model in models] or [uuid.uuid4()]
        place = Window(RowNumber(), partition_by="model", order_by=["display_name", "pk"])
        first = endpoints.present().filter(model__in=pks).annotate(place=place).filter(place__lte=shown)
        by_model: dict[uuid.UUID | None, list[Endpoint]] = {}
        for endpoint in first.order_by("place"):
            by_model.setdefault(endpoint.model_id, []).append(endpoint)
        for model in models:
            model.first_endpoints = by_model.get(model.pk, [])
        return models


def _used_by(endpoints: EndpointQuerySet) -> Exists:
    return Exists(endpoints.present().filter(model=OuterRef("pk")))


def _kinds(words: str) -> list[str]:
    return [value for value, label in ModelKind.choices if folded(str(label)).startswith(folded(words))]


class SpeechModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="models")
    remote_id = models.CharField(max_length=36)
    kind = models.CharField(max_length=6, choices=ModelKind)
    display_name = models.TextField()
    description = models.TextField(blank=True)
    locale = models.CharField(max_length=35, db_index=True)
    status = models.CharField(max_length=40)
    supports_endpoints = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, db_index=True)
    adaptation_expires_at = models.DateTimeField(null=True)
    base_model = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="models")
    datasets = models.JSONField(default=list)  # that a custom model was trained with: [{"id": ..., "name": ...}]
    created_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    words = models.GeneratedField(  # that the database computes, for search
        expression=SearchWords(Concat("display_name", Value(" "), "description", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )

    UNKNOWN: dict[str, Any] = {"model_name": "", "expires_at": None}
    chosen = False  # set by a form that offers it
    where = ""  # set by a form that offers another model of the same name: what tells them apart

    # Set by with_endpoint_count() and with_endpoints().
    endpoint_count: int
    first_endpoints: list[Endpoint]

    objects = SpeechModelQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "display_name"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["resource", "kind", "remote_id"], name="model_once")]

    def __str__(self) -> str:
        return self.display_name

    def expired_by(self, at: datetime) -> bool:
        """Whether the service answers with another model at this time."""
        return self.expires_at is not None and self.expires_at <= at

    @property
    def kind_label(self) -> str:
        return str(ModelKind(self.kind).label)

    @property
    def for_endpoint(self) -> dict[str, Any]:
        """The fields of its model that an endpoint's row copies."""
        return {"model_name": self.display_name, "expires_at": self.expires_at}

    @property
    def expiration(self) -> Expiration | None:
        return Expiration(self.expires_at, self.locale) if self.expires_at else None

    @property
    def adaptation_over(self) -> bool:
        """No custom model can be trained from it any more."""
        return self.adaptation_expires_at is not None and self.adaptation_expires_at < timezone.now()

    @property
    def more_endpoints(self) -> int:
        """How many endpoints are not in `first_endpoints`; set by with_endpoints()."""
        more: int = self.endpoint_count - len(self.first_endpoints)
        return more

    @property
    def shown_status(self) -> ShownStatus:
        """The status of its training."""
        icons = {Status.SUCCEEDED: "success", Status.FAILED: "failed", Status.RUNNING: "running"}
        known = self.status in Status.values
        label = str(Status(self.status).label) if known else unknown(self.status)
        return ShownStatus(self.status, label, icons.get(self.status, "waiting" if known else "unknown"))  # type: ignore[call-overload]  # a status may be a word we do not know

    @property
    def why_not(self) -> str:
        """Why no endpoint can be created with it now; empty when one can."""
        if self.gone_at:
            return TranslatableText(gettext_noop("Deleted in Azure"))
        if self.expiration and self.expiration.level == "expired":
            return self.expiration.words
        if self.status == Status.FAILED:
            return TranslatableText(gettext_noop("Training failed"))
        if self.status != Status.SUCCEEDED:
            return TranslatableText(gettext_noop("Training not finished"))
        if not self.supports_endpoints:
            return TranslatableText(gettext_noop("Not intended for endpoints"))
        return ""

    @property
    def usable(self) -> bool:
        return not self.why_not
