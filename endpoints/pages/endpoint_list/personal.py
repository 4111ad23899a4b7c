"""What a person keeps of the list: favourites, columns and saved views."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints.models import Endpoint, Favourite, Preferences, SavedView
from endpoints.models.search import uuid_in
from endpoints.pages.endpoint_list import selection
from endpoints.pages.http import HttpRequest, may


@require_POST
@may("view_endpoint")
def favourite(request: HttpRequest) -> HttpResponse:
    """Put an endpoint on top of the person's list, or take it down again."""
    endpoint = get_object_or_404(Endpoint, pk=uuid_in(request.POST.get("endpoint")))
    kept, new = Favourite.objects.get_or_create(user=request.user, endpoint=endpoint)
    if not new:
        kept.delete()
    here = request.htmx.current_url_abs_path if request.htmx else None
    return redirect(here) if here and here.startswith(reverse("endpoints:list")) else _back(request)


@require_POST
@may("view_endpoint")
def columns(request: HttpRequest) -> HttpResponse:
    chosen = [key for key in selection.COLUMNS if key in request.POST.getlist("column")]
    everything = len(chosen) >= len(selection.COLUMNS) - 1
    _prefer(request, columns=[] if everything else ["name", *chosen])
    return _back(request)


@require_http_methods(["GET", "HEAD", "POST"])
@may("view_endpoint")
def views(request: HttpRequest) -> HttpResponse:
    """The saved views; a POST saves one more, or the same name anew."""
    if request.method == "POST":
        name = " ".join(request.POST.get("name", "").replace("\0", "").split())[:80]
        if name:
            kept = {"query": _query(request)[:2000], "shared": "shared" in request.POST}
            SavedView.objects.update_or_create(owner=request.user, name=name, defaults=kept)
            messages.success(request, _("The view %(name)s is saved.") % {"name": name})
        else:
            messages.error(request, _("A view needs a name."))
        return _back(request)
    default = Preferences.objects.filter(user=request.user).values_list("default_view", flat=True).first()
    rows = SavedView.objects.visible_to(request.user).select_related("owner")
    return render(request, "endpoint_list/saved_views.html", {"section": "list", "views": rows, "default_pk": default})


@require_POST
@may("view_endpoint")
def view(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a view the person's default, or not; its owner shares or deletes it."""
    row = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    action = request.POST.get("action")
    if action in ("default", "no-default"):
        _prefer(request, default_view=row if action == "default" else None)
    elif row.owner == request.user:
        if action == "delete":
            row.delete()
        elif action in ("share", "unshare"):
            row.shared = action == "share"
            row.save(update_fields=["shared"])
    return redirect("endpoints:views")


def _prefer(request: HttpRequest, **chosen: Any) -> None:
    Preferences.objects.update_or_create(user=request.user, defaults=chosen)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was; `q` keeps a default view from taking its place."""
    return redirect(f"{reverse('endpoints:list')}?{_query(request) or 'q='}")


def _query(request: HttpRequest) -> str:
    return selection.state(QueryDict(request.POST.get("query", "")[:4000]))
