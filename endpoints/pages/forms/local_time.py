"""A field for a time in the person's time zone, in which some times do not exist and others occur twice."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints.models import times


class LocalTimeField(forms.DateTimeField):
    """Refuses a time that the change to or from summer time makes impossible, and says why."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if not error.params or getattr(error, "code", "") != "ambiguous_timezone":
                raise
            raise ValidationError(_why_not((error.params or {})["datetime"])) from None


def _why_not(typed: datetime) -> str:
    """`typed` is without a time zone."""
    zone = timezone.get_current_timezone()
    later = typed.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    words = {"time": times.time_of_day(typed), "zone": zone, "later": times.time_of_day(later)}
    if later.replace(tzinfo=None) == typed:
        return _("%(time)s occurs twice on this day because clocks go back in %(zone)s. Choose another time.") % words
    forward = _("%(time)s doesn't exist on this day because clocks go forward in %(zone)s.") % words
    return f"{forward} {_('Choose %(later)s or another time.') % words}"
