"""Middleware of every page: headers, compression, the end of a session, time zone and language."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path
from django_htmx.http import HttpResponseClientRedirect

from endpoints.access import door
from endpoints.models import Preferences, service_errors
from endpoints.pages import time_zones
from endpoints.pages.http import without_empty

CHOSEN = ("time_zone", "language", "theme", "density")  # kept in the session, so that no page has to ask the database
BROWSERS_ZONE = ("__Secure-time_zone", "time_zone")  # the cookies that static/js/timezone.js sets, by HTTPS or HTTP


class CompressedText(GZipMiddleware):
    """Text is compressed; recordings, archives and what is given out in parts keep their length."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        text = response.headers.get("Content-Type", "").startswith("text/")
        if not text or response.has_header("Accept-Ranges"):
            return response
        return super().process_response(request, response)


class PrivatePages:
    """Pages are private: no cache keeps them, no other site embeds or reads them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        door = _sign_in_page(response)
        if door and getattr(request, "htmx", False) and request.path == resolve_url("endpoints:banners"):
            # A form stays open, so that nobody is interrupted while typing.
            response = HttpResponse(status=204, headers={"HX-Trigger": "session-ended"})
        elif door and getattr(request, "htmx", False):
            # A fragment must not be replaced by a sign-in form: the whole page goes there.
            address = request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # django-htmx's attribute
            page = redirect_to_login(address or resolve_url("endpoints:list"), door).url
            response = HttpResponseClientRedirect(page)
        elif request.method == "POST" and door == resolve_url("account_login") and not _is_of_sign_in(request):
            # A form may be sent to an address that cannot be opened: the person comes back to the form itself.
            response = redirect(f"{redirect_to_login(_page_of_form(request)).url}&unsent=1")
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not getattr(request, "htmx", False):  # a header of whole pages only
            response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if request.method == "POST" and request.path == resolve_url("account_logout") and response.status_code == 302:
            # Below a path prefix, other programs of this host have stored things too. "cookies" would clear those of
            # subdomains; the session's own cookie is deleted anyway.
            response.headers["Clear-Site-Data"] = '"cache"' if settings.FORCE_SCRIPT_NAME else '"cache", "storage"'
        patch_vary_headers(response, ["HX-Request"])
        return response


def _is_of_sign_in(request: HttpRequest) -> bool:
    names = ("account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn")
    return request.path.startswith(tuple(resolve_url(name) for name in names))


def _page_of_form(request: HttpRequest) -> str:
    """The address of the page whose form was sent."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    if referrer.netloc != request.get_host():
        return request.get_full_path()
    return f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path


def _sign_in_page(response: HttpResponse) -> str:
    """The page that a response leads to if people sign in there, or confirm who they are; otherwise ""."""
    path = urlsplit(response.headers["Location"]).path if response.status_code == 302 else ""
    return path if path in (resolve_url("account_login"), resolve_url("account_reauthenticate")) else ""


class CleanAddresses:
    """Without JavaScript, a browser also sends the empty fields of a form: the page moves to its address without them.

    Only pages for people do so. A view whose address alone does not show everything names the query that does, as
    `everything`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        query = request.META["QUERY_STRING"]
        if not query or request.method not in ("GET", "HEAD") or not _is_page(request, view) or _is_fragment(request):
            return None
        clean = without_empty(query)
        if clean == query:
            return None
        clean = clean or getattr(view, "everything", "")
        return redirect(f"{escape_uri_path(request.path)}{'?' if clean else ''}{clean}")


def _is_page(request: HttpRequest, view: Any) -> bool:
    match = request.resolver_match
    return match is not None and match.app_name == "endpoints" and getattr(view, "login_required", True)


def _is_fragment(request: HttpRequest) -> bool:
    htmx = request.htmx  # type: ignore[attr-defined]  # django-htmx's attribute
    return bool(htmx) and not htmx.history_restore_request


class TimeZoneAndLanguage:
    """The time zone and language that the person has chosen, or else those of the browser; how much errors tell."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = translation.override(translation.get_language())
        with timezone.override(None), language, service_errors.connections_told(False):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_arguments: Any) -> None:
        rights = getattr(view, "rights", ())
        service_errors.tell_connections(door.manages_what_is_shown(request.user, rights))
        # Machines and people who have not signed in have chosen nothing.
        if getattr(view, "login_required", True):
            if any(name not in request.session for name in CHOSEN):
                remember(request, door.preferences(request.user).first() or Preferences())
            else:
                _activate(request)


def remember(request: HttpRequest, chosen: Preferences) -> None:
    """Keep what the person has chosen for as long as the session lasts, and use it from now on."""
    request.session.update({name: getattr(chosen, name) for name in CHOSEN})
    _activate(request)


def browsers_zone(request: HttpRequest) -> ZoneInfo | None:
    """None before the first page with our script, and for a browser whose time zone we do not know."""
    told = (request.COOKIES[name] for name in BROWSERS_ZONE if name in request.COOKIES)
    return time_zones.named(next(told, ""))


def _activate(request: HttpRequest) -> None:
    timezone.activate(
        time_zones.named(request.session["time_zone"]) or browsers_zone(request) or timezone.get_default_timezone()
    )
    request.LANGUAGE_CODE = request.session["language"] or translation.get_language_from_request(request)
    translation.activate(request.LANGUAGE_CODE)
