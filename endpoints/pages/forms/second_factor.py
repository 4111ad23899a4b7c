"""The forms of second factors: django-allauth's, in our words."""

from typing import Any

from allauth.mfa.base import forms as base
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django.utils.translation import gettext_lazy as _

from endpoints.pages.forms.sign_in import OurWords


class CodeForm(OurWords, base.AuthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class ConfirmCodeForm(OurWords, base.ReauthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class SetUpCodeForm(OurWords, ActivateTOTPForm):  # type: ignore[misc]  # django-allauth has no types
    pass


class AddPasskeyForm(OurWords, webauthn.AddWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.initial, alone.label = True, _("Sign in with this passkey alone, without a password")
        alone.help_text = _("The passkey then asks for your fingerprint, face, or PIN.")


class RenamePasskeyForm(OurWords, webauthn.EditWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    pass
