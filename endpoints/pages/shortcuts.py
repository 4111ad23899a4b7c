"""The keyboard shortcuts as a page, for a browser without JavaScript."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.access.permissions import may
from endpoints.pages.http import HttpRequest


@require_safe
@may("view_endpoint")
def shortcuts(request: HttpRequest) -> HttpResponse:
    return render(request, "shortcuts/shortcuts.html")
