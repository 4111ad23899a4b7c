"""Headers that every page of ours carries, and what htmx is told when a session has ended."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect


class PrivatePages:
    """Pages are private: no cache keeps them, no other site embeds or reads them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "htmx", False) and _leads_to_sign_in(response):
            # A fragment must not be replaced by a sign-in form: the whole page goes there.
            address = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
            response = HttpResponseClientRedirect(f"{resolve_url('login')}?next={address}")
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        patch_vary_headers(response, ["HX-Request"])
        return response


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path == resolve_url("login")
