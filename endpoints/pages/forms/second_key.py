"""The form for the second key of a Speech resource."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import Resource
from endpoints.models.secret import LOCKED, CannotDecrypt, Secret, locked
from endpoints.models.service_errors import in_words
from endpoints.pages.forms import connection_rules as rules
from endpoints.pages.forms.error_texts import Form


class SecondKeyForm(Form):
    """The key that is not in use; it is written, never shown."""

    new_key = forms.CharField(
        label=gettext_lazy("Second key"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        error_messages={"required": gettext_lazy("Enter the second key.")},
    )

    def __init__(self, *args: Any, resource: Resource, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource = resource

    def clean_new_key(self) -> str:
        key: str = self.cleaned_data["new_key"]
        rule = rules.WORD if rules.is_elsewhere(self.resource.url) else rules.KEY
        if not rule.fullmatch(key):
            raise forms.ValidationError(
                _("Enter a key of 32 characters (0 to 9 and a to f) or of 84 letters and digits.")
            )
        if locked():
            raise forms.ValidationError(in_words(LOCKED))
        if _opened(self.resource.key) == key:
            raise forms.ValidationError(_("This key is already in use. Enter the other key of the resource."))
        return key


def _opened(secret: Secret | None) -> str | None:
    try:
        return secret.open() if secret else None
    except CannotDecrypt:
        return None
