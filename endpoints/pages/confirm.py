"""Confirming a sign-in: django-allauth's pages, after which the session has a new key."""

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django import forms
from django.http import HttpRequest, HttpResponse

from endpoints.access import sessions


class NewKey:
    """In front of a view of django-allauth that confirms a sign-in by its form."""

    request: HttpRequest

    def form_valid(self, form: forms.Form) -> HttpResponse:
        sessions.renew(self.request)
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the view
        return answer


class ByPassword(NewKey, ReauthenticateView):  # type: ignore[misc]  # django-allauth has no types
    pass


class ByCode(NewKey, CodeView):  # type: ignore[misc]  # django-allauth has no types
    pass


class ByPasskey(NewKey, ReauthenticateWebAuthnView):  # type: ignore[misc]  # django-allauth has no types
    pass


by_password: Any = ByPassword.as_view()
by_code: Any = ByCode.as_view()
by_passkey: Any = ByPasskey.as_view()
