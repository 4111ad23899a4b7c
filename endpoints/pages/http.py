"""The type of a request in our views."""

from django.contrib.auth.models import User
from django.http import HttpRequest as PlainRequest
from django_htmx.middleware import HtmxDetails


class HttpRequest(PlainRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails
    user: User
