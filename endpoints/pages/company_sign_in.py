"""Sign-in by the company's identity provider: leaving for it, and coming back."""

from allauth.socialaccount.models import SocialApp
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from endpoints.access.company.provider import CallbackView, CompanyAdapter, LoginView


@login_not_required
@require_POST
def login(request: HttpRequest) -> HttpResponse:
    """Leave for the provider by a page of its own: our policy (form-action 'self') ends a form that leads elsewhere."""
    answer = _answer(LoginView, request)
    if answer.status_code != 302:
        return answer
    return render(request, "socialaccount/leave.html", {"address": answer.headers["Location"]})


@login_not_required
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    return _answer(CallbackView, request)


def _answer(view: type, request: HttpRequest) -> HttpResponse:
    try:
        answer: HttpResponse = view.adapter_view(CompanyAdapter(request))(request)  # type: ignore[attr-defined]  # of both views
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer
