"""Polls: a page asks whether it is out of date, and almost always it is not."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from endpoints.access.door.activity_version import ActivityVersion
from endpoints.access.door.addresses_version import AddressesVersion
from endpoints.access.door.overview_version import OverviewVersion
from endpoints.access.door.resources_version import ResourcesVersion
from endpoints.access.door.versions import DataVersion, DownloadsVersion, FrameVersion, LogsVersion

Version = (
    DataVersion
    | ActivityVersion
    | AddressesVersion
    | DownloadsVersion
    | FrameVersion
    | LogsVersion
    | OverviewVersion
    | ResourcesVersion
)


OF_DOCUMENTS = ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")


def few_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Leave out headers that say how to treat a body where there is none: nearly all answers are such polls."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 204:
            for name in OF_DOCUMENTS:
                response.headers.pop(name, None)
        return response

    return respond


class Polls:
    """Goes before all that reads a session: the poll of a page that is up to date costs one query and reads no session.

    The answer 204 reveals only that nothing has changed, so it is enough that the session is alive. Everything else
    passes on to the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and "HTTP_HX_REQUEST" in request.META and "version=" in request.META["QUERY_STRING"]:
            session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
            seen = request.GET.get("version", "")
            now = _version_now(seen, session) if session else None
            if now and now.session_alive and now.version == seen:
                return _no_news(now.mirrored_at)
            response = self.get_response(request)
            # Sent before the person confirmed the sign-in, it must not delete the cookie that the browser has since.
            response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
            return response
        return self.get_response(request)


def _version_now(seen: str, session: str) -> Version:
    kinds = (
        *(LogsVersion, DownloadsVersion, OverviewVersion, ResourcesVersion, ActivityVersion, AddressesVersion),
        FrameVersion,
    )
    found = (kind.successor(seen, session) for kind in kinds)
    return next((version for version in found if version), None) or DataVersion.now(session)


def _no_news(mirrored_at: datetime | None) -> HttpResponse:
    """With the age of the data in seconds, of which the page makes the time "Updated"."""
    headers = {"Cache-Control": "no-store"}
    if mirrored_at:
        headers["Age"] = str(max(0, int((timezone.now() - mirrored_at).total_seconds())))
    return HttpResponse(status=204, headers=headers)
