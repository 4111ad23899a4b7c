"""For machines: is this process alive, can it serve pages, and does the product do its work?

/health/live and /health/ready are for whatever starts processes and sends requests to them. A process is not ready when
it can't serve pages itself. What all processes share, such as workers, the broker or the storage, makes none of them
unready: they would all be taken out at once, and nobody would see the page that says what is wrong. /health/all is for
monitoring: its status tells that too."""

import logging
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from endpoints import hints
from endpoints.access.client_address import client_address
from endpoints.messages.metrics import exposition
from endpoints.models import Sweep, encrypted_values
from endpoints.models.secret import locked
from endpoints.models.sweep import SystemState

log = logging.getLogger(__name__)
HEADERS = {
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COLLECTED = ("studio.css", "pages.css", "studio.js")  # by `setup`


class HealthChecks:
    """Answers health checks and metrics before anything reads the host name, the session or the language of a request.

    A load balancer calls a process by its address, which ALLOWED_HOSTS does not have.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        checks = {"/health/live": live, "/health/ready": ready, "/health/all": everything, "/metrics": metrics}
        return checks.get(request.path_info, self.get_response)(request)


@require_safe
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers=HEADERS)


@require_safe
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and the style sheets are there; otherwise 503. Details as JSON for some."""
    detailed = may_see_details(request)
    found = _details() if detailed else {"database": _state() is not None, "styles": _styles()}
    status = 200 if found["database"] and found["styles"] else 503
    if detailed:
        return JsonResponse(found, status=status, headers=HEADERS)
    return HttpResponse(status=status, headers=HEADERS)


@require_safe
@login_not_required
def everything(request: HttpRequest) -> HttpResponse:
    """200 when all of the details are as they should be, 503 otherwise; 401 for those who may not see details."""
    if not may_see_details(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer", **HEADERS})
    found = _details()
    wrong = False in found.values() or not all(found["queues"].values())
    return JsonResponse(found, status=503 if wrong else 200, headers=HEADERS)


def _details() -> dict[str, Any]:
    """True or False for each part; "storage" is None as long as no worker has tried it lately."""
    state = _state()
    found = {
        "database": state is not None,
        "styles": _styles(),
        "broker": hints.lengths() is not None,
        "worker": bool(state and state.worker),
        "queues": state.queues if state else {},
        "storage": state.storage if state else None,
        "secrets": False,
    }
    with suppress(DatabaseError):  # "database" says it
        found["secrets"] = not (locked() or encrypted_values.unreadable())
    return found


def _state() -> SystemState | None:
    try:
        return Sweep.state()
    except DatabaseError as error:
        log.warning("Not ready", exc_info=error)
        return None


def _styles() -> bool:
    """Whether the collected style sheets and scripts are where this process serves them from."""
    stored_name = getattr(staticfiles_storage, "stored_name", None)
    if stored_name is None:
        return True  # without collected files, as in tests
    try:
        return all(staticfiles_storage.exists(stored_name(name)) for name in COLLECTED)
    except (ValueError, OSError):
        return False


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_see_details(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer", **HEADERS})
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST, headers=HEADERS)


def may_see_details(request: HttpRequest) -> bool:
    """Whether a machine has METRICS_TOKEN, or an address in METRICS_NETWORKS."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    try:
        address = ip_address(client_address(request, settings.TRUSTED_PROXIES))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_NETWORKS)
