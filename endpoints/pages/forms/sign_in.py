"""The forms of sign-in and of passwords: django-allauth's, in our words."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from endpoints.access.accounts import may_sign_in_locally
from endpoints.pages.forms.error_texts import explain

LABELS = {
    "username": _("Username"),
    "password": _("Password"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
    "email": _("E-mail"),
    "code": _("Code"),
    "name": _("Name"),
}
HELP = {
    "password1": _("At least 12 characters, no common password, and nothing like your name or the names in this app.")
}


class OurWords(forms.Form):
    """In front of a form of django-allauth: our labels, help and errors, and no placeholders."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say()

    def say(self) -> None:
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in LABELS:
                field.label, field.help_text = LABELS[name], HELP.get(name, "")
        explain(self.fields)

    def add_error(self, field: str | None, error: Any) -> None:
        """The one error of the second password is that it differs from the first."""
        differs = field == "password2" and isinstance(error, str)
        super().add_error(field, _("The two passwords are different.") if differs else error)


class SignInForm(OurWords, allauth.LoginForm):  # type: ignore[misc]  # django-allauth has no types
    """With the field named `username`, as password managers and scripts know it."""

    def say(self) -> None:
        login, password = self.fields.pop("login"), self.fields.pop("password")
        self.fields |= {"username": login, "password": password}
        super().say()

    def clean(self) -> Any:
        if "username" in self.cleaned_data:
            self.cleaned_data["login"] = self.cleaned_data["username"].strip()
        return super().clean()


class ConfirmForm(OurWords, allauth.ReauthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class ChangePasswordForm(OurWords, allauth.ChangePasswordForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class NewPasswordForm(OurWords, allauth.ResetPasswordKeyForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class ResetPasswordForm(OurWords, allauth.ResetPasswordForm):  # type: ignore[misc]  # django-allauth has no types
    def clean_email(self) -> Any:
        """No link for company accounts, which have no password here, nor for those who can't use one."""
        email = super().clean_email()
        found: list[User] = self.users  # type: ignore[has-type]  # of django-allauth's clean_email
        self.users = [one for one in found if one.has_usable_password() and may_sign_in_locally(one.get_username())]
        return email
