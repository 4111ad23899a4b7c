"""What a person sets for the list: favorites, columns and saved views."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.changes import saved_views
from endpoints.models.search import uuid_in
from endpoints.pages.endpoint_list import selection
from endpoints.pages.http import HttpRequest


@require_POST
@may("view_endpoint")
def favorite(request: HttpRequest) -> HttpResponse:
    """Make an endpoint a favorite, which stands on top of the person's list, or no longer."""
    endpoint = door.endpoint(request.user, uuid_in(request.POST.get("endpoint")))
    marked, new = door.favorites(request.user).get_or_create(user=request.user, endpoint=endpoint)
    if not new:
        marked.delete()
    here = request.htmx.current_url_abs_path if request.htmx else None
    return redirect(here) if here and here.startswith(reverse("endpoints:list")) else _back(request)


@require_POST
@may("view_endpoint")
def columns(request: HttpRequest) -> HttpResponse:
    chosen = [key for key in selection.COLUMNS if key == "name" or key in request.POST.getlist("column")]
    _prefer(request, columns=[] if set(chosen) == set(selection.SHOWN) else chosen)
    return _back(request)


@require_http_methods(["GET", "HEAD", "POST"])
@may("view_endpoint")
def views(request: HttpRequest) -> HttpResponse:
    """The saved views; a POST saves one, or replaces the one of this name."""
    if request.method == "POST":
        name = " ".join(request.POST.get("name", "").replace("\0", "").split())[:80]
        if name:
            _save(request, name)
        else:
            messages.error(request, _("Enter a name for the view."))
        return _back(request)
    default = door.preferences(request.user).values_list("default_view", flat=True).first()
    rows = door.saved_views(request.user).select_related("owner")
    shown = [(row, door.may_delete_view(request.user, row)) for row in rows]
    return render(request, "endpoint_list/saved_views.html", {"section": "list", "views": shown, "default_pk": default})


def _save(request: HttpRequest, name: str) -> None:
    shared = "shared" in request.POST
    try:
        saved_views.save(actor=request.user, name=name, query=_query(request)[:2000], shared=shared)
    except saved_views.TooMany:
        words = _("You already have %(count)s saved views. Delete one, then save this one.")
        messages.error(request, words % {"count": saved_views.MOST})
    else:
        messages.success(request, _("The view %(name)s is saved.") % {"name": name})


@require_POST
@may("view_endpoint")
def view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a view the person's default, or not; its owner shares or deletes it, and an admin deletes a shared one."""
    row = door.saved_view(request.user, pk)
    action = request.POST.get("action")
    if action in ("default", "no-default"):
        _prefer(request, default_view=row if action == "default" else None)
    elif action == "delete" and door.may_delete_view(request.user, row):
        saved_views.delete(row, actor=request.user)
    elif action in ("share", "unshare") and row.owner == request.user:
        saved_views.share(row, actor=request.user, shared=action == "share")
    return redirect("endpoints:views")


def _prefer(request: HttpRequest, **chosen: Any) -> None:
    door.preferences(request.user).update_or_create(user=request.user, defaults=chosen)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was; a default view does not take its place."""
    return redirect(f"{reverse('endpoints:list')}?{_query(request) or selection.EVERYTHING}")


def _query(request: HttpRequest) -> str:
    return selection.state(QueryDict(request.POST.get("query", "")[:4000]))
