"""Middleware: the page for a request whose body the web server has not taken, in the language of the browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

REFUSED = "speechstudio.refused"  # as in speechstudio.whole_requests, which loads only with gunicorn
TOO_LARGE = 413


class RefusedBodies:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        status = request.META.get(REFUSED)
        if status is None:
            return self.get_response(request)
        return HttpResponse(render_to_string("413.html") if status == TOO_LARGE else "", status=status)
