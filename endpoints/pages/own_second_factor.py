"""A person's own second factors: django-allauth's pages, with an event for each change and each view of the codes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http.response import HttpResponseBase
from django.urls import path

from endpoints.access.second_factor import record_codes_viewed, recorded
from endpoints.pages.http import HttpRequest

View = Callable[..., HttpResponseBase]


def changing(view: View) -> View:
    @wraps(view)
    def page(request: HttpRequest, **more: Any) -> HttpResponseBase:
        return recorded(request.user, lambda: view(request, **more))

    return page


def showing_codes(view: View) -> View:
    @wraps(view)
    def page(request: HttpRequest, **more: Any) -> HttpResponseBase:
        answer = view(request, **more)
        if answer.status_code == 200:
            record_codes_viewed(request.user)
        return answer

    return page


# The addresses and names are django-allauth's. They come before those of `allauth.mfa.urls`, which are the same.
urlpatterns = [
    path("totp/activate/", changing(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", changing(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("webauthn/add/", changing(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("webauthn/keys/<int:pk>/remove/", changing(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("recovery-codes/", showing_codes(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/", changing(recovery_codes.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(
        "recovery-codes/download/",
        showing_codes(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
