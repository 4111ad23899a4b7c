"""The type of a request in our views, addresses without empty parameters, and pages that were empty."""

from django.contrib.auth.models import User
from django.http import HttpRequest as PlainRequest
from django.http import HttpResponse
from django_htmx.middleware import HtmxDetails


class HttpRequest(PlainRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails
    user: User


CHOICES = ("endpoint", "entry")  # what was ticked: an empty choice is not the same as none


def without_empty(query: str) -> str:
    """The query string without the parameters that are empty, everything else as it was sent."""
    return "&".join(part for part in query.split("&") if _has_value(*part.partition("=")))


def _has_value(name: str, _sign: str, value: str) -> bool:
    return bool(value) or name in CHOICES


def with_address(response: HttpResponse, request: HttpRequest, address: str) -> HttpResponse:
    """Let htmx show `address` for the fragment that a form has loaded. A poll changes no address."""
    if "version" not in request.GET:
        response["HX-Push-Url"] = address
    return response


def of_empty_page(address: str) -> str:
    """The address by which a page without anything to show polls."""
    return f"{address}{'&' if '?' in address else '?'}empty=1"


def filled(request: HttpRequest, *, empty: bool) -> HttpResponse | None:
    """What the poll of an empty page gets once there is something: the whole page is loaded, with its filters."""
    if request.htmx and "empty=1" in request.META["QUERY_STRING"] and not empty:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return None
