"""The form of the sign-in page."""

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _

from endpoints.pages.forms.error_texts import explain


class SignInForm(LoginForm):  # type: ignore[misc]  # django-allauth has no types
    """django-allauth's, with the field named `username`, as password managers and scripts know it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields.pop("login"), self.fields.pop("password")
        self.fields |= {"username": login, "password": password}
        login.label, password.label, password.help_text = _("Username"), _("Password"), ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        explain(self.fields)

    def clean(self) -> Any:
        if "username" in self.cleaned_data:
            self.cleaned_data["login"] = self.cleaned_data["username"].strip()
        return super().clean()
