"""The number of things that an action is for, which is typed to confirm it when there are many."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from endpoints.models.numbers import grouped

FEW = 20  # endpoints or log entries that need no number


class TypedNumberField(forms.IntegerField):
    """Valid only with the number that the form has set as `expected`."""

    expected = 0

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}), **options)

    def clean(self, value: Any) -> int:
        number: int = super().clean(str(value or "").replace(",", "").replace(".", ""))
        if number != self.expected:
            words = {"typed": grouped(number)}
            words["expected"] = grouped(self.expected)
            raise ValidationError(_("You entered %(typed)s, but the number is %(expected)s.") % words)
        return number
