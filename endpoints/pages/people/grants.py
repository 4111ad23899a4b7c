"""The roles of a person or a group, for everything, a Speech resource or a project: owners give and take them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from endpoints.access import door, giving
from endpoints.access.permissions import Person, people_manager
from endpoints.pages.forms.grants import GrantForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.people.refusals import refusal_of
from endpoints.pages.sessions import recent_sign_in


def section(reader: Person, **holder: User | Group) -> dict[str, Any]:
    """For people/_grants.html; `holder` is a person or a group, by this name."""
    return {"grants": door.held_grants(reader).filter(**holder), "grant_form": GrantForm(person=reader)}


@require_POST
@people_manager
@recent_sign_in
def of_person(request: HttpRequest, name: str) -> HttpResponse:
    account = door.account(request.user, name)
    if refusal := refusal_of(request.user, account):
        messages.error(request, refusal)
    else:
        _change(request, person=account)
    return redirect("endpoints:person", account.get_username())


@require_POST
@people_manager
@recent_sign_in
def of_group(request: HttpRequest, name: str) -> HttpResponse:
    group = door.group(request.user, name)
    _change(request, group=group)
    return redirect("endpoints:group", group.name)


def _change(request: HttpRequest, **holder: User | Group) -> None:
    """Take the grant that a button names, or else give what the form says."""
    (to,) = holder.values()
    if taken := request.POST.get("take", ""):
        pk = int(taken) if taken.isascii() and taken.isdecimal() and len(taken) < 19 else 0
        grant = get_object_or_404(door.held_grants(request.user).filter(**holder), pk=pk)
        try:
            giving.take(grant, actor=request.user)
        except giving.OwnRole:
            messages.error(request, _("You would no longer manage people. Ask another owner to take this role."))
        else:
            messages.success(request, _("%(name)s no longer has this role.") % {"name": to})
        return
    form = GrantForm(request.POST, person=request.user)
    if not form.is_valid():
        for texts in form.errors.values():
            messages.error(request, " ".join(map(str, texts)))
        return
    given = giving.give(form.cleaned_data["role"], to=to, place=form.cleaned_data["place"], actor=request.user)
    sentence = _("%(name)s has the role now.") if given else _("%(name)s has this role already.")
    messages.success(request, sentence % {"name": to})
