"""The forms that give a role to a person or a group, and that add a group."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.access.roles import ROLES, Extent
from endpoints.models import Project, Resource
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.names import labels

TOO_LITTLE = {
    Extent.RESOURCE: gettext_lazy("This role can't be given for a project. Select a Speech resource or everything."),
    Extent.EVERYWHERE: gettext_lazy("This role can only be given for everything."),
}


class GrantForm(Form):
    """A role, and what it is for: everything, a Speech resource or a project."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[(name.value, name.value) for name in ROLES])
    place = forms.ChoiceField(label=gettext_lazy("For"), required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = list(door.projects(person).present().select_related("resource"))
        resources = list(door.resources(person).present())
        self.places: dict[str, Resource | Project] = {
            **{f"resource:{one.pk}": one for one in resources},
            **{f"project:{one.pk}": one for one in projects},
        }
        groups = ((_("Speech resources"), "resource", resources), (_("Projects"), "project", projects))
        self.fields["place"].choices = [  # type: ignore[attr-defined]  # a choice field, known as Field
            ("", _("Everything")),
            *(
                (label, [(f"{kind}:{pk}", name) for pk, name in labels(rows).items()])
                for label, kind, rows in groups
                if rows
            ),
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        place = self.places.get(values.get("place", ""))
        extent = Extent.EVERYWHERE
        if place:
            extent = Extent.RESOURCE if isinstance(place, Resource) else Extent.PROJECT
        role = ROLES.get(values.get("role", ""))
        if role and "place" in values and extent < role.least:
            raise ValidationError({"place": TOO_LITTLE[role.least]})
        return {**values, "place": place}


class GroupForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=Group._meta.get_field("name").max_length)
