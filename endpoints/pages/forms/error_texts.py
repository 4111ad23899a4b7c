"""What forms say about a wrong field: what to enter or select, in place of Django's own sentences."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, ngettext_lazy

# By the name of a required field. Whole sentences, because German needs the gender of each noun.
REQUIRED = {
    "access": gettext_lazy("Select the permissions."),
    "auth": gettext_lazy("Select how to authenticate."),
    "code": gettext_lazy("Enter the code."),
    "count": gettext_lazy("Enter the number."),
    "days": gettext_lazy("Select how long it's valid."),
    "email": gettext_lazy("Enter an e-mail address."),
    "endpoint": gettext_lazy("Select an endpoint."),
    "every_hours": gettext_lazy("Select how often to check."),
    "model": gettext_lazy("Select a model."),
    "name": gettext_lazy("Enter a name."),
    "number": gettext_lazy("Enter the number."),
    "oldpassword": gettext_lazy("Enter your current password."),
    "password": gettext_lazy("Enter your password."),
    "role": gettext_lazy("Select a role."),
    "password1": gettext_lazy("Enter a new password."),
    "password2": gettext_lazy("Enter the new password again."),
    "percent": gettext_lazy("Enter the percentage of new sessions."),
    "project": gettext_lazy("Select a project."),
    "purpose": gettext_lazy("Enter a purpose."),
    "reason": gettext_lazy("Enter a reason."),
    "typed": gettext_lazy("Enter the day or the endpoint's name."),
    "username": gettext_lazy("Enter your username."),
    **dict.fromkeys(("kind_of", "owner_of", "time_zone"), gettext_lazy("Select an option from the list.")),
}
# Nobody can fill in a hidden field: the page was incomplete.
INCOMPLETE = gettext_lazy("Some of the form's data is missing or not valid. Reload the page and try again.")
OTHERS = {
    "invalid_choice": gettext_lazy("Select an option from the list."),
    "max_length": ngettext_lazy(
        "Enter no more than %(limit_value)d character. You entered %(show_value)d.",
        "Enter no more than %(limit_value)d characters. You entered %(show_value)d.",
        "limit_value",
    ),
    "min_value": gettext_lazy("Enter %(limit_value)s or more."),
    "max_value": gettext_lazy("Enter %(limit_value)s or less."),
}


def explain(fields: Mapping[str, forms.Field]) -> None:
    """Replace Django's sentences in these fields; those that a field has of its own stay."""
    for name, field in fields.items():
        messages = field.error_messages
        if field.widget.is_hidden:
            replaced: dict[str, Any] = dict.fromkeys(messages, INCOMPLETE)
        else:
            replaced = {**OTHERS, "required": REQUIRED.get(name, gettext_lazy("Enter a value."))}
        for code, text in replaced.items():
            if messages.get(code) in (None, _default(field, code)):
                messages[code] = text


def _default(field: forms.Field, code: str) -> Any:
    """Django's sentence, which the nearest of the field's classes that has one gives."""
    given = (vars(one).get("default_error_messages", {}) for one in type(field).__mro__)
    return next((texts[code] for texts in given if code in texts), None)


class Form(forms.Form):
    """A form whose errors say what to do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        explain(self.fields)


class ModelBoundForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none at run time
    """The same for a form that edits a row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        explain(self.fields)
