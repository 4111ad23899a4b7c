"""A Speech resource: its address, its credentials, and whether it answers."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import times
from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.connection import ApiVersion, Auth, Connection, end_of
from endpoints.models.counter import counting
from endpoints.models.restoration import COMMAND
from endpoints.models.secret import SecretField
from endpoints.models.status import OPEN
from endpoints.models.unreadable import ListingProblem

ASK_VERSION_EVERY = timedelta(days=1)


class ResourceQuerySet(ClaimQuerySet["Resource"]):
    def failing(self) -> Self:
        """Resources that have not answered, or have refused our credentials, since `failing_since`."""
        return self.active().filter(failing_since__isnull=False)

    def active(self) -> Self:
        """Resources that nobody has paused."""
        return self.filter(paused_at__isnull=True)

    def present(self) -> Self:
        """Resources that nobody removes."""
        return self.filter(removing_at__isnull=True)

    def removing(self) -> Self:
        """Resources whose rows a worker deletes."""
        return self.filter(removing_at__isnull=False)

    def hasten_unsettled(self, seconds: float) -> int:
        """Poll those within `seconds` that wait for longer and have open changes; returns how many."""
        soon = Now() + timedelta(seconds=seconds)
        late = self.active().present().filter(due_at__gt=soon, leased_until=None)
        return late.filter(endpoints__changes__state__in=OPEN).update(due_at=soon)

    def same_service(self, resource: "Resource") -> Self:
        """The row of `resource`, unless it was removed, or its address or version changed, since it was read."""
        asked = ("pk", "region", "url", "api_version", "automatic_version", "removing_at")
        return self.filter(**{name: getattr(resource, name) for name in asked})


class Resource(Connection, Claimable):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(gettext_lazy("Name"), max_length=200, unique=True)
    # What a worker would choose by the latest answers; empty until the service has been asked.
    offered_version = models.CharField(max_length=20, blank=True, db_default="", editable=False)
    version_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    capabilities = models.JSONField(default=dict, editable=False)

    # The other key of the resource, for a switch without interruption; when a person last switched.
    second_key = SecretField(null=True, editable=False)
    switched_at = models.DateTimeField(null=True, editable=False)

    hook_enabled = models.BooleanField(default=False, editable=False)
    hook_token = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001 (NULL: none)
    hook_secret = SecretField(null=True, editable=False)
    hook_id = models.CharField(max_length=36, blank=True, editable=False)
    hook_status = models.CharField(max_length=40, blank=True, editable=False)
    hook_version = models.CharField(
        max_length=20, blank=True, default="", db_default="", editable=False
    )  # it is registered in
    # By the database's clock: the last signed call; a change that no call announced, until one arrives; the last check
    # of the registration. In how many seconds the resource is polled again, once its calls have arrived.
    hook_heard_at = models.DateTimeField(null=True, editable=False)
    hook_missed_at = models.DateTimeField(null=True, editable=False)
    hook_checked_at = models.DateTimeField(null=True, editable=False)
    poll_seconds = models.PositiveIntegerField(db_default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # The name that the environment registered it under, and the fields that people have set: these stay at a start.
    registered_as = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    edited = models.JSONField(default=list, db_default=[], editable=False)
    edited_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False, db_index=True)

    mirrored_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    cataloged_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    failure = models.CharField(max_length=500, blank=True, editable=False)
    # By the database's clock: the service told us to wait until then; when a failing resource was last called.
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    unreadable = models.JSONField(default=dict, db_default={}, editable=False)  # see ListingProblem
    # A person's pause: no request is sent to the resource until somebody resumes it.
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.CharField(max_length=150, blank=True, db_default="", editable=False)
    pause_reason = models.CharField(max_length=500, blank=True, db_default="", editable=False)
    # A person's removal: a worker deletes its rows, and until then it is paused too.
    removing_at = models.DateTimeField(null=True, blank=True, editable=False)
    removing_by = models.CharField(max_length=150, blank=True, db_default="", editable=False)
    removed_entries = models.PositiveIntegerField(db_default=0, editable=False)  # content logs deleted so far

    objects = ResourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        # Of few resources, and asked by every poll (access.door.versions), however many resources there are.
        indexes = [
            models.Index(
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False, paused_at=None),
                name="resources_failing",
            ),
            models.Index(fields=["paused_at"], condition=Q(paused_at__isnull=False), name="resources_paused"),
            models.Index(fields=["id"], condition=~Q(unreadable={}), name="resources_unreadable"),
        ]
        permissions = [("manage_resources", "Can manage Speech resources and their keys")]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def listing_problems(self) -> list[ListingProblem]:
        """The items of the latest listings that could not be read."""
        return [ListingProblem(kind, **item) for kind, items in self.unreadable.items() for item in items]

    @property
    def version_is_open(self) -> bool:
        """Whether a worker has still to choose the API version."""
        return self.automatic_version and not self.offered_version

    @property
    def version_must_be_asked(self) -> bool:
        """Whether a worker has to ask the service for its versions: at once without a version, else once a day."""
        asked = self.version_asked_at or self.created_at
        return self.version_is_open or timezone.now() - asked >= ASK_VERSION_EVERY

    @property
    def other_version(self) -> str:
        """The version that is better than the one in use, by the latest answers; empty when there is none."""
        return self.offered_version if self.offered_version != self.api_version else ""

    @property
    def version_reason(self) -> str:
        """Why the offered version was chosen; empty until the service has been asked."""
        if not self.offered_version:
            return ""
        words = {"version": self.offered_version}
        if self.offered_version == ApiVersion.V3_2:
            return _("The resource supports %(version)s, the only version with its own content logs.") % words
        return _("The resource doesn't support v3.2. %(version)s is the newest version that it supports.") % words

    @property
    def second_key_end(self) -> str:
        """The last 4 characters of its second key; empty when there are none to show."""
        return end_of(self.second_key) if self.auth == Auth.KEY else ""

    def supports(self, capability: str) -> bool:
        """Whether its API version has a capability (a field of azure.Capabilities); True until it was polled."""
        return bool(self.capabilities.get(capability, True))

    @property
    def may_log(self) -> bool:
        """Whether endpoints can log content: later API versions log to the customer's own storage only."""
        return self.log_container is not None or not self.capabilities.get("logging_needs_own_storage", False)

    @property
    def logs_can_be_read(self) -> bool:
        """By the logs API, or from the customer's own storage container."""
        return self.supports("logs") or self.log_container is not None

    @property
    def paused(self) -> bool:
        """Whether a person has paused it; `paused_until` is what the service has asked for."""
        return self.paused_at is not None

    @property
    def restored(self) -> bool:
        """Whether it is paused because the database was restored from a backup."""
        return self.paused and self.paused_by == COMMAND

    @property
    def removing(self) -> bool:
        """Whether a person has removed it, and a worker still deletes what we have of it."""
        return self.removing_at is not None

    @property
    def health(self) -> dict[str, str]:
        """Whether it answers: `level` (ok, warning, waiting, paused or removing) and `words`."""
        if self.removing:
            return {"level": "removing", "words": _("Removing")}
        if self.paused:
            return {"level": "paused", "words": _("Paused")}
        if self.paused_until and self.paused_until > timezone.now():
            at = {"time": times.exact_clock(self.paused_until)}
            return {"level": "warning", "words": _("Too many requests. Next attempt at %(time)s") % at}
        if self.failing_since:
            return {"level": "warning", "words": _("Unreachable")}
        if self.mirrored_at is None:
            return {"level": "waiting", "words": _("Not checked")}
        return {"level": "ok", "words": _("Connected")}

    def record_success(self) -> None:
        """The service has answered: clear an earlier failure."""
        if self.failing_since:
            Resource.objects.filter(pk=self.pk).update(failing_since=None, failure="")
            self.failing_since, self.failure = None, ""

    def pause(self, seconds: float) -> None:
        """The service told us to wait so long."""
        if (longer := seconds - self.seconds_of_pause()) > 0:
            counting.add("throttled_seconds", longer, resource=str(self.pk))
        until = Now() + timedelta(seconds=seconds)
        shorter = Q(paused_until=None) | Q(paused_until__lt=until)
        Resource.objects.filter(shorter, pk=self.pk).update(paused_until=until)

    def seconds_of_pause(self) -> float:
        """How long the service still wants us to wait; 0 when it does not."""
        paused = Resource.objects.filter(pk=self.pk, paused_until__gt=Now()).annotate(now=Now())
        until, now = paused.values_list("paused_until", "now").first() or (None, None)
        return (until - now).total_seconds() if until and now else 0.0

    def may_be_tried(self, seconds: float) -> bool:
        """Whether nobody has called it for so long; whoever gets True calls it now."""
        rested = Q(tried_at=None) | Q(tried_at__lte=Now() - timedelta(seconds=seconds))
        return Resource.objects.filter(rested, pk=self.pk).update(tried_at=Now()) == 1

    def record_failure(self, why: str) -> None:
        """The service did not answer, or refused our credentials. `why` is a sentence for people."""
        first = self.failing_since or timezone.now()
        Resource.objects.filter(pk=self.pk).update(failing_since=first, failure=why[:500])
        self.failing_since, self.failure = first, why
