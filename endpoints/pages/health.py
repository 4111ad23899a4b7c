"""For machines: is this process alive, and can the product do its work?"""

import logging
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from endpoints.access.client_address import client_address
from endpoints.messages.metrics import exposition
from endpoints.models import Sweep, encrypted_values
from endpoints.models.secret import locked

log = logging.getLogger(__name__)


class HealthChecks:
    """Answers health checks before anything reads the host name, the session or the language of a request.

    A load balancer calls a process by its address, which ALLOWED_HOSTS does not have.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        check = {"/health/live": live, "/health/ready": ready}.get(request.path_info, self.get_response)
        return check(request)


@require_safe
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Cache-Control": "no-store"})


@require_safe
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and a worker sweeps; otherwise 503. Those who may see details get them as JSON.

    "secrets" tells whether all secrets can be decrypted. It changes no status: pages stay readable, and say why.
    """
    found = {"database": False, "worker": False, "secrets": False}
    detailed = may_see_details(request)
    try:
        found["worker"] = not Sweep.last()[1]
        found["database"] = True
        found["secrets"] = detailed and not (locked() or encrypted_values.unreadable())
    except DatabaseError as error:
        log.warning("Not ready", exc_info=error)
    status = 200 if found["database"] and found["worker"] else 503
    headers = {"Cache-Control": "no-store"}
    if detailed:
        return JsonResponse(found, status=status, headers=headers)
    return HttpResponse(status=status, headers=headers)


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_see_details(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


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
