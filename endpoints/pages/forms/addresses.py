"""The forms of addresses: a new one, where it moves, what it shares, its standby, its description, its end."""

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.addresses.moving import why_not
from endpoints.addresses.submit import ALREADY
from endpoints.models import Address, Endpoint
from endpoints.models.address import NAME_LENGTH, valid_name
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.search import uuid_in
from endpoints.pages.addresses.choices import EndpointChoices, endpoint_choices
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.forms.local_time import LocalTimeField
from endpoints.pages.forms.new_endpoint import DESCRIPTION_LENGTH
from endpoints.pages.forms.reasons import ReasonField, offer_recent

RESERVED = ("new",)  # other pages in the place of an address's
RANDOM_BYTES = 16  # of which 26 characters of base32 are made
TAKEN = 27  # characters of a name that are added: a hyphen and those


class EndpointField(forms.CharField):
    """An endpoint of the form's `candidates`, by its id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(label=gettext_lazy("Endpoint"), **options)


class EndpointForm(Form):
    """One of the endpoints that `person` may deploy to; of an address's locale, and not where it leads already."""

    endpoint = EndpointField()

    def __init__(self, *args: Any, person: Person, address: Address | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.address = person, address
        if "reason" in self.fields:
            offer_recent(self, person)

    @property
    def candidates(self) -> EndpointQuerySet:
        rows = door.endpoints(self.person, door.DEPLOY).present()
        if self.address is None:
            return rows
        leads = Q(pk=self.address.endpoint_id) if self.address.endpoint_id else Q(pk__in=[])
        return rows.filter(~leads, locale__iexact=self.address.locale)

    @cached_property
    def choices(self) -> EndpointChoices:
        typed = self.data if self.is_bound else self.initial
        return endpoint_choices(self.candidates, str(typed.get("endpoints", "")), str(self["endpoint"].value() or ""))

    def clean_endpoint(self) -> Endpoint:
        pk = uuid_in(self.cleaned_data["endpoint"])
        if self.address and pk and pk == self.address.endpoint_id:
            raise ValidationError(_(ALREADY))
        endpoint = self.candidates.for_page().filter(pk=pk).first() if pk else None
        if endpoint is None:
            raise ValidationError(_("This endpoint can't be chosen. Select one from the list."))
        if why := why_not(endpoint, self.address.locale if self.address else endpoint.locale):
            raise ValidationError(_(why))
        return endpoint


class AddressForm(EndpointForm):
    """A new address."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        validators=[valid_name],
        help_text=gettext_lazy("Lowercase letters, digits, and hyphens. The name can't be changed later."),
    )
    unguessable = forms.BooleanField(
        label=gettext_lazy("Make the name unguessable"),
        required=False,
        help_text=gettext_lazy(
            "Adds 26 random characters. Anyone who knows an address can ask where it leads, without signing in."
        ),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("key", "name", "unguessable", "description", "endpoint")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        name = values.get("name", "")
        if name and values.get("unguessable"):
            if len(name) + TAKEN > NAME_LENGTH:
                most = {"most": NAME_LENGTH - TAKEN}
                self.add_error("name", _("Enter no more than %(most)d characters, because 27 are added.") % most)
            values["name"] = f"{name}-{b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().lower().rstrip('=')}"
        elif name in RESERVED:
            self.add_error("name", _("This name is reserved. Enter another one."))
        return values


class MoveForm(EndpointForm):
    """Where an address leads next, why, and when."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reason = ReasonField(required=False)
    at = LocalTimeField(label=gettext_lazy("Move at"), required=False)

    def __init__(self, *args: Any, address: Address, **kwargs: Any) -> None:
        super().__init__(*args, address=address, **kwargs)
        self.initial.update(key=uuid4(), seen=address.endpoint_id)
        zone = timezone.get_current_timezone_name()
        self.fields["at"].help_text = _("Leave empty to move now. Times are in %(zone)s.") % {"zone": zone}

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at <= timezone.now():
            raise ValidationError(_("Choose a future time."))
        return at


class ShareForm(EndpointForm):
    """How much of the new sessions goes to a second endpoint."""

    percent = forms.IntegerField(
        label=gettext_lazy("Percent of new sessions"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("0 to 100. Sessions that run already stay where they are."),
    )
    reason = ReasonField(required=False)


class StandbyForm(EndpointForm):
    """The endpoint that stands in when the first one can't be reached."""

    stands_in = forms.BooleanField(
        label=gettext_lazy("Let the address move to the standby by itself"),
        required=False,
        help_text=gettext_lazy(
            "When the Speech resource can't be reached for 10 minutes. Otherwise the move is only proposed."
        ),
    )


class DescriptionForm(Form):
    """What an address is for."""

    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DeleteAddressForm(Form):
    """The end of an address: its name must be typed, and why."""

    name = forms.CharField(label=gettext_lazy("Name of the address"), max_length=NAME_LENGTH)
    reason = ReasonField(required=False)

    def __init__(self, *args: Any, address: Address, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.address.name:
            raise ValidationError(_("The name doesn't match. Enter the address's name."))
        return self.address.name
