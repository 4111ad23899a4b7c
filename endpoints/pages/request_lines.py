"""One line of the log for each request, and the id by which all lines about it are found."""

import logging
import os
import re
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network
from time import perf_counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars, clear_contextvars

from endpoints.access.client_address import LOCAL

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
MACHINES = ("/health/", "/metrics")  # ask every few seconds

log = logging.getLogger("speechstudio.requests")


class RequestLines:
    """Goes before everything else, also before polls, so it does little for those without news: no line, no header.

    django-structlog's own middleware would write two lines for each of them, with the query, and read the session. What
    it binds for the lines in between is bound here in the same way; its part for Celery passes it on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ip_network(one) for one in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, request_id = perf_counter(), self._id(request)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        if (response.status_code == 204 and request.method == "GET") or request.path_info.startswith(MACHINES):
            return response
        response.headers[HEADER] = request_id
        tell = partial(_tell, request, response, began)
        if response.streaming:
            response._resource_closers.append(tell)  # type: ignore[attr-defined]  # Django's, for the end of an answer
        else:
            tell()
        return response

    def _id(self, request: HttpRequest) -> str:
        """That of a proxy of ours, or a new one."""
        given: str = request.META.get("HTTP_X_REQUEST_ID", "")
        if given and self.trusted and WELL_FORMED.fullmatch(given):
            nearest = ip_address(request.META.get("REMOTE_ADDR") or LOCAL)
            if any(nearest in network for network in self.trusted):
                return given
        return os.urandom(16).hex()


def _tell(request: HttpRequest, response: HttpResponseBase, began: float) -> None:
    """Without the query, which may have what somebody searched for, and with no more of the person than the number."""
    sent = response.headers.get("Content-Length") if response.streaming else len(getattr(response, "content", b""))
    fields: dict[str, Any] = {"method": request.method, "path": request.path, "status": response.status_code}
    fields |= {"ms": round((perf_counter() - began) * 1000, 1), "bytes": None if sent is None else int(sent)}
    fields["user"] = _person(request)
    known = {name: value for name, value in fields.items() if value is not None}
    log.info("%s %s", request.method, request.path, extra=known)


def _person(request: HttpRequest) -> int | None:
    """The key of the person, if anything has asked who it is: this line does not read the session by itself."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)  # where Django's middleware keeps it
    return getattr(user, "pk", None)
