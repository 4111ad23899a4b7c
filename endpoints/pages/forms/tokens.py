"""The form that makes a token of the API, and the one that adds a service account."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy

from endpoints.access import roles
from endpoints.access.grants import group_names
from endpoints.access.permissions import allows
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.forms.people import NAME

ALL, READ, CHOSEN = "all", "read", "chosen"
DAYS = {
    7: gettext_lazy("7 days"),
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("1 year"),
}
RIGHTS = {
    roles.READ_LOGS: gettext_lazy("Read and download content logs"),
    roles.GO_BACK: gettext_lazy("Go back to the previous model of an endpoint, or where an address led before"),
    roles.DEPLOY: gettext_lazy("Deploy, change, and delete endpoints"),
    roles.MANAGE: gettext_lazy("Pause and resume Speech resources"),
}
READS = (roles.VIEW, roles.HEALTH)  # every token has these
CONTAINS = {roles.DEPLOY: (roles.GO_BACK,)}  # as in each role: what is deployed, or shared by an address, can be undone


class TokenForm(Form):
    """`person`: whose token it is; only rights that they have now can be chosen."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What it's for, such as Release pipeline. Activity shows it."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Valid for"), choices=[*DAYS.items()], coerce=int, initial=90)
    access = forms.ChoiceField(
        label=gettext_lazy("Permissions"),
        choices=[
            (ALL, gettext_lazy("Everything that the account can do")),
            (READ, gettext_lazy("Only see endpoints, models, and activity")),
            (CHOSEN, gettext_lazy("Also what is selected below")),
        ],
        widget=forms.RadioSelect,
        initial=READ,
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("Selected permissions"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [(right, label) for right, label in RIGHTS.items() if allows(person, right)]
        self.fields["rights"].choices = held  # type: ignore[attr-defined]  # a choice field, known as Field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("access") == CHOSEN and not values.get("rights") and "rights" not in self.errors:
            self.add_error("rights", gettext_lazy("Select a permission, or another choice above."))
        return values

    @property
    def only(self) -> list[str] | None:
        """The only rights that the token has; None for all of the person's."""
        access = self.cleaned_data["access"]
        if access == ALL:
            return None
        chosen = self.cleaned_data["rights"] if access == CHOSEN else ()
        contained = [other for right in chosen for other in CONTAINS.get(right, ())]
        return [*dict.fromkeys((*READS, *chosen, *contained))]


class ServiceAccountForm(Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Letters, digits, and @ . + - _"),
        max_length=NAME.max_length,
        validators=NAME.validators[:1],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    roles = forms.MultipleChoiceField(label=gettext_lazy("Groups"), widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [(name, name) for name in group_names()]  # type: ignore[attr-defined]  # a choice field, known as Field

    def name_is_taken(self) -> None:
        self.add_error("name", gettext_lazy("This username is taken. Enter another one."))
