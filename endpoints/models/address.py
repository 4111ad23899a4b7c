"""An address: a name that programs ask which endpoint to connect to, and that stays while endpoints come and go."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.status import CLOSED, Status

if TYPE_CHECKING:
    from endpoints.models.endpoint import Endpoint

NAME_LENGTH = 64
HOURS_KEPT = 90  # days for which it is known how often an address was asked
FAILING_FOR = timedelta(minutes=10)  # how long a Speech resource has not answered before an address should move
valid_name = RegexValidator(
    r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z",
    _("Use lowercase letters, digits, and hyphens; begin and end with a letter or digit."),
)


class AddressQuerySet(models.QuerySet["Address"]):
    def for_page(self) -> Self:
        """With the endpoints that programs can be sent to, and what is shown of them."""
        endpoints = ("endpoint", "second", "standby")
        return self.select_related(*(f"{one}__{of}" for one in endpoints for of in ("model", "resource")))

    def leading_to(self, endpoint: Endpoint) -> Self:
        """Those that may send programs to an endpoint: now, for a share of sessions, or as its standby."""
        return self.filter(Q(endpoint=endpoint) | Q(second=endpoint) | Q(standby=endpoint))

    def failing(self, before: datetime) -> Self:
        """Whose endpoint's Speech resource has not answered since `before`, or longer."""
        of_resource = {"endpoint__resource__paused_at": None, "endpoint__resource__failing_since__lte": before}
        return self.filter(**of_resource)

    def in_trouble(self, now: datetime) -> Self:
        """Those whose endpoint can't answer (addresses.standing_in says why)."""
        gone = Q(endpoint=None) | Q(endpoint__gone_at__isnull=False) | Q(endpoint__resource__removing_at__isnull=False)
        failing = Q(pk__in=self.failing(now - FAILING_FOR).order_by().values("pk"))
        return self.filter(gone | Q(endpoint__status=Status.FAILED) | failing)

    def versions(self, *_fields: str) -> Self:
        """Whole rows, for a page of them."""
        return self


class Address(models.Model):
    """`share` percent of new sessions go to `second`. `stands_in`: a person lets it move to `standby` by itself."""

    name = models.CharField(_("Name"), max_length=NAME_LENGTH, unique=True, validators=[valid_name])
    description = models.TextField(blank=True)
    locale = models.CharField(max_length=35)  # of all its endpoints
    # An endpoint disappears with its Speech resource; the address then has none until a person moves it.
    endpoint = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="reached_by")
    second = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="+")
    share = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    standby = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="+")
    stands_in = models.BooleanField(default=False)
    # The names of people outlive the people; empty: the product itself.
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    moved_by = models.CharField(max_length=150, blank=True)
    moved_at = models.DateTimeField(null=True)  # None: never since it was added
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = AddressQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("endpoints:address", args=[self.name])


class AddressChangeKind(models.TextChoices):
    ADDED = "added", _("Added")
    MOVED = "moved", _("Moved")
    STOOD_IN = "stood-in", _("Moved to the standby")
    SHARED = "shared", _("Share changed")
    STANDBY = "standby", _("Standby changed")
    DESCRIBED = "described", _("Description changed")


class AddressChangeState(models.TextChoices):
    WAITING = "waiting", _("Scheduled")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    CANCELED = "canceled", _("Canceled")


class AddressChangeQuerySet(ClaimQuerySet["AddressChange"]):
    def waiting(self) -> Self:
        """For their time, or for the deployment of the endpoint that they lead to."""
        return self.filter(state=AddressChangeState.WAITING)

    def old(self, before: datetime) -> Self:
        """Closed before that time; the newest of each address stays, which says why it leads where it does."""
        newest = AddressChange.objects.filter(address=OuterRef("address")).exclude(state=AddressChangeState.WAITING)
        last = Subquery(newest.order_by("-requested_at", "-pk").values("pk")[:1])
        return self.filter(closed_at__lt=before).exclude(pk=last)

    def ready(self) -> Self:
        """Those of `waiting` that wait for no deployment any more, whatever became of it."""
        return self.waiting().filter(Q(after=None) | Q(after__state__in=CLOSED))


class AddressChange(Claimable):
    """What was asked of an address, and by whom: its history. The names outlive the rows that they belong to.

    One that waits is carried out by a worker when it is due and `after`, a deployment, has ended; the others were
    carried out in the transaction that stored them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20, choices=AddressChangeKind)
    state = models.CharField(max_length=20, choices=AddressChangeState, default=AddressChangeState.DONE)
    endpoint = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="+")
    endpoint_name = models.TextField(blank=True)
    model_name = models.TextField(blank=True)
    from_endpoint = models.ForeignKey("endpoints.Endpoint", null=True, on_delete=models.SET_NULL, related_name="+")
    from_endpoint_name = models.TextField(blank=True)
    from_model_name = models.TextField(blank=True)
    share = models.PositiveSmallIntegerField(null=True)  # percent, of SHARED
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    error = models.TextField(blank=True)  # why it was refused, in English
    scheduled_for = models.DateTimeField(null=True)
    after = models.ForeignKey("endpoints.Change", null=True, on_delete=models.SET_NULL, related_name="address_changes")
    requested_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")  # of the form that requested it

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=Q(state=AddressChangeState.WAITING), name="one_waiting_address_change"
            ),
        ]
        indexes = [models.Index(fields=["address", "-requested_at"], name="address_history")]

    def __str__(self) -> str:
        return f"{self.kind_label}: {self.address}"

    @property
    def kind_label(self) -> str:
        return str(self.get_kind_display())

    @property
    def is_waiting(self) -> bool:
        return self.state == AddressChangeState.WAITING

    @property
    def error_in_words(self) -> str:
        """Why it was refused, in the active language."""
        return gettext(self.error) if self.error else ""

    @classmethod
    def names(cls, new: Endpoint | None, old: Endpoint | None) -> dict[str, Any]:
        """The endpoints of a change, with the names that stay."""
        return {
            "endpoint": new,
            "endpoint_name": new.display_name if new else "",
            "model_name": new.model_name if new else "",
            "from_endpoint": old,
            "from_endpoint_name": old.display_name if old else "",
            "from_model_name": old.model_name if old else "",
        }


class AddressHour(models.Model):
    """How many programs asked an address in one hour (UTC), and how many of them were sent to the second endpoint."""

    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()  # its beginning
    requests = models.PositiveBigIntegerField(default=0, db_default=0)
    to_second = models.PositiveBigIntegerField(default=0, db_default=0)
    unanswered = models.PositiveBigIntegerField(default=0, db_default=0)  # 503 and 429

    class Meta:
        ordering = ["-hour"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["address", "hour"], name="one_row_an_address_and_hour")]

    def __str__(self) -> str:
        return f"hour {self.pk} of {self.address}"
