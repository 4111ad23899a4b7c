"""The sheet of shortcuts as a page, for a browser that runs no script."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.pages.http import HttpRequest, may


@require_safe
@may("view_endpoint")
def shortcuts(request: HttpRequest) -> HttpResponse:
    return render(request, "shortcuts/shortcuts.html")
