"""The page of a person: how they sign in, their roles and sessions, and what those who manage people can do."""

import shlex
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from endpoints.access import door, people, tokens
from endpoints.access.grants import group_names
from endpoints.access.permissions import people_manager
from endpoints.access.sessions import of_person
from endpoints.pages.forms.tokens import TokenForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.people import grants
from endpoints.pages.people.refusals import refusal_of
from endpoints.pages.sessions import recent_sign_in


@require_safe
@people_manager
def person(request: HttpRequest, name: str) -> HttpResponse:
    return page(request, door.account(request.user, name))


def page(request: HttpRequest, account: User, tokens_form: TokenForm | None = None) -> HttpResponse:
    """`tokens_form`: one with errors."""
    service = account.is_service  # type: ignore[attr-defined]  # of the door
    held = {group.name for group in account.groups.all()}
    context = {
        "section": "people",
        "person": account,
        "roles": [(name, name in held) for name in group_names()],
        "sessions": of_person(account),
        "anonymize": f"python3 manage.py anonymize_person {shlex.quote(account.get_username())}",
        "refusal": refusal_of(request.user, account),
        **grants.section(request.user, person=account),
        "linkable": settings.LOCAL_SIGN_IN and not account.by_company and not service,  # type: ignore[attr-defined]  # of the door
        "tokens": tokens.of_person(account),
        "form": (tokens_form or TokenForm(person=account)) if service else None,
    }
    return render(request, "people/person.html", context, status=422 if tokens_form else 200)


Act = Callable[[HttpRequest, User], str]


def _act(act: Act, *, recent: bool = False) -> Any:
    """A view that does something to the account of another person, and says what in a message.

    `recent`: only after a recent sign-in.
    """

    @wraps(act)
    def done(request: HttpRequest, name: str) -> HttpResponse:
        account = door.account(request.user, name)
        if refusal := refusal_of(request.user, account):
            messages.error(request, refusal)
        else:
            messages.success(request, act(request, account))
        return redirect("endpoints:person", account.get_username())

    return require_POST(people_manager(recent_sign_in(done) if recent else done))


def _end_sessions(request: HttpRequest, account: User) -> str:
    """One session of the person, or all of them."""
    ended = people.end_sessions(account, request.POST.get("session", ""), actor=request.user)
    sentence = ngettext("%(number)s session was ended.", "%(number)s sessions were ended.", ended)
    return sentence % {"number": ended} if ended else _("There was no session.")


def _turn_on_or_off(request: HttpRequest, account: User) -> str:
    on = request.POST.get("active") == "1"
    people.set_active(account, active=on, actor=request.user)
    text = _("The account of %(name)s is turned on.") if on else _("The account of %(name)s is turned off.")
    return text % {"name": account.get_username()}


def _remove_second_factor(request: HttpRequest, account: User) -> str:
    people.remove_second_factor(account, actor=request.user)
    return _("The second factor of %(name)s was removed.") % {"name": account.get_username()}


def _set_roles(request: HttpRequest, account: User) -> str:
    if account.by_company:  # type: ignore[attr-defined]  # of the door
        return _("The identity provider decides the roles of this person.")
    people.set_roles(account, set(request.POST.getlist("role")) & {*group_names()}, actor=request.user)
    return _("The roles of %(name)s are saved.") % {"name": account.get_username()}


sessions = _act(_end_sessions)
active = _act(_turn_on_or_off)
second_factor = _act(_remove_second_factor, recent=True)
roles = _act(_set_roles, recent=True)
