"""The banners alone, for pages that don't poll, such as forms, or only until a progress has ended."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from endpoints.access.permissions import may
from endpoints.pages.frame import Frame
from endpoints.pages.http import HttpRequest


@require_safe
@may("view_endpoint")
def banners(request: HttpRequest) -> HttpResponse:
    """Those of the page that polls, which htmx names in a header."""
    try:
        page = resolve((request.htmx.current_url_abs_path or "/").partition("?")[0])
    except Resolver404:
        page = None
    return render(request, "frame/_banners_update.html", {"frame": Frame(request.user, page)})
