"""Where alerts are sent: an e-mail address, a service that Apprise knows, or a web hook of the team's own."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from endpoints.models.resource import Resource
from endpoints.models.secret import SecretField

DIGEST_AT = 8  # o'clock, in the channel's time zone


class ChannelKind(models.TextChoices):
    MAIL = "mail", _("E-mail")
    SERVICE = "service", _("Chat or on-call service")
    HOOK = "web-hook", _("Web hook")


class Rhythm(models.TextChoices):
    AT_ONCE = "", _("At once")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")


class AlertChannelQuerySet(models.QuerySet["AlertChannel"]):
    def active(self) -> AlertChannelQuerySet:
        return self.filter(enabled=True)

    def of(self, person: int | None, *, all_shared: bool) -> AlertChannelQuerySet:
        """A person's own and those of their groups; with `all_shared` those of all groups and the installation too."""
        groups = Group.user_set.through.objects.filter(user=person).values("group")
        shared = Q(person=None) if all_shared else Q(group__in=groups)
        return self.filter(Q(person=person) | shared)


class AlertChannel(models.Model):
    """Of a person, of a group, or, without either, of the whole installation.

    `address`: an e-mail address, an Apprise URL or the web hook's URL, encrypted, because most contain a token; NULL:
    the address of the person's account. `secret`: the key of a web hook's signature. `rules`: none means all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=ChannelKind)
    name = models.CharField(max_length=80)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, null=True, on_delete=models.CASCADE, related_name="+")  # only of this one
    address = SecretField(null=True)
    secret = SecretField(null=True)
    rules = models.JSONField(default=list)
    rhythm = models.CharField(max_length=10, blank=True, choices=Rhythm, default=Rhythm.AT_ONCE)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    time_zone = models.CharField(max_length=64, blank=True)
    enabled = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AlertChannelQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(person=None) | Q(group=None), name="alert_channel_of_one"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        return str(self.get_kind_display())

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or str(timezone.get_default_timezone()))

    def quiet_for(self, now: datetime) -> float:
        """In how many seconds its quiet hours end; 0 outside of them. On its own clock, also when that is changed."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return 0.0
        here = now.astimezone(self.zone)
        clock = here.time().replace(tzinfo=None)
        over_midnight = self.quiet_from > self.quiet_until
        late, early = clock >= self.quiet_from, clock < self.quiet_until
        if not (late or early if over_midnight else late and early):
            return 0.0
        day = here.date() + timedelta(days=1 if over_midnight and late else 0)
        end = datetime.combine(day, self.quiet_until, self.zone)
        if end.timestamp() <= now.timestamp():  # clocks went back over it: that time comes a second time
            end = end.replace(fold=1)
        return max(1.0, end.timestamp() - now.timestamp())

    def next_delivery(self, now: datetime) -> datetime:
        """When what is to be told now is sent: at once, or at 8 o'clock of the next day or Monday."""
        if self.rhythm not in (Rhythm.DAILY, Rhythm.WEEKLY):
            return now
        here = now.astimezone(self.zone)
        day = here.date() + timedelta(days=0 if here.hour < DIGEST_AT else 1)
        while self.rhythm == Rhythm.WEEKLY and day.weekday() != 0:
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, DIGEST_AT, tzinfo=self.zone)
