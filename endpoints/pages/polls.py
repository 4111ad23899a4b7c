"""The answer to a page that asks whether there is news: almost always that there is none."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from endpoints.pages.stamps.data import Stamp
from endpoints.pages.stamps.downloads import DownloadStamp
from endpoints.pages.stamps.logs import LogStamp


class Polls:
    """Goes before all other middleware: a page that is up to date costs one small query, and no session is read.

    204 says nothing but that nothing is new, so it is enough that the session is alive; all else goes its usual way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and "HTTP_HX_REQUEST" in request.META and "version=" in request.META["QUERY_STRING"]:
            session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
            seen = request.GET.get("version", "")
            if session and _unchanged(seen, session):
                return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
        return self.get_response(request)


def _unchanged(seen: str, session: str) -> bool:
    now = LogStamp.again(seen, session) or DownloadStamp.again(seen, session) or Stamp.now(session)
    return now.session and now.version == seen
