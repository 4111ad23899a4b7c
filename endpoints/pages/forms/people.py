"""The form that invites a person."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy

from endpoints.access.grants import group_names
from endpoints.pages.forms.error_texts import Form

NAME = User._meta.get_field("username")


class InvitationForm(Form):
    name = forms.CharField(
        label=gettext_lazy("Username"),
        help_text=gettext_lazy("The name to sign in with: letters, digits, and @ . + - _"),
        max_length=NAME.max_length,
        validators=NAME.validators[:1],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        error_messages={"invalid": gettext_lazy("Enter an e-mail address, such as name@example.com.")},
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Groups"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = settings.MAIL
        self.fields["roles"].choices = [(name, name) for name in group_names()]  # type: ignore[attr-defined]  # a choice field, known as Field

    def name_is_taken(self) -> None:
        self.add_error("name", gettext_lazy("This username is taken. Enter another one."))
