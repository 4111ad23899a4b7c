"""Search over endpoints, models, pages and actions: the page, and the list of results of the command palette."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.access.permissions import may
from endpoints.pages.http import HttpRequest
from endpoints.pages.search.found import LONGEST, find

IN_PALETTE, ON_PAGE = 5, 50  # endpoints, and as many models


@require_safe
@may("view_endpoint")
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    palette = request.htmx and request.htmx.target == "palette-found"
    found = find(request.user, text, most=IN_PALETTE if palette else ON_PAGE)
    template = "search/_options.html" if palette else "search/search.html"
    return render(request, template, {"section": "search", "found": found, "q": text})
