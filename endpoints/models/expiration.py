"""When recognition with a model ends, and how urgent that is."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SOON, NEAR = 90, 30  # days left, below which a page warns


@dataclass(frozen=True)
class Expiration:
    """The day on which recognition with a model ends (properties.deprecationDates.transcriptionDateTime)."""

    date: datetime
    locale: str

    @cached_property
    def days(self) -> int:
        """Whole days left when it was first asked; negative once it has expired."""
        return (self.date - timezone.now()).days

    @property
    def tomorrow(self) -> bool:
        """Less than a day is left, but the date is the next one, by the calendar of whoever reads it."""
        return self.days == 0 and timezone.localdate(self.date) > timezone.localdate()

    @property
    def level(self) -> str:
        """ok, soon (under 90 days), near (under 30 days) or expired."""
        if self.days < 0:
            return "expired"
        return "near" if self.days < NEAR else "soon" if self.days < SOON else "ok"

    @property
    def words(self) -> str:
        if self.level == "expired":
            ago = -self.days - 1  # whole days
            if ago == 0:
                return _("Expired")
            return ngettext("Expired %(days)s day ago", "Expired %(days)s days ago", ago) % {"days": ago}
        if self.days == 0:
            return _("Expires tomorrow") if self.tomorrow else _("Expires today")
        return ngettext("%(days)s day left", "%(days)s days left", self.days) % {"days": self.days}

    @property
    def badge(self) -> str:
        """The words of a badge beside the date."""
        if self.level == "expired":
            return _("Expired")
        if self.days == 0:
            return _("Tomorrow") if self.tomorrow else _("Today")
        return ngettext("%(days)s day", "%(days)s days", self.days) % {"days": self.days}

    @property
    def sentence(self) -> str:
        """What it means for an endpoint ("Model lifecycle"): the service uses another model and reports no error."""
        if self.level == "expired":
            return _(
                "Expired: the service now uses the newest base model for %(locale)s without reporting an error."
            ) % {"locale": self.locale}
        if self.level == "near":
            return _("Change the model before this date.")
        return ""
