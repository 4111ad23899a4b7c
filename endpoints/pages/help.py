"""Help: what expiration, content logging, changing a model and the roles mean."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.access.roles import ROLES
from endpoints.pages.http import HttpRequest
from endpoints.samples import documentation


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """For everybody who has signed in, also without a role."""
    return render(request, "help/help.html", {"documentation": documentation.PAGES, "roles": ROLES.items()})
