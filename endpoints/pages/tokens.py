"""Tokens of the API: a person's own, under Settings. A token is shown once, when it is made."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints.access import tokens as verbs
from endpoints.models.search import uuid_in
from endpoints.pages.forms.tokens import TokenForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.sessions import recent_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Open to everybody who has signed in."""
    if request.method == "POST":
        return revoke(request, request.user) if "revoke" in request.POST else _create(request)
    return _page(request, TokenForm(person=request.user))


@recent_sign_in
def _create(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST, person=request.user)
    return created(request, request.user, form) or _page(request, form)


def created(request: HttpRequest, account: User, form: TokenForm) -> HttpResponse | None:
    """The page that shows a new token of an account; None when the form has errors, which are then in it."""
    if not form.is_valid():
        return None
    facts: dict[str, Any] = {"days": form.cleaned_data["days"], "rights": form.only}
    try:
        token, secret = verbs.create(account, form.cleaned_data["name"], **facts, actor=request.user)
    except verbs.NameTaken:
        form.add_error("name", _("The account has a token of this name. Enter another one."))
    except verbs.TooMany:
        form.add_error(None, _("The account has too many tokens. Revoke one first."))
    else:
        own = account == request.user
        context = {"section": "settings" if own else "people", "account": account, "own": own}
        return render(request, "settings/token.html", {**context, "token": token, "secret": secret})
    return None


def revoke(request: HttpRequest, account: User) -> HttpResponse:
    """Revoke a token of an account; back to the page that lists its tokens."""
    if (pk := uuid_in(request.POST.get("revoke"))) and verbs.revoke(account, pk, actor=request.user):
        messages.success(request, _("The token is revoked. It opens nothing any more."))
    return redirect(*(["endpoints:tokens"] if account == request.user else ["endpoints:person", account.username]))


def _page(request: HttpRequest, form: TokenForm) -> HttpResponse:
    context = {"section": "settings", "form": form, "tokens": verbs.of_person(request.user)}
    return render(request, "settings/tokens.html", context, status=422 if form.errors else 200)
