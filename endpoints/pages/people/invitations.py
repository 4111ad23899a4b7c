"""Invitations, and links to set a new password: by mail, or shown once to be passed on when there is no mail."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from endpoints.access import door, people
from endpoints.access.permissions import people_manager
from endpoints.messages import password_links
from endpoints.models import site
from endpoints.pages.forms.people import InvitationForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.people.refusals import refusal_of
from endpoints.pages.sessions import recent_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
@people_manager
def invite(request: HttpRequest) -> HttpResponse:
    if not settings.LOCAL_SIGN_IN:  # the identity provider's groups decide who may sign in
        raise Http404
    return _invited(request) if request.method == "POST" else _form(request, InvitationForm())


@recent_sign_in
def _invited(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _form(request, form)
    name, email, roles = (form.cleaned_data[field] for field in ("name", "email", "roles"))
    try:
        account = people.invite(name, email, set(roles), actor=request.user)
    except people.NameTaken:
        form.name_is_taken()
        return _form(request, form)
    return _link(request, account)


def _form(request: HttpRequest, form: InvitationForm) -> HttpResponse:
    context = {"section": "people", "form": form}
    return render(request, "people/invite.html", context, status=422 if form.errors else 200)


@require_POST
@people_manager
@recent_sign_in
def password_link(request: HttpRequest, name: str) -> HttpResponse:
    account = door.account(request.user, name)
    if refusal := refusal_of(request.user, account):
        messages.error(request, refusal)
        return redirect("endpoints:person", name)
    if not settings.LOCAL_SIGN_IN or account.by_company or account.is_service:  # type: ignore[attr-defined]  # of the door
        raise Http404
    return _link(request, account)


def _link(request: HttpRequest, account: User) -> HttpResponse:
    """Shown only when it couldn't be sent, so that nobody but the person ever has it if there is mail."""
    link = site.address(people.password_path(account, actor=request.user), request)
    sent = password_links.send(account, link)
    context = {"section": "people", "person": account, "link": "" if sent else link}
    return render(request, "people/invited.html", context)
