"""When the service deletes an endpoint by itself: after its time to live, or after seven days in the free tier."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.utils import timezone
from django.utils.dateparse import parse_duration
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FREE_TIER_DAYS = 7  # "Deploy a custom speech model": F0 endpoints are deleted after seven days


def parse_time_to_live(text: str | None) -> timedelta | None:
    """EndpointProperties.timeToLive, an ISO 8601 duration. None (no end) for a missing, zero or invalid value."""
    try:
        span = parse_duration(text) if text and text.startswith("P") else None  # Django also reads "30"
    except OverflowError:
        return None
    return span if span and span > timedelta() else None


@dataclass(frozen=True)
class AutomaticDeletion:
    """The moment at which the service deletes an endpoint, and why."""

    date: datetime
    free_tier: bool

    @classmethod
    def of(cls, created_at: datetime, *, time_to_live: timedelta | None = None, free_tier: bool = False) -> Self | None:
        """The earlier of the two. The service counts the time to live from the end of the deployment, minutes later."""
        spans = [(time_to_live, False)] if time_to_live else []
        spans += [(timedelta(days=FREE_TIER_DAYS), True)] if free_tier else []
        if not spans:
            return None
        span, by_tier = min(spans)
        return cls(created_at + span, by_tier)

    @property
    def level(self) -> str:
        """soon, near (less than a day) or over, which stays until a refresh finds that the endpoint is gone."""
        left = self.date - timezone.now()
        return "over" if left <= timedelta() else "near" if left < timedelta(days=1) else "soon"

    @property
    def words(self) -> str:
        """The countdown in days, or in hours on the last day."""
        if self.level == "over":
            return _("Will be deleted by the service soon")
        left = self.date - timezone.now()
        if left.days:
            words = ngettext(
                "Will be deleted by the service in %(days)s day",
                "Will be deleted by the service in %(days)s days",
                left.days,
            )
            return words % {"days": left.days}
        hours = left.seconds // 3600
        if not hours:
            return _("Will be deleted by the service within an hour")
        words = ngettext(
            "Will be deleted by the service in %(hours)s hour",
            "Will be deleted by the service in %(hours)s hours",
            hours,
        )
        return words % {"hours": hours}

    @property
    def sentence(self) -> str:
        if self.free_tier:
            return _("In the free tier (F0), an endpoint is deleted after seven days.")
        return _("The endpoint was created with a time to live.")
