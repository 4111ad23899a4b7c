"""Alert settings: what a person follows and mutes, and the channels on which they are told."""

from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints.access import door
from endpoints.access.permissions import allows, may, may_manage_people
from endpoints.alerts import choices
from endpoints.messages.alerts.outcome import in_words
from endpoints.models import Endpoint, Resource
from endpoints.models.search import uuid_in
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("view_endpoint")
def settings(request: HttpRequest) -> HttpResponse:
    """A POST sets what holds for everything that was not chosen, or forgets a choice."""
    if request.method == "POST":
        if (forgotten := request.POST.get("forget", "")).isdecimal() and len(forgotten) < 19:
            choices.forget(request.user, int(forgotten))
        elif request.POST.get("rest") in ("all", "followed"):
            choices.choose_for_rest(request.user, all_of_it=request.POST["rest"] == "all")
        messages.success(request, _("Your settings are saved."))
        return redirect("endpoints:alert-settings")
    return render(request, "alerts/settings.html", {"section": "alerts", **_context(request)})


def _context(request: HttpRequest) -> dict[str, Any]:
    rows = door.alert_channels(request.user).select_related("group", "person", "resource")
    changeable = set(door.alert_channels(request.user, to_change=True).values_list("pk", flat=True))
    return {
        "of_all": choices.of_all(request.user),
        "choices": _visible(request),
        "channels": [
            {"row": row, "failure": in_words(row.failure), "own": row.pk in changeable, "of": _owner(row)}
            for row in rows
        ],
        "mail_ready": site.MAIL,
        "manages": may_manage_people(request.user),
    }


def _visible(request: HttpRequest) -> list[Any]:
    """Without choices about what the person no longer sees."""
    endpoints = door.endpoints(request.user).order_by().values("pk")
    resources = door.resources(request.user).order_by().values("pk")
    rows = door.alert_choices(request.user)
    return [*rows.filter(endpoint__in=endpoints), *rows.filter(resource__in=resources)]


def _owner(channel: Any) -> str:
    if channel.group:
        return str(channel.group)
    return "" if channel.person_id else _("Everyone")


@require_POST
@may("view_endpoint")
def choose(request: HttpRequest) -> HttpResponse:
    """Follow or mute the endpoint or the Speech resource that is named, then go back to its page."""
    about: Endpoint | Resource
    follows = request.POST.get("follows") == "yes"
    if request.POST.get("endpoint"):
        about = door.endpoint(request.user, uuid_in(request.POST["endpoint"]))
        address = about.get_absolute_url()
    else:
        about = door.one(door.resources(request.user), request.user, door.VIEW, uuid_in(request.POST.get("resource")))
        address = reverse("endpoints:alert-settings")
        if allows(request.user, door.MANAGE, on=about):
            address = reverse("endpoints:resource-edit", args=[about.pk])
    choices.choose(request.user, about, follows=follows)
    said = _("You get alerts about %(name)s.") if follows else _("You no longer get alerts about %(name)s.")
    messages.success(request, said % {"name": str(about)})
    return redirect(address)
