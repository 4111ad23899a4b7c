"""The pages for what failed on our side, and for a form that Django's protection against forgery refused."""

import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.views import defaults

from endpoints.access import sign_in_events
from endpoints.access.client_address import client_address
from endpoints.models.secret import CannotDecrypt
from endpoints.models.service_errors import in_words
from endpoints.pages.problems import is_api, of_status, problem

RETRY_SECONDS = 10
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110, 9.2.1: they ask for no change
FULL = ("disk is full", "No space left on device")  # as SQLite and PostgreSQL say it


def failed(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer, which ends by itself, or while secrets are locked; 500 otherwise.

    As the handler of last resort it also sees what failed in the middleware: session, person, language.
    """
    error = sys.exception()
    if is_api(request):
        return of_status(503 if isinstance(error, OperationalError | InterfaceError) else 500)
    if isinstance(error, OperationalError | InterfaceError):
        page = render_to_string(
            "503.html", {"full": any(words in str(error) for words in FULL), "sent": request.method not in SAFE}
        )
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    if isinstance(error, CannotDecrypt):
        return HttpResponse(render_to_string("503_secrets.html", {"why": in_words(str(error))}), status=503)
    return defaults.server_error(request)


def crafted(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, as for a host that is not ours."""
    return problem("bad-request") if is_api(request) else defaults.bad_request(request, exception)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. Of the API too: an address with a line break matches none of ours."""
    return problem("not-found") if is_api(request) else defaults.page_not_found(request, exception)


def too_many(request: HttpRequest) -> HttpResponse:
    """django-allauth's answer to an address, or a person, that tries too often."""
    if request.path == resolve_url("account_login"):
        sign_in_events.throttled("", client_address(request, settings.TRUSTED_PROXIES))
    return render(request, "429.html", status=429)


def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell a form from an origin that is not trusted, which the settings must allow, from one that has expired.

    `reason` is Django's; it also stands in the log.
    """
    untrusted = reason.startswith(("Origin checking", "Referer checking"))
    told = {"untrusted": untrusted, "origin": _origin(request), "own": f"{request.scheme}://{request.get_host()}"}
    return render(request, "403_csrf.html", told, status=403)


def _origin(request: HttpRequest) -> str:
    """Where the browser says that the form came from; "" when it says nothing."""
    if origin := request.headers.get("Origin"):
        return origin
    try:
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return f"{referer.scheme}://{referer.netloc}" if referer.netloc else ""
