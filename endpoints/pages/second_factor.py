"""Middleware: an admin who must have a second factor, and has none, is led to set one up."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from endpoints.access.second_factor import missing_second_factor
from endpoints.pages.http import HttpRequest

ALLOWED = ("mfa_", "account_logout", "account_reauthenticate")  # beginnings of names of addresses


class SecondFactorFirst:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_more: object) -> object:
        name = (request.resolver_match and request.resolver_match.view_name) or ""
        if name.startswith(ALLOWED) or not getattr(view, "login_required", True) or not missing_second_factor(request):
            return None
        address = reverse("mfa_index")
        return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)
