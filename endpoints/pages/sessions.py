"""Middleware: a session lasts while it is used, within its limits; and pages that need a recent sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse

from endpoints.access import sessions


class SessionLimits:
    """Extends the session of a person who opens a page. What a page asks by itself extends nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_arguments: Any) -> None:
        if getattr(view, "login_required", True) and request.user.is_authenticated and not _is_poll(request):
            sessions.extend(request)


def _is_poll(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers and "version" in request.GET


def recent_sign_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view: the person confirms first who they are when their sign-in is more than ten minutes old."""

    @wraps(view)
    def confirmed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not sessions.signed_in_recently(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return confirmed
