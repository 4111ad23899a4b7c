"""The forms of content logs: download, archiving and retention, deletion."""

from datetime import UTC, date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from endpoints.access.permissions import Person
from endpoints.models import Endpoint
from endpoints.pages.content_logs.purposes import LONGEST
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.forms.reasons import ReasonField, offer_recent
from endpoints.pages.forms.typed_number import FEW, TypedNumberField

HOURS = (1, 6, 12, 24)  # between two archivings


class DownloadForm(Form):
    """The purpose, and the days when no entries were ticked; `from` is a keyword of Python, so __init__ adds them."""

    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=LONGEST, required=False)

    def __init__(self, *args: Any, dated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].required = settings.PURPOSE_REQUIRED and "preview" not in self.data
        self.fields["purpose"].help_text = _("Recorded with your name.")
        for name, label in (("from", _("From")), ("to", _("To"))) if dated else ():
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"])
        if dated:
            self.order_fields(["from", "to", "purpose"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("from") and values.get("to") and values["from"] > values["to"]:
            raise ValidationError({"to": _("Choose a day on or after the first day.")})
        return values


class KeepForm(Form):
    """The schedule, and how long our copies stay; `confirmed` is what the page has shown to remove something."""

    keep = forms.BooleanField(
        label=gettext_lazy("Save new content logs automatically before Azure deletes them"), required=False
    )
    every_hours = forms.TypedChoiceField(label=gettext_lazy("Check for new logs"), coerce=int)
    retention_days = forms.IntegerField(
        label=gettext_lazy("Keep copies for (days)"),
        help_text=gettext_lazy("Counted from the day of the recording. Leave empty to keep them forever."),
        min_value=1,
        max_value=36_500,
        required=False,
    )
    confirmed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_hours"].choices = [  # type: ignore[attr-defined]  # a choice field, known as Field
            (hours, ngettext("Every hour", "Every %(hours)s hours", hours) % {"hours": hours}) for hours in HOURS
        ]

    @property
    def decision(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("keep", "every_hours", "retention_days")}

    @property
    def token(self) -> str:
        return f"{self.cleaned_data['keep']}-{self.cleaned_data['retention_days']}"


class PurgeForm(Form):
    """Single entries, or everything up to a day; the latter is confirmed by typing the day or the endpoint's name.

    The number of entries is typed when there are more than FEW.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    until = forms.DateField(
        label=gettext_lazy("Everything up to and including this day (UTC)"),
        widget=forms.HiddenInput,
        input_formats=["%Y-%m-%d"],
    )
    number = TypedNumberField(label=gettext_lazy("Number of entries"))
    typed = forms.CharField(label=gettext_lazy("Day or name of the endpoint"), max_length=2000)
    reason = ReasonField()

    def __init__(self, *args: Any, person: Person, endpoint: Endpoint, by_day: bool, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_recent(self, person)
        self.endpoint, self.count = endpoint, count
        self.fields["number"].expected = count  # type: ignore[attr-defined]  # a TypedNumberField, known as Field
        if count <= FEW:
            del self.fields["number"]
        if not by_day:
            del self.fields["until"], self.fields["typed"]

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until > timezone.now().astimezone(UTC).date():
            raise ValidationError(_("Choose today or a past day."))
        return until

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        until = self.cleaned_data.get("until")
        if typed not in (until.isoformat() if until else "", self.endpoint.display_name.strip()):
            raise ValidationError(_("Enter the day or the endpoint's name."))
        return typed
