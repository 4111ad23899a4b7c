"""For machines: is this process alive, and can the product do its work?"""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from endpoints.messages.metrics import exposition
from endpoints.models import Sweep, encrypted_values
from endpoints.models.secret import locked

log = logging.getLogger(__name__)


@require_safe
@login_not_required
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and a worker sweeps; otherwise 503 and what fails.

    "secrets" tells whether all secrets can be decrypted. It changes no status: pages stay readable, and say why.
    """
    try:
        found = {"database": True, "worker": not Sweep.last()[1]}
        found["secrets"] = not (locked() or encrypted_values.unreadable())
    except DatabaseError as error:
        log.warning("Not ready", exc_info=error)
        found = {"database": False, "worker": False, "secrets": False}
    return JsonResponse(found, status=200 if found["database"] and found["worker"] else 503)


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
