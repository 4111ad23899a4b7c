"""The one view of all addresses below /api/: it finds the operation, and every error leaves as problem details.

It loads django-ninja with the first request; speechstudio/wsgi.py does so before web processes are forked, and
processes that only make addresses never do.
"""

from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from endpoints.api import versions
from endpoints.pages.problems import KINDS, TYPE, of_status, problem


@login_not_required
@csrf_exempt  # no cookie opens anything here
def gate(request: Any, rest: str = "") -> HttpResponseBase:
    request.user, request.told = AnonymousUser(), {}
    with timezone.override(UTC):
        response = _kind(rest) if rest.startswith("problems/") else _answer(request)
    if response.status_code >= 400 and response.headers.get("Content-Type") != TYPE:
        kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        response = of_status(response.status_code, kept)
    for name, value in request.told.items():
        response.headers[name] = value
    return _conditional(request, response)


def _answer(request: Any) -> HttpResponseBase:
    try:
        match = resolve(request.path_info, urlconf="endpoints.api.addresses")
    except Http404:
        return problem("not-found")
    answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return answer


def _kind(rest: str) -> HttpResponse:
    """What the member `type` of problem details leads to."""
    status, says = KINDS.get(rest.removeprefix("problems/"), (0, ""))
    if not says:
        return problem("not-found")
    return HttpResponse(f"{status}: {says}\n", content_type="text/plain; charset=utf-8")


def _conditional(request: Any, response: HttpResponseBase) -> HttpResponseBase:
    """ETag of an answer in JSON, and 304 for a program that has it already."""
    if request.method != "GET" or response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    if response.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        return response
    etag = response.headers["ETag"] = versions.etag_of(response.content)
    if not versions.unchanged(request, etag):
        return response
    unchanged = HttpResponseNotModified()
    unchanged.headers["ETag"] = etag
    return unchanged
