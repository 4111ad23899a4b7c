"""The type of a request in our views, and addresses without empty parameters."""

from django.contrib.auth.models import User
from django.http import HttpRequest as PlainRequest
from django.http import HttpResponse, QueryDict
from django_htmx.middleware import HtmxDetails


class HttpRequest(PlainRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails
    user: User


def has_empty_values(query: QueryDict) -> bool:
    """A browser sends also the fields of a form that are empty; a page then redirects to its address without them."""
    return "" in query.values()


def with_address(response: HttpResponse, request: HttpRequest, address: str) -> HttpResponse:
    """Let htmx show `address` for the fragment that a form has loaded. A poll changes no address."""
    if "version" not in request.GET:
        response["HX-Push-Url"] = address
    return response
