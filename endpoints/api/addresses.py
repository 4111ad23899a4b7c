"""The addresses below /api/v1/, as the gate resolves them. Importing this loads django-ninja."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path

from endpoints.api.application import api
from endpoints.api.document import document


def openapi(request: HttpRequest) -> JsonResponse:
    """Open to everybody: it says nothing of this installation."""
    return JsonResponse(document())


_operations: Any = api.urls
urlpatterns = [path("api/v1/openapi.json", openapi), path("api/v1/", _operations)]
