"""The forms that ask for a change of one endpoint: another model, other details, deletion, the previous model."""

from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access.permissions import Person
from endpoints.models import Change, Endpoint, SpeechModel
from endpoints.models.times import day
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.forms.json_field import HiddenJSONField
from endpoints.pages.forms.local_time import LocalTimeField
from endpoints.pages.forms.new_endpoint import DetailsForm, ModelForm
from endpoints.pages.forms.reasons import LONGEST, ReasonField, offer_recent


class ChangeForm(Form):
    """The fields of every change request: its id, and the endpoint's facts when the page was opened."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = HiddenJSONField(required=False)
    reason = ReasonField(required=False)

    replaced: Change | None = None  # the open change that this one ends

    def __init__(self, *args: Any, endpoint: Endpoint, asker: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint, self.asker = endpoint, asker
        offer_recent(self, asker)
        self.initial.update(key=uuid4(), seen=endpoint.facts)

    def clean_seen(self) -> dict[str, Any]:
        seen = self.cleaned_data["seen"]
        known = self.endpoint.facts
        return {name: value for name, value in seen.items() if name in known} if isinstance(seen, dict) else {}

    def fresh(self) -> Self:
        """The same form, empty, with the endpoint's facts of now."""
        return type(self)(endpoint=self.endpoint, asker=self.asker)


class ChangeModelForm(ChangeForm, ModelForm):
    """Another model for an endpoint, why, and when; also in place of one that is being deployed."""

    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)
    at = LocalTimeField(label=gettext_lazy("Start at"), required=False)

    def __init__(self, *args: Any, endpoint: Endpoint, person: Person, **kwargs: Any) -> None:
        place = {"resource": endpoint.resource, "locale": endpoint.locale}
        super().__init__(*args, endpoint=endpoint, asker=person, person=person, **place, **kwargs)
        change = endpoint.open_change
        # A form that was loaded before that change was requested says nothing of it, and does not end it.
        known = not self.is_bound or self.data.get("replaces") == str(change and change.pk)
        self.replaced = change if change and change.can_be_replaced and known else None
        self.initial["replaces"] = self.replaced.pk if self.replaced else None
        requested = self.replaced.model_id if self.replaced else endpoint.model_id
        self.without = (requested,) if requested else ()
        zone = timezone.get_current_timezone_name()
        self.fields["at"].help_text = _("Leave empty to start now. Times are in %(zone)s.") % {"zone": zone}

    def clean_model(self) -> SpeechModel:
        model = super().clean_model()
        if model.pk in self.without:
            raise ValidationError(_("The endpoint already uses this model. Select another one."))
        return model

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at <= timezone.now():
            raise ValidationError(_("Choose a future time."))
        return at

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        at, model = values.get("at"), values.get("model")
        if at and model and model.expired_by(at):
            sentence = _("The new model expires on %(date)s. Choose an earlier time, or select another model.")
            self.add_error("at", sentence % {"date": day(model.expires_at)})
        return values

    def fresh(self) -> Self:
        return type(self)(endpoint=self.endpoint, person=self.asker)


class EditForm(ChangeForm, DetailsForm):
    """Another name or description, logging on or off."""

    def __init__(self, *args: Any, endpoint: Endpoint, asker: Person, **kwargs: Any) -> None:
        super().__init__(*args, endpoint=endpoint, asker=asker, resource=endpoint.resource, **kwargs)
        self.initial.update(
            name=endpoint.display_name, description=endpoint.description, logging=endpoint.logging_enabled
        )

    def desired(self) -> dict[str, Any]:
        """By the keys of Endpoint.facts."""
        fields = {"display_name": "name", "description": "description", "logging_enabled": "logging"}
        return {fact: self.cleaned_data[field] for fact, field in fields.items()}


class DeleteForm(ChangeForm):
    """The end of an endpoint: its name must be typed, and why."""

    name = forms.CharField(
        label=gettext_lazy("Name of the endpoint"),
        max_length=2000,
        error_messages={"required": gettext_lazy("Enter the name of the endpoint.")},
    )
    reason = ReasonField()

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.endpoint.display_name.strip():
            raise ValidationError(_("The name doesn't match. Enter the endpoint's name."))
        return str(self.cleaned_data["name"])


class GoBackForm(Form):
    """Why somebody goes back to the previous model."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(max_length=LONGEST)
