"""Service accounts: accounts of programs, with which nobody signs in. Those who manage people make their tokens."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from endpoints.access import door, people
from endpoints.access.permissions import people_manager
from endpoints.pages import tokens as own_tokens
from endpoints.pages.forms.tokens import ServiceAccountForm, TokenForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.people import person
from endpoints.pages.people.refusals import refusal_of
from endpoints.pages.sessions import recent_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@people_manager
def add(request: HttpRequest) -> HttpResponse:
    return _added(request) if request.method == "POST" else _form(request, ServiceAccountForm())


@recent_sign_in
def _added(request: HttpRequest) -> HttpResponse:
    form = ServiceAccountForm(request.POST)
    if not form.is_valid():
        return _form(request, form)
    try:
        account = people.add_service_account(
            form.cleaned_data["name"], set(form.cleaned_data["roles"]), actor=request.user
        )
    except people.NameTaken:
        form.name_is_taken()
        return _form(request, form)
    return redirect("endpoints:person", account.get_username())


def _form(request: HttpRequest, form: ServiceAccountForm) -> HttpResponse:
    context = {"section": "people", "form": form}
    return render(request, "people/service_account.html", context, status=422 if form.errors else 200)


@require_POST
@people_manager
def tokens(request: HttpRequest, name: str) -> HttpResponse:
    """Make a token of a service account; revoke one of any account."""
    account = door.account(request.user, name)
    if refusal := refusal_of(request.user, account):
        messages.error(request, refusal)
        return redirect("endpoints:person", name)
    if "revoke" in request.POST:
        return own_tokens.revoke(request, account)
    return _create(request, name)


@recent_sign_in
def _create(request: HttpRequest, name: str) -> HttpResponse:
    account = door.account(request.user, name)
    if not account.is_service:  # type: ignore[attr-defined]  # of the door
        raise Http404
    form = TokenForm(request.POST, person=account)
    return own_tokens.created(request, account, form) or person.page(request, account, form)
