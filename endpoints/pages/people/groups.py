"""Groups: who is in them, and which roles they hold."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from endpoints.access import door, giving
from endpoints.access.permissions import people_manager
from endpoints.models import Grant
from endpoints.pages.forms.grants import GroupForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.people import grants
from endpoints.pages.sessions import recent_sign_in

SHOWN = 200  # members of a group


@require_http_methods(["GET", "HEAD", "POST"])
@people_manager
def groups(request: HttpRequest) -> HttpResponse:
    """All groups; a POST adds one."""
    return _add(request) if request.method == "POST" else _list(request, GroupForm())


@recent_sign_in
def _add(request: HttpRequest) -> HttpResponse:
    form = GroupForm(request.POST)
    if form.is_valid():
        if group := giving.add_group(form.cleaned_data["name"], actor=request.user):
            messages.success(request, _("%(name)s is added. Give it a role.") % {"name": group.name})
            return redirect("endpoints:group", group.name)
        form.add_error("name", _("There is a group of this name. Enter another one."))
    return _list(request, form)


def _list(request: HttpRequest, form: GroupForm) -> HttpResponse:
    held: dict[int | None, list[Grant]] = {}
    for grant in door.held_grants(request.user).exclude(group=None):
        held.setdefault(grant.group_id, []).append(grant)
    rows = [(group, held.get(group.pk, [])) for group in door.groups(request.user)]
    context = {"section": "people", "groups": rows, "form": form}
    return render(request, "people/groups.html", context, status=422 if form.errors else 200)


@require_safe
@people_manager
def group(request: HttpRequest, name: str) -> HttpResponse:
    found = door.group(request.user, name)
    context = {
        "section": "people",
        "group": found,
        "people": door.accounts(request.user).filter(groups=found)[:SHOWN],
        **grants.section(request.user, group=found),
    }
    return render(request, "people/group.html", context)
