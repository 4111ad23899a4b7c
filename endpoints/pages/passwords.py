"""Passwords: that of a company account is the company's, and a forgotten one is reset only where mail can be sent."""

from allauth.account import views as account
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def forgotten(request: HttpRequest) -> HttpResponse:
    if not settings.MAIL:
        return render(request, "account/no_mail.html", status=404)
    answer: HttpResponse = account.password_reset(request)
    return answer


def company_account(request: HttpRequest) -> HttpResponse:
    """Whoever signs in by the company gets no password here: it would stay valid when the company's account ends."""
    raise PermissionDenied(_("You sign in with your company account, so you have no password here."))
