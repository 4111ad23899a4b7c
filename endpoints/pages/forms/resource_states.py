"""The forms that confirm that a Speech resource is paused or removed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.pages.forms.error_texts import Form

FEW = 20  # endpoints that are paused or removed without typing their number


class PauseForm(Form):
    """The reason, and the number of endpoints when there are more than FEW."""

    number = forms.IntegerField(label=gettext_lazy("Number of endpoints"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        if count <= FEW:
            del self.fields["number"]

    def clean_number(self) -> int:
        if self.cleaned_data["number"] != self.count:
            raise ValidationError(_("Enter the number of endpoints: %(count)s.") % {"count": self.count})
        return self.count


class RemoveForm(PauseForm):
    """As above, with a reason in any case."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)
