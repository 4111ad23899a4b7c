"""The form that asks for a change of many endpoints."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.changes.bulk import LIMIT, Action
from endpoints.models.search import uuid_in
from endpoints.pages.forms.json_field import HiddenJSONField


class BulkForm(forms.Form):
    """The review: the id of the request, a digest of what the page showed of each endpoint, and the reason."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    action = forms.ChoiceField(choices=Action.choices, widget=forms.HiddenInput)
    new_model = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = HiddenJSONField()
    count = forms.IntegerField(label=gettext_lazy("Number of endpoints"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, person: Person, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if action == Action.DELETE:
            self.fields["reason"].required = True
        else:
            del self.fields["count"]

    def clean_seen(self) -> dict[UUID, str]:
        seen = self.cleaned_data["seen"]
        pairs = list(seen.items())[:LIMIT] if isinstance(seen, dict) else []
        named = {pk: str(mark) for text, mark in pairs if (pk := uuid_in(text))}
        allowed = door.endpoints(self.person, "deploy_model").filter(pk__in=named).values_list("pk", flat=True)
        known = {pk: named[pk] for pk in allowed}
        if not known:
            raise ValidationError(_("No endpoints are selected."))
        return known

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if count != sum(map(bool, self.cleaned_data.get("seen", {}).values())):
            raise ValidationError(_("This is not the number of endpoints that will be deleted."))
        return count
