"""The forms of second factors: django-allauth's, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa.base import forms as base
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from endpoints.access import sign_in_events
from endpoints.pages.forms.sign_in import OurWords

NOT_ACCEPTED = _("The passkey wasn't accepted. Try again, or sign in another way.")


class CodeForm(OurWords, base.AuthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    def clean_code(self) -> Any:
        try:
            return super().clean_code()
        except ValidationError:
            _refused(self.user, "second-factor")
            raise


class PasskeyForm(OurWords, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    """A passkey as the second factor."""

    def clean_credential(self) -> Any:
        with _accepted(self.user, "second-factor"):
            return super().clean_credential()


class PasskeySignInForm(OurWords, webauthn.LoginWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    """A passkey instead of name and password."""

    def clean_credential(self) -> Any:
        with _accepted(None, "passkey"):
            return super().clean_credential()


@contextmanager
def _accepted(user: User | None, why: str) -> Iterator[None]:
    """Record a passkey that isn't accepted. Garbage in its place, which the library stumbles over, is none."""
    try:
        yield
    except (ValidationError, ValueError, TypeError, AttributeError, LookupError, InvalidSignature) as error:
        _refused(user, why)
        raise ValidationError(NOT_ACCEPTED) from error


def _refused(user: User | None, why: str) -> None:
    sign_in_events.refused(user, get_account_adapter().get_client_ip(context.request), why)


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
