"""The form that requests a change of many endpoints."""

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
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.forms.json_field import HiddenJSONField
from endpoints.pages.forms.reasons import ReasonField, offer_recent
from endpoints.pages.forms.typed_number import FEW, TypedNumberField


class BulkForm(Form):
    """The review: the id of the request, a digest of what the page showed of each endpoint, and the reason.

    The number of endpoints is typed for deletions, and for every action with more than FEW endpoints.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    action = forms.ChoiceField(choices=Action.choices, widget=forms.HiddenInput)
    new_model = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = HiddenJSONField()
    count = TypedNumberField(label=gettext_lazy("Number of endpoints"))
    reason = ReasonField()

    def __init__(self, *args: Any, person: Person, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        offer_recent(self, person)
        reviewed = self._reviewed()
        self.fields["count"].expected = reviewed  # type: ignore[attr-defined]  # a TypedNumberField, known as Field
        if action != Action.DELETE and reviewed <= FEW:
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

    def _reviewed(self) -> int:
        """The number of endpoints that the page said it would change."""
        try:
            seen = self.fields["seen"].clean(self["seen"].data) if self.is_bound else self.initial.get("seen")
        except ValidationError:
            return 0
        return sum(map(bool, seen.values())) if isinstance(seen, dict) else 0
