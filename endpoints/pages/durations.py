"""Counts requests and how long they take, for metrics: by the name of the view, never by the address."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from endpoints.models.counter import counting

RECEIVED = "speechstudio.received"  # in the WSGI environment: time.perf_counter() when the web server handed it over
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
MACHINES = ("/health/", "/metrics", "/static/")


class Durations:
    """Goes first, so that all other middleware is part of what it measures; waiting for a thread is part of it, too.

    The contents of a file that is sent afterwards are not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = request.META.get(RECEIVED) or time.perf_counter()
        response = self.get_response(request)
        seconds, view = time.perf_counter() - began, _view_of(request, response)
        counting.add("requests", view=view, status=str(response.status_code))
        counting.add("request_seconds_bucket", view=view, le=_bucket(seconds))
        counting.add("request_seconds_sum", seconds, view=view)
        return response


def _view_of(request: HttpRequest, response: HttpResponse) -> str:
    if request.resolver_match:
        return request.resolver_match.view_name or "other"
    for start in MACHINES:
        if request.path_info.startswith(start):
            return start.strip("/")
    return "poll" if response.status_code == 204 else "other"


def _bucket(seconds: float) -> str:
    return next((str(bound) for bound in BUCKETS if seconds <= bound), "+Inf")
