"""What content logs are read for: asked for before anything of them is shown, where PURPOSE_REQUIRED wants it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest as PlainRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from endpoints.models import Endpoint

KEPT = "log_purposes"  # in the session: by endpoint
LONGEST = 500  # characters


def of(request: PlainRequest, endpoint: UUID) -> str:
    """What this person said that they read the logs of this endpoint for."""
    return str(request.session.get(KEPT, {}).get(str(endpoint), ""))


def keep(request: PlainRequest, endpoint: UUID, purpose: str) -> None:
    request.session[KEPT] = {**request.session.get(KEPT, {}), str(endpoint): purpose}


def first(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The page asks for a purpose instead of showing anything, until there is one."""

    @wraps(view)
    def page(request: PlainRequest, pk: UUID, **more: Any) -> HttpResponseBase:
        if request.method == "POST" and "purpose" in request.POST:
            if given := " ".join(request.POST["purpose"].replace("\0", "").split())[:LONGEST]:
                keep(request, pk, given)
            return redirect(request.get_full_path())
        if settings.PURPOSE_REQUIRED and not of(request, pk):
            endpoint = get_object_or_404(Endpoint, pk=pk)
            context = {"section": "logs", "endpoint": endpoint, "longest": LONGEST}
            return render(request, "content_logs/purpose.html", context)
        return view(request, pk, **more)

    return page
